"""Articles, the search for their like, and the stories they make."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any

import pytest
from sqlalchemy import Connection, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from pipeline.errors import NotFound, Unusable
from pipeline.model import Grouping, GroupingKind, Profile, Sketch
from pipeline.store import articles, meta, stories, subscriptions, terms
from pipeline.store.database import Database
from pipeline.store.tables import stories as story_rows
from tests.store.making import NOW, after, article, first, sketch, started, stored_article

COPY, REPORT = GroupingKind.COPY, GroupingKind.REPORT


def join(tx: Connection, article_id: int, story_id: int, kind: GroupingKind, of: int) -> int:
    """Put an article into a story."""
    return stories.place(tx, article_id, Grouping(kind, story_id, of, 0.87, "87 % shared"), after(5))


def begin(tx: Connection, number: int, weights: dict[str, float], **values: Any) -> int:
    """Begin a story that speaks of these terms."""
    article_id = stored_article(tx, number, sketch(str(number)), **values)
    made = Grouping(GroupingKind.FIRST, None, None, 0.0, "", profile=Profile(weights), keys=tuple(weights))
    return stories.place(tx, article_id, made, NOW)


def test_an_article_comes_back_as_it_was_stored(database: Database) -> None:
    """By id, by entry and by any spelling of its address."""
    with database.write() as tx:
        entry_id = started(tx).entry_id
        made = article(1, byline="A. Writer", site="Outlet", url="https://outlet.example/1")
        article_id = articles.insert(tx, entry_id, made, sketch(), after(3))
        stored = articles.get(tx, article_id)
        assert (stored.article, stored.entry_id, stored.story_id, stored.stored_at) == (made, entry_id, None, after(3))
        assert articles.find_by_entry(tx, entry_id) == stored
        assert articles.find_by_url(tx, "https://OUTLET.example/1#top") == stored
        assert articles.recent(tx, 9) == [stored]
        assert articles.find_by_entry(tx, 99) is None
        assert articles.find_by_url(tx, "https://outlet.example/2") is None
        with pytest.raises(NotFound):
            articles.get(tx, 99)


def test_an_entry_has_one_article(database: Database) -> None:
    """A second article of the same entry is refused by the unique key."""
    with database.write() as tx:
        entry_id = started(tx).entry_id
        articles.insert(tx, entry_id, article(), sketch(), NOW)
        with pytest.raises(IntegrityError), tx.begin_nested():
            articles.insert(tx, entry_id, article(), sketch(), NOW)


def test_a_sketch_comes_back_with_its_candidate(database: Database) -> None:
    """What grouping stored is what it is given to compare with: hash, minhash, bands and terms."""
    made = Sketch(b"\x00\xff" * 8, (0, 2**32 - 1, 7), (-(2**63), 2**63 - 1), {"dam": 2, "größe": 1}, 250)
    with database.write() as tx:
        article_id = stored_article(tx, 1, made, title="The dam")
        story_id = first(tx, article_id)
        (found,) = stories.find_texts(tx, made, "en", after(-60), after(60))
        assert articles.sketch_of(tx, article_id) == made
    assert (found.article_id, found.story_id, found.sketch) == (article_id, story_id, made)
    assert (found.outlet, found.title, found.published_at) == ("outlet.example", "The dam", NOW)


def test_those_that_share_most_text_come_first(database: Database) -> None:
    """An equal text beats shared bands, and what shares no band is left out."""
    new = sketch("new", bands=[1, 2, 3])
    others = [
        sketch("other", bands=[9]),
        sketch("two bands", bands=[1, 3]),
        sketch("one band", bands=[2]),
        sketch("new"),
    ]
    with database.write() as tx:
        for number, made in enumerate(others):
            first(tx, stored_article(tx, number, made, title=str(number)))
        found = stories.find_texts(tx, new, "en", after(-60), after(60))
    assert [candidate.title for candidate in found] == ["3", "1", "2"]


def test_texts_are_of_one_language_and_recent(database: Database) -> None:
    """Another language and what was published before or after the window are left out."""
    with database.write() as tx:
        first(tx, stored_article(tx, 1, sketch(), title="old", published_at=after(-61)))
        first(tx, stored_article(tx, 2, sketch(), title="French", language="fr"))
        first(tx, stored_article(tx, 3, sketch(), title="fits", published_at=after(-60)))
        first(tx, stored_article(tx, 4, sketch(), title="new", published_at=after(61)))
        assert [c.title for c in stories.find_texts(tx, sketch(), "en", after(-60), after(60))] == ["fits"]


def test_stories_are_found_by_the_terms_of_their_articles(database: Database) -> None:
    """Those that share most weight come first, with what they speak of; other languages and times are left out."""
    with database.write() as tx:
        dam = begin(tx, 1, {"dam": 0.8, "velin": 0.6})
        flood = begin(tx, 2, {"flood": 1.0, "größe": 0.1})
        begin(tx, 3, {"dam": 1.0}, language="fr")
        begin(tx, 4, {"dam": 1.0}, published_at=after(-61))
        begin(tx, 5, {"sport": 1.0})
        found = stories.find_stories(tx, {"flood": 0.4, "dam": 0.5}, "en", after(-60), after(60))
        assert [story.story_id for story in found] == [dam, flood]
        assert found[1].profile == Profile({"flood": 1.0, "größe": 0.1})
        assert (found[0].title, found[0].article_count, found[0].mean_at) == ("Title 1", 1, NOW)
        assert [s.story_id for s in stories.find_stories(tx, {}, "en", NOW, NOW, also=[flood])] == [flood]


def test_articles_stored_before_the_window_are_not_looked_at(database: Database) -> None:
    """A rare term's newest articles may be of last year: they count for no story, nor do they hide one."""
    with database.write() as tx:
        old_id = articles.insert(
            tx, started(tx, 1).entry_id, article(1, published_at=after(-90)), sketch("1"), after(-80)
        )
        began = Grouping(GroupingKind.FIRST, None, None, 0.0, "", profile=Profile({"dam": 1.0}), keys=("dam",))
        old = stories.place(tx, old_id, began, NOW)
        later = begin(tx, 2, {"flood": 1.0}, published_at=NOW)
        joined = stored_article(tx, 3, sketch("3"))
        stories.place(tx, joined, Grouping(REPORT, old, None, 0.3, "", profile=Profile({"dam": 1.0})), NOW)
        asked = {"dam": 0.5, "flood": 0.4}
        assert [each.story_id for each in stories.find_stories(tx, asked, "en", after(-60), after(60))] == [later]
        found = stories.find_stories(tx, asked, "en", after(-100), after(60))
        assert [each.story_id for each in found] == [old, later]


