"""Articles, the search for their like, and the stories they make."""

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from pipeline.errors import NotFound, Unusable
from pipeline.model import Grouping, GroupingKind, Sketch
from pipeline.store import articles, meta, stories, subscriptions, terms
from pipeline.store.database import Database
from tests.store.making import NOW, after, article, first, sketch, started, stored_article

COPY, REPORT = GroupingKind.COPY, GroupingKind.REPORT


def join(tx: Connection, article_id: int, story_id: int, kind: GroupingKind, of: int) -> int:
    """Put an article into a story."""
    return stories.place(tx, article_id, Grouping(kind, story_id, of, 0.87, "87 % shared"), after(5))


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
        (found,) = stories.find_candidates(tx, made, "en", after(-60), 9)
    assert (found.article_id, found.story_id, found.sketch) == (article_id, story_id, made)
    assert (found.outlet, found.title, found.published_at) == ("outlet.example", "The dam", NOW)


def test_those_that_share_most_come_first(database: Database) -> None:
    """An equal text beats shared bands, one band beats terms, and what shares nothing is left out."""
    new = sketch("new", bands=[1, 2, 3], terms={"velin": 1, "dam": 1, "flood": 1})
    others = [
        sketch("other", bands=[9], terms={"sport": 1}),
        sketch("terms", bands=[8], terms={"velin": 1, "dam": 1, "flood": 1}),
        sketch("one term", terms={"flood": 1, "river": 1}),
        sketch("two bands", bands=[1, 3]),
        sketch("one band", bands=[2]),
        sketch("new"),
    ]
    with database.write() as tx:
        for number, made in enumerate(others):
            first(tx, stored_article(tx, number, made, title=str(number)))
        found = stories.find_candidates(tx, new, "en", after(-60), 9)
        assert [candidate.title for candidate in found] == ["5", "3", "4", "1", "2"]
        assert [c.title for c in stories.find_candidates(tx, new, "en", after(-60), 2)] == ["5", "3"]


def test_candidates_are_of_one_language_and_recent(database: Database) -> None:
    """Another language and what was published before the window are left out."""
    with database.write() as tx:
        first(tx, stored_article(tx, 1, sketch(), title="old", published_at=after(-61)))
        first(tx, stored_article(tx, 2, sketch(), title="French", language="fr"))
        first(tx, stored_article(tx, 3, sketch(), title="fits", published_at=after(-60)))
        assert [c.title for c in stories.find_candidates(tx, sketch(), "en", after(-60), 9)] == ["fits"]


def test_an_empty_sketch_finds_only_its_own_text(database: Database) -> None:
    """A text too short for bands and terms still has its copies."""
    with database.write() as tx:
        first(tx, stored_article(tx, 1, sketch("same", bands=[1], terms={"dam": 1})))
        assert len(stories.find_candidates(tx, sketch("same"), "en", after(-60), 9)) == 1
        assert stories.find_candidates(tx, sketch("other"), "en", after(-60), 9) == []


def test_terms_are_counted_once_for_each_article(database: Database) -> None:
    """How many articles hold a term, not how often they do; a term never seen is absent."""
    with database.write() as tx:
        assert terms.frequencies(tx, ["dam"]).article_count == 0
        stored_article(tx, 1, sketch("a", terms={"dam": 9, "flood": 1}))
        stored_article(tx, 2, sketch("b", terms={"dam": 1}))
        found = stories.frequencies(tx, ["dam", "flood", "never"])
    assert (found.article_count, found.by_term) == (2, {"dam": 2, "flood": 1})


def test_rare_terms_are_the_strong_ones(database: Database) -> None:
    """Of more terms than are indexed, those that few articles hold are kept."""
    worn = {f"worn{n:02}": 1 for n in range(terms.STRONGEST_COUNT)}
    with database.write() as tx:
        for number in range(5):
            stored_article(tx, number, sketch(str(number), terms=worn))
        rare = {f"rare{n:02}": 1 for n in range(terms.STRONGEST_COUNT)}
        chosen = terms.strongest(worn | rare, terms.frequencies(tx, worn | rare))
    assert set(chosen) == set(rare)


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
