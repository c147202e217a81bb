"""An article that reads otherwise: a revision of the same article, in one transaction, and who hears of it."""

import os
import random
import signal
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from multiprocessing import get_context

from sqlalchemy import Connection, Engine, event

from pipeline.accept import Accepted
from pipeline.alerts import SubscriptionIndex, matchable, parse_query
from pipeline.alerts.query.evaluate import meets
from pipeline.alerts.query.plan import normalise
from pipeline.alerts.query.words import ArticleWords
from pipeline.articles.edits import newer
from pipeline.asking import ask
from pipeline.model import Article, EditCause, EntryState, FetchTask, GroupingKind, Reason, Validators
from pipeline.revise import Edit, Revised, revise
from pipeline.rule import Rule
from pipeline.store import alerts, articles, deliveries, entries, page_checks, revisions, stories, subscriptions
from pipeline.store.database import Database
from pipeline.store.page_checks import Planned
from pipeline.stories import sketch
from tests.store.making import LEASE, NO_PACE, NOW, after
from tests.stories.making import AGENCY, OWN_WORDS
from tests.test_accept import WINDOW, news, taken

LATER = after(4000)
BROKE = AGENCY.replace("rust had eaten through four", "rust had eaten through nine") + " Minister Velasko resigned."


def looking(tx: Connection, entry_id: int, now: datetime = LATER) -> FetchTask:
    """Bring a done entry into a worker's hands once more."""
    page_checks.plan(tx, entry_id, Planned(Validators('"1"', None, "https://outlet.example/1"), now))
    assert page_checks.begin_due(tx, now) == 1
    [released] = entries.release(tx, now, 9, LEASE, NO_PACE)
    task = entries.start(tx, released.id, released.token, "worker-2", now, LEASE, NO_PACE)
    assert task is not None
    return task


def edited(tx: Connection, task: FetchTask, made: Article | None, now: datetime = LATER) -> Revised | None:
    index = SubscriptionIndex(subscriptions.list_all(tx))
    edit = Edit(made, sketch(made.title, made.text, made.language), EditCause.CHECKED) if made else None
    return revise(tx, task, edit, None, index, WINDOW, now)


def reads(tx: Connection, accepted: Accepted, text: str, title: str | None = None, now: datetime = LATER) -> Revised:
    """Let a stored article read otherwise."""
    stored = articles.get(tx, accepted.article_id)
    made = replace(stored.article, text=text, title=stored.article.title if title is None else title)
    revised = edited(tx, looking(tx, stored.entry_id, now), made, now)
    assert revised is not None
    return revised


def test_an_edit_is_a_revision_of_the_same_article(database: Database) -> None:
    """The article keeps number, story and dates; it reads as the newest text, and the one before is kept."""
    with database.write() as tx:
        first = taken(tx, 1, news(1, AGENCY, title="Lock closes"))
        assert reads(tx, first, BROKE, "Lock closes, minister goes").number == 2
        stored = articles.get(tx, first.article_id)
        before, newest = revisions.all_of(tx, first.article_id)
        story = stories.get(tx, first.story_id)
        assert entries.count_by_state(tx)[EntryState.DONE] == 1
    assert (stored.article.text, stored.article.published_at, stored.stored_at) == (BROKE, NOW, NOW)
    assert (stored.revision_count, stored.revised_at, stored.story_id) == (1, LATER, first.story_id)
    assert (before.number, before.title, before.text) == (1, "Lock closes", AGENCY)
    assert (before.read_at, before.replaced_at, before.cause) == (NOW, LATER, EditCause.CHECKED)
    assert (newest.number, newest.text, newest.replaced_at) == (2, BROKE, None)
    assert (story.title, story.article_count, story.text_count) == ("Lock closes, minister goes", 1, 1)


def test_search_follows_the_newest_text(database: Database) -> None:
    """Words that came are found, words that went are not, and what stayed is found once."""
    with database.write() as tx:
        first = taken(tx, 1, news(1, AGENCY, title="Lock closes"))
        reads(tx, first, "Minister Velasko resigned in Orrest.", "Minister goes")

        def found(query: str) -> list[int]:
            return [one.article_id for one in ask(tx, parse_query(query), NOW - timedelta(days=1)).met]

        assert found("velasko") == found("title:minister") == found("orrest") == [first.article_id]
        assert found("hinges") == found("title:lock") == []


def test_later_reports_find_the_story_by_the_newest_text(database: Database) -> None:
    """Copy and report are grouped by what the article says since its edit."""
    with database.write() as tx:
        first = taken(tx, 1, news(1, "The council will speak at noon about a matter of public works, it said."))
        reads(tx, first, AGENCY, now=NOW)
        copy, report = taken(tx, 2, news(2, AGENCY)), taken(tx, 3, news(3, OWN_WORDS))
    assert (copy.grouping.kind, report.grouping.kind) == (GroupingKind.COPY, GroupingKind.REPORT)
    assert copy.story_id == report.story_id == first.story_id