@pytest.mark.parametrize(
    ("stored", "asked", "found"),
    [("en", "", 1), ("", "en", 1), ("", "", 1), ("en", "en", 1), ("fr", "en", 0)],
    ids=lambda value: str(value) or "unknown",
)
def test_an_unknown_language_may_be_any(database: Database, stored: str, asked: str, found: int) -> None:
    """Pages and feeds that say no language are compared with all, by their text and by what they speak of."""
    with database.write() as tx:
        begin(tx, 1, {"dam": 1.0}, language=stored)
        assert len(stories.find_stories(tx, {"dam": 0.5}, asked, after(-60), after(60))) == found
        assert len(stories.find_texts(tx, sketch("1"), asked, after(-60), after(60))) == found


def test_a_story_takes_the_language_that_is_said_first(database: Database) -> None:
    """Begun by an article of an unknown language, it is of the first language that a report says, and stays so."""
    with database.write() as tx:
        story_id = begin(tx, 1, {"dam": 1.0}, language="")
        seen = []
        for number, language in ((2, ""), (3, "en"), (4, ""), (5, "fr")):
            article_id = stored_article(tx, number, sketch(str(number)), language=language)
            join(tx, article_id, story_id, GroupingKind.REPORT, 1)
            seen.append(tx.execute(select(story_rows.c.language)).scalar_one())
    assert seen == ["", "en", "en", "en"]


@pytest.mark.parametrize(
    ("held", "asked", "waits"),
    [("", "en", True), ("en", "", True), ("", "", True), ("en", "en", True), ("en", "fr", False)],
    ids=lambda value: str(value) or "unknown",
)
def test_an_unknown_language_keeps_all_others_from_being_placed(
    postgres_database: Database, held: str, asked: str, waits: bool
) -> None:
    """So that two reports of one event cannot both begin a story, also where one of them says no language."""
    with postgres_database.write() as tx:
        stories.lock_language(tx, held)
        with postgres_database.write() as other:
            other.execute(text("SET LOCAL lock_timeout = '50ms'"))
            with pytest.raises(DBAPIError, match="lock timeout") if waits else nullcontext():
                stories.lock_language(other, asked)


def test_a_story_keeps_what_it_speaks_of_and_its_middle(database: Database) -> None:
    """With each article comes its new profile, and the middle of the dates moves."""
    with database.write() as tx:
        story_id = begin(tx, 1, {"dam": 1.0})
        article_id = stored_article(tx, 2, sketch("b"), published_at=after(60))
        grown = Grouping(REPORT, story_id, None, 0.4, "", profile=Profile({"dam": 1.5}), keys=("dam",))
        stories.place(tx, article_id, grown, NOW)
        (found,) = stories.find_stories(tx, {"dam": 1.0}, "en", NOW, NOW)
    assert (found.profile, found.mean_at, found.article_count) == (Profile({"dam": 1.5}), after(30), 2)


def test_the_evidence_of_a_decision_is_kept(database: Database) -> None:
    """What was compared comes back as it was, for whoever asks why."""
    with database.write() as tx:
        article_id = stored_article(tx, 1, sketch())
        evidence = {"texts": [], "stories": [{"story": 7, "score": 0.12}], "enough": {"report": 0.2}}
        stories.place(tx, article_id, Grouping(GroupingKind.FIRST, None, None, 0.1, "", evidence=evidence), after(3))
        found = stories.find_grouping(tx, article_id)
        assert stories.find_grouping(tx, 99) is None
    assert found is not None
    assert (found[0].evidence, found[1]) == (evidence, after(3))


def test_terms_are_counted_once_for_each_article(database: Database) -> None:
    """How many articles hold a term, not how often they do; a term never seen is absent."""
    with database.write() as tx:
        assert terms.frequencies(tx, ["dam"]).article_count == 0
        first = stories.count_terms(tx, {"dam": 9, "flood": 1})
        stored_article(tx, 1, sketch("a"))
        second = stories.count_terms(tx, {"dam": 1})
        stored_article(tx, 2, sketch("b"))
        found = stories.frequencies(tx, ["dam", "flood", "never"])
    assert (first.article_count, first.by_term) == (0, {})
    assert (second.article_count, second.by_term) == (1, {"dam": 1})
    assert (found.article_count, found.by_term) == (2, {"dam": 2, "flood": 1})


def test_a_story_counts_articles_texts_and_outlets(database: Database) -> None:
    """Copies are not corroboration: they count as articles and outlets, not as texts."""
    with database.write() as tx:
        one = stored_article(tx, 1, sketch("agency"), title="First")
        story_id = first(tx, one)
        copy = stored_article(tx, 2, sketch("agency, cut"), outlet="b.example", published_at=after(-60))
        join(tx, copy, story_id, COPY, one)
        own_words = stored_article(tx, 3, sketch("own"), outlet="c.example", published_at=after(60))
        join(tx, own_words, story_id, REPORT, one)
        same_outlet = stored_article(tx, 4, sketch("more"), outlet="c.example")
        join(tx, same_outlet, story_id, REPORT, own_words)
        story = stories.get(tx, story_id)
        assert (story.article_count, story.text_count, story.outlet_count) == (4, 3, 3)
        assert (story.title, story.first_at, story.last_at) == ("First", after(-60), after(60))
        assert [stored.id for stored in stories.articles_of(tx, story_id)] == [copy, one, same_outlet, own_words]
        why = stories.groupings_of(tx, story_id)[copy]
        assert why == Grouping(COPY, story_id, one, 0.87, "87 % shared")