def test_only_subscriptions_that_newly_match_are_alerted(database: Database) -> None:
    """F22: one that met the old text hears nothing, told or come too late; one that meets only the new text does."""
    with database.write() as tx:
        subscriptions.add(tx, "told", "lock", ("mail",), NOW)
        subscriptions.add(tx, "new", "velasko", ("mail",), NOW)
        subscriptions.add(tx, "never", "ovens", ("mail",), NOW)
        first = taken(tx, 1, news(1, AGENCY))
        subscriptions.add(tx, "late", "lock", ("mail",), after(1))
        assert [alert.subscription_name for alert in first.alerts] == ["told"]
        [raised] = reads(tx, first, BROKE).alerts
        assert (raised.subscription_name, raised.by_edit) == ("new", True)
        assert "Velasko" in raised.passage
        assert len(alerts.recent(tx, 9)) == len(deliveries.release(tx, LATER, 9, 60)) == 2


def test_who_was_told_of_the_story_is_not_told_again(database: Database) -> None:
    """A subscription alerted by another article of the story hears nothing of the edit, nor at the next edits."""
    with database.write() as tx:
        subscriptions.add(tx, "all", "bill", ("mail",), NOW)
        first = taken(tx, 1, news(1, AGENCY))
        report = taken(tx, 2, news(2, OWN_WORDS))
        assert (len(first.alerts), len(report.alerts), first.story_id) == (0, 1, report.story_id)
        assert reads(tx, first, f"{AGENCY} The bill grows.").alerts == ()
        assert reads(tx, first, AGENCY, now=after(5000)).alerts == ()
        assert reads(tx, first, f"{AGENCY} The bill grows.", now=after(6000)).alerts == ()


def test_a_naive_referee_agrees_on_who_newly_matches(sqlite_database: Database) -> None:
    """Of many queries and edits, those are alerted whose query the new text meets, the old one does not, once each."""
    random.seed(20)
    words = ["lock", "ferry", "gate", "council", "rust", "diver", "tide", "crane"]
    with sqlite_database.write() as tx:
        queries = [_query(words) for _ in range(60)]
        for number, query in enumerate(queries):
            subscriptions.add(tx, f"{number:02}", query, (), NOW)
        texts = [f"{' '.join(random.sample(words, k=random.randint(1, 5)))}." for _ in range(8)]
        first = taken(tx, 1, news(1, texts[0]))
        told = {alert.subscription_name for alert in first.alerts}
        assert told == _met(queries, texts[0])
        for place, (old, new) in enumerate(pairwise(texts), 2):
            raised = {one.subscription_name for one in reads(tx, first, new, now=after(4000 * place)).alerts}
            assert raised == _met(queries, new) - _met(queries, old) - told
            told |= raised
        assert len(alerts.recent(tx, 99)) == len(told) > 20


def _query(words: list[str]) -> str:
    one, other, third = random.sample(words, k=3)
    return random.choice([one, f"{one} AND {other}", f"{one} NOT {other}", f'"{one} {other}" OR {third}'])


def _met(queries: list[str], text: str) -> set[str]:
    words = ArticleWords(matchable(news(1, text), "A feed", ""))
    return {f"{number:02}" for number, query in enumerate(queries) if meets(normalise(parse_query(query)), words)}


def test_an_edit_is_no_update(database: Database) -> None:
    """A story that was told of is not told of again because one of its articles was edited."""
    with database.write() as tx:
        subscriptions.add(tx, "all", "lock", ("mail",), NOW, rule=Rule(update_changed=True, update_most=5))
        first = taken(tx, 1, news(1, AGENCY))
        assert len(first.alerts) == 1
        revised = reads(tx, first, BROKE, "Minister Velasko resigns over rotten hinges")
        assert (revised.alerts, revised.updates) == ((), ())


def test_a_copy_that_gets_words_of_its_own_is_a_report(database: Database) -> None:
    """The article stays in its story; whether it is a copy is decided by the text it has."""
    with database.write() as tx:
        first, copy = taken(tx, 1, news(1, AGENCY)), taken(tx, 2, news(2, AGENCY))
        assert (copy.grouping.kind, stories.get(tx, first.story_id).text_count) == (GroupingKind.COPY, 1)
        reads(tx, copy, OWN_WORDS)
        kinds = {number: one.kind for number, one in stories.groupings_of(tx, first.story_id).items()}
        assert kinds == {first.article_id: GroupingKind.FIRST, copy.article_id: GroupingKind.REPORT}
        assert stories.get(tx, first.story_id).text_count == 2
        reads(tx, copy, AGENCY, now=after(9000))
        grouping, _ = stories.find_grouping(tx, copy.article_id) or (None, None)
        assert grouping is not None
        assert (grouping.kind, grouping.of_article_id) == (GroupingKind.COPY, first.article_id)
        assert stories.get(tx, first.story_id).text_count == 1