def test_stories_are_listed_by_their_last_change(database: Database) -> None:
    """A story that grew is first; an unknown one is not found, nor can an article join it."""
    with database.write() as tx:
        old = first(tx, stored_article(tx, 1, sketch("a")))
        new = first(tx, stored_article(tx, 2, sketch("b")))
        assert [story.id for story in stories.recent(tx, 9)] == [new, old]
        later = stored_article(tx, 3, sketch("c"))
        join(tx, later, old, REPORT, 1)
        assert [story.id for story in stories.recent(tx, 9)] == [old, new]
        with pytest.raises(NotFound):
            stories.get(tx, 99)
        with pytest.raises(NotFound):
            join(tx, later, 99, REPORT, 1)


def test_subscriptions_change_their_version(database: Database) -> None:
    """Adding, switching and removing are seen by whoever compares versions; reading is not a change."""
    with database.write() as tx:
        versions = [subscriptions.version(tx)]
        added = subscriptions.add(tx, "dams", "dam", ["hook", "hook", "mail"], NOW)
        versions.append(subscriptions.version(tx))
        subscriptions.switch(tx, added.id, enabled=False)
        versions.append(subscriptions.version(tx))
        subscriptions.remove(tx, added.id)
        versions.append(subscriptions.version(tx))
        assert subscriptions.list_all(tx) == []
        assert subscriptions.version(tx) == versions[-1]
    assert len(set(versions)) == 4
    assert added.channels == ("hook", "mail")


def test_a_subscriptions_name_is_its_own(database: Database) -> None:
    """The same again is the stored one; the same name for something else is refused; a removed name is free."""
    with database.write() as tx:
        added = subscriptions.add(tx, "dams", "dam", ["hook"], NOW)
        assert subscriptions.add(tx, "dams", "dam", ["hook"], after(9)) == added
        assert subscriptions.find_by_name(tx, "dams") == subscriptions.get(tx, added.id) == added
        for query, channels in (("dyke", ["hook"]), ("dam", ["mail"])):
            with pytest.raises(Unusable, match="dams"):
                subscriptions.add(tx, "dams", query, channels, NOW)
        subscriptions.remove(tx, added.id)
        for verb in (subscriptions.get, subscriptions.remove):
            with pytest.raises(NotFound):
                verb(tx, added.id)
        assert subscriptions.add(tx, "dams", "dyke", ["hook"], NOW).id != added.id


def test_the_first_start_is_claimed_once(database: Database) -> None:
    """Only the first caller in the life of an installation is told yes."""
    with database.write() as tx:
        assert meta.claim_first_start(tx, NOW)
    with database.write() as tx:
        assert not meta.claim_first_start(tx, after(9))


def test_an_outlet_that_joins_twice_at_once_is_one(postgres_database: Database) -> None:
    """Two languages meet in a story of an unknown one, each placed by itself; what waited counts anew."""
    with postgres_database.write() as tx:
        story_id = first(tx, stored_article(tx, 1, sketch("1"), language="", outlet="first.example"))
        german = stored_article(tx, 2, sketch("2"), language="de", outlet="both.example")
        french = stored_article(tx, 3, sketch("3"), language="fr", outlet="both.example")

    def join_later() -> None:
        with postgres_database.write() as tx:
            stories.lock_language(tx, "fr")
            join(tx, french, story_id, REPORT, 1)

    with ThreadPoolExecutor(1) as threads:
        with postgres_database.write() as tx:
            stories.lock_language(tx, "de")
            join(tx, german, story_id, REPORT, 1)
            later = threads.submit(join_later)
            while not tx.execute(text("SELECT 1 FROM pg_locks WHERE NOT granted")).all():
                assert not later.done()
        later.result()
    with postgres_database.read() as tx:
        told = stories.get(tx, story_id)
    assert (told.article_count, told.text_count, told.outlet_count) == (3, 3, 2)