def test_a_bounded_number_of_texts_is_kept(database: Database) -> None:
    """However often an article is edited, the first text and the newest nine before the last are kept."""
    with database.write() as tx:
        first = taken(tx, 1, news(1, AGENCY))
        stored = articles.get(tx, first.article_id)
        for number in range(15):
            revisions.keep(tx, articles.get(tx, first.article_id), EditCause.CHECKED, after(number))
            made = replace(stored.article, text=f"{AGENCY} {number}.")
            articles.renew(tx, first.article_id, made, sketch("", made.text, "en"), after(number))
        assert [one.number for one in revisions.all_of(tx, first.article_id)] == [1, *range(7, 17)]


def test_a_look_that_finds_nothing_leaves_the_entry_as_it_was(database: Database) -> None:
    """Nothing but the end of the look is written; a reason that the entry had is put back."""
    with database.write() as tx:
        first = taken(tx, 1, news(1, AGENCY), reason=Reason.HTTP_NOT_FOUND)
        stored = articles.get(tx, first.article_id)
        task = looking(tx, stored.entry_id)
        assert (task.article_id, task.validators.etag, task.last_reason) == (first.article_id, '"1"', None)
        assert newer(stored.article, None, "") is None
        assert edited(tx, task, None) == Revised(first.article_id)
        assert articles.get(tx, first.article_id) == stored
        again = looking(tx, stored.entry_id, after(9000))
        assert page_checks.finish(tx, again, None, after(9000))
        row = tx.exec_driver_sql("SELECT state, reason FROM entries").one()
        assert (row.state, row.reason) == ("done", "http_not_found")


def test_a_stale_token_revises_nothing(database: Database) -> None:
    """A worker whose look was given to another in the meantime changes no row."""
    with database.write() as tx:
        subscriptions.add(tx, "new", "velasko", ("mail",), NOW)
        first = taken(tx, 1, news(1, AGENCY))
        stored = articles.get(tx, first.article_id)
        task = looking(tx, stored.entry_id)
        entries.sweep(tx, after(9000), (), 3)
        assert edited(tx, task, replace(stored.article, text=BROKE)) is None
        assert articles.get(tx, first.article_id) == stored
        assert (alerts.recent(tx, 9), len(revisions.all_of(tx, first.article_id))) == ([], 1)


def _die_at(url: str, statement: int, task: FetchTask, made: Article) -> None:
    """Revise in a process that kills itself before its statement of that number."""
    count = 0

    def look(*_: object) -> None:
        nonlocal count
        count += 1
        if count == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    database = Database.open(url)
    with database.write() as tx:
        event.listen(Engine, "before_cursor_execute", look)
        edited(tx, task, made)
    os._exit(0)


def test_killed_anywhere_it_is_all_or_nothing(database: Database) -> None:
    """R4: kill -9 before each few statements leaves the old text with all that is its own; else all of the new."""
    with database.write() as tx:
        subscriptions.add(tx, "new", "velasko", ("mail",), NOW)
        first = taken(tx, 1, news(1, AGENCY))
        stored = articles.get(tx, first.article_id)
        task = looking(tx, stored.entry_id)
    made = replace(stored.article, text=BROKE)
    statement, ended = 1, False
    while not ended:
        child = get_context("fork").Process(target=_die_at, args=(database.url, statement, task, made))
        child.start()
        child.join(60)
        ended, statement = child.exitcode == 0, statement + 5
        with database.read() as tx:
            state = _state(tx, first)
        assert state == (_NEW if ended else _OLD)
    assert statement > 20


_OLD = (AGENCY, 1, 0, 0, [], EntryState.FETCHING)
_NEW = (BROKE, 2, 1, 1, [1], EntryState.DONE)


def _state(tx: Connection, first: Accepted) -> tuple[object, ...]:
    stored = articles.get(tx, first.article_id)
    found = [1 for _ in ask(tx, parse_query("velasko"), NOW - timedelta(days=1)).met]
    [state] = [state for state, count in entries.count_by_state(tx).items() if count]
    texts, raised = len(revisions.all_of(tx, first.article_id)), len(alerts.recent(tx, 9))
    return stored.article.text, texts, stored.revision_count, raised, found, state
