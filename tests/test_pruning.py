"""What is forgotten after its time, and what never is; on both databases."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

import pytest
from sqlalchemy import Connection, func, select, text, update

from config.settings import RetentionSettings, Settings
from pipeline.alerts import fast_terms
from pipeline.errors import StoreUnavailable
from pipeline.model import DeliveryState, EntryState, FeedEventKind, Reason
from pipeline.pruning import STEPS, shrink_words
from pipeline.regroup import merge, split
from pipeline.rule import Rule
from pipeline.store import (
    alerts,
    articles,
    crashes,
    deliveries,
    entries,
    feed_events,
    feeds,
    page_checks,
    samples,
    search,
    subscriptions,
    watches,
)
from pipeline.store import stories as stored_stories
from pipeline.store.backups.copying import count_rows
from pipeline.store.database import Database
from pipeline.store.pruning import cascade
from pipeline.store.samples import SampledStage
from pipeline.store.search import Wanted
from pipeline.store.tables import article_bands, article_terms, metadata, stories, told_stories
from pipeline.store.tables import articles as article_rows
from pipeline.store.tables import entries as entry_rows
from pipeline.store.told import is_told, was_told
from pipeline.why import find_why
from tests.store.making import LEASE, NOW, entry, show
from tests.stories.making import AGENCY, OTHER
from tests.test_accept import news, taken
from tests.test_regroup import two
from tests.test_revise import BROKE, edited, looking, reads
from workers.pruner import Pruner

LATER = NOW + timedelta(days=400)
OLD = NOW + timedelta(days=1)
BY_NAME = {step.name: step for step in STEPS}
KEPT_TABLES = {
    "entries",
    "feeds",
    "hosts",
    "subscriptions",
    "term_counts",
    "meta",
    "article_vocabulary",
    "feed_traffic",
}


def prune(database: Database, name: str, limit: int = 100) -> int:
    """Forget until there is nothing left, in transactions of their own."""
    total = 0
    while True:
        with database.write() as tx:
            count = BY_NAME[name].prune(tx, OLD, limit)
        if not count:
            return total
        total += count


def told(tx: Connection) -> None:
    """Send whatever waits."""
    for released in deliveries.release(tx, NOW, 100, LEASE):
        task = deliveries.start(tx, released.id, released.token, "sender", NOW, LEASE)
        assert task is not None
        deliveries.sent(tx, task.delivery_id, task.token, NOW, "ok")


def make_young(tx: Connection, story_id: int) -> None:
    tx.execute(update(stories).where(stories.c.id == story_id).values(changed_at=LATER))


def test_an_old_story_goes_with_all_that_is_its_own(database: Database) -> None:
    """Articles, words, alerts and deliveries go; the young story stays, and so does that its entries were seen."""
    with database.write() as tx:
        subscriptions.add(tx, "Locks", "lock", ("mail",), NOW)
        old, copy = taken(tx, 1, news(1, AGENCY)), taken(tx, 2, news(2, AGENCY))
        young = taken(tx, 3, news(3, OTHER))
        assert old.story_id == copy.story_id != young.story_id
        make_young(tx, young.story_id)
        told(tx)
        assert BY_NAME["stories"].count(tx, OLD) == 1
    assert prune(database, "stories") == 1
    with database.read() as tx:
        assert [stored.id for stored in articles.recent(tx, 9)] == [young.article_id]
        assert tx.execute(select(stories.c.id)).scalars().all() == [young.story_id]
        assert alerts.recent(tx, 9) == []
        assert search.search(tx, Wanted((("council",),))) == set()
        for table in (article_terms, article_bands):
            assert set(tx.execute(select(table.c.article_id).distinct()).scalars()) == {young.article_id}
        assert count_rows(tx)["entries"] == 3
    with database.write() as tx:
        counts = show(tx, entry(1, title="Another title", summary="And another text"), url="https://feeds.example/1")
        assert (counts.new_count, counts.known_count) == (0, 1)
        assert not page_checks.has_due(tx, LATER)


def test_nothing_is_left_of_the_last_story(database: Database) -> None:
    """No table keeps a row of a story that went, but what must last: the entries, and the words that were met."""
    with database.write() as tx:
        subscriptions.add(tx, "Locks", "lock", ("mail",), NOW)
        taken(tx, 1, news(1, AGENCY))
        told(tx)
    prune(database, "stories")
    with database.read() as tx:
        left = {name for name, count in count_rows(tx).items() if count}
    assert left <= KEPT_TABLES


def test_a_large_story_goes_in_parts(database: Database) -> None:
    """No transaction deletes more articles than it was allowed, and the story goes with the last of them."""
    with database.write() as tx:
        for number in range(5):
            taken(tx, number, news(number, AGENCY))
        assert BY_NAME["stories"].prune(tx, OLD, 2) == 1
        assert tx.execute(select(func.count()).select_from(article_rows)).scalar_one() == 3
    prune(database, "stories", 2)
    with database.read() as tx:
        assert tx.execute(select(func.count()).select_from(stories)).scalar_one() == 0


@pytest.mark.parametrize("name", ["stories", "alerts"])
def test_what_is_still_to_be_told_stays(name: str, database: Database) -> None:
    """An alert whose delivery waits is kept with its story, however old; once it was sent, it goes."""
    with database.write() as tx:
        subscriptions.add(tx, "Locks", "lock", ("mail",), NOW)
        taken(tx, 1, news(1, AGENCY))
    assert prune(database, name) == 0
    with database.write() as tx:
        told(tx)
    assert prune(database, name) == 1


def test_an_alert_stays_while_its_story_may_grow(database: Database) -> None:
    """It is what keeps a story from alerting again."""
    with database.write() as tx:
        subscriptions.add(tx, "Locks", "lock", ("mail",), NOW)
        accepted = taken(tx, 1, news(1, AGENCY))
        told(tx)
        make_young(tx, accepted.story_id)
    assert prune(database, "alerts") == 0
    with database.write() as tx:
        assert taken(tx, 2, news(2, AGENCY)).alerts == ()


@pytest.mark.parametrize("rule", [Rule(), Rule(update_changed=True)], ids=["plain", "watching"])
def test_a_late_report_does_not_raise_a_forgotten_alert_again(rule: Rule, database: Database) -> None:
    """The alert went, its story stays: a report that turns up later joins it in silence, and why says so (R4)."""
    with database.write() as tx:
        asked = subscriptions.add(tx, "Locks", "lock", ("mail",), NOW, rule)
        first = taken(tx, 1, news(1, AGENCY))
        assert len(first.alerts) == 1
        told(tx)
    assert prune(database, "alerts", 1) == 1
    with database.write() as tx:
        late = taken(tx, 2, news(2, AGENCY))
        assert (late.story_id, late.alerts) == (first.story_id, ())
        assert watches.find(tx, asked.id, first.story_id) is None
        assert "forgotten since" in find_why(tx, str(late.article_id), asked, NOW).verdict


def test_a_story_that_took_in_a_told_one_stays_silent(database: Database) -> None:
    """What was told of a story counts for the one that it was merged into, and goes with it."""
    with database.write() as tx:
        made = two(tx)
        told(tx)
    assert prune(database, "alerts") == 2
    with database.write() as tx:
        tx.execute(told_stories.delete().where(told_stories.c.story_id == made.lock.story_id))
        asked = subscriptions.list_all(tx)[0].id
        assert not was_told(tx, asked, made.lock.story_id)
        merge(tx, made.lock.story_id, made.bread.story_id, "", NOW, by_hand=True)
        assert was_told(tx, asked, made.lock.story_id)
        tx.execute(update(stories).values(changed_at=NOW))
    prune(database, "stories")
    with database.read() as tx:
        assert count_rows(tx)["told_stories"] == 0


def test_whether_a_story_was_told_is_read_from_an_index(postgres_database: Database) -> None:
    """It is asked at each match, and the rows are as many as there ever were alerts."""
    with postgres_database.write() as tx:
        tx.exec_driver_sql("SET LOCAL session_replication_role = replica")  # rows without their stories
        tx.exec_driver_sql("INSERT INTO told_stories SELECT n, mod(n, 50) FROM generate_series(1, 20000) n")
        tx.exec_driver_sql("ANALYZE told_stories")
        asked = select(is_told(5, 777)).compile(tx.engine, compile_kwargs={"literal_binds": True})
        plan = [row[0] for row in tx.exec_driver_sql(f"EXPLAIN {asked}")]
    assert sum("on told_stories" in step for step in plan) == 2
    assert not any("Seq Scan on told_stories" in step for step in plan)


def test_an_alert_of_a_story_that_grows_at_this_moment_is_passed_over(postgres_database: Database) -> None:
    """Or the joining report would find neither the alert nor the note that it was."""
    with postgres_database.write() as tx:
        subscriptions.add(tx, "Locks", "lock", (), NOW)
        first = taken(tx, 1, news(1, AGENCY))
    with postgres_database.write() as growing:
        assert taken(growing, 2, news(2, AGENCY)).story_id == first.story_id
        with postgres_database.write() as tx:
            tx.execute(text("SET LOCAL lock_timeout = '2s'"))
            assert BY_NAME["alerts"].prune(tx, OLD, 100) == 0
    assert prune(postgres_database, "alerts") == 1


def test_an_old_text_goes_and_its_title_is_found(database: Database) -> None:
    """The words of the text find nothing any more, those of the title still do; young texts stay."""
    with database.write() as tx:
        old = taken(tx, 1, news(1, AGENCY, title="Lock closes"))
        young = taken(tx, 2, news(2, OTHER, title="Other"))
        later = update(article_rows).where(article_rows.c.id == young.article_id)
        tx.execute(later.values(stored_at=LATER))
        assert BY_NAME["texts"].count(tx, OLD) == 1
    assert prune(database, "texts", 1) == 1
    assert prune(database, "texts") == 0
    with database.read() as tx:
        assert articles.get(tx, old.article_id).article.text == ""
        assert articles.get(tx, young.article_id).article.text == OTHER
        assert search.search(tx, Wanted((("harbour",), ("council",)))) == set()
        assert search.search(tx, Wanted((("lock",), ("closes",)))) == {old.article_id}


def test_deliveries_that_ended_go_and_those_under_way_stay(database: Database) -> None:
    """Sent and parked ones go after their time; their alerts stay."""
    with database.write() as tx:
        subscriptions.add(tx, "Locks", "lock", ("a", "b", "c"), NOW)
        (alert,) = taken(tx, 1, news(1, AGENCY)).alerts
        sent, parked = deliveries.release(tx, NOW, 2, LEASE)
        task = deliveries.start(tx, sent.id, sent.token, "sender", NOW, LEASE)
        assert task
        deliveries.sent(tx, sent.id, task.token, NOW, "ok")
        task = deliveries.start(tx, parked.id, parked.token, "sender", NOW, LEASE)
        assert task
        deliveries.park(tx, parked.id, task.token, Reason.RECEIVER_REFUSED, "410", NOW)
    assert prune(database, "deliveries") == 2
    with database.read() as tx:
        assert [row.state for row in deliveries.of_alert(tx, alert.id)] == [DeliveryState.WAITING]


def test_what_a_feed_said_goes_and_the_entry_stays(database: Database) -> None:
    """Summary and content of an ended entry go once; one that waits keeps them, and none is new again."""
    with database.write() as tx:
        said = {"summary": "A summary", "content": "A content"}
        taken(tx, 1, news(1, AGENCY))
        show(tx, entry(2, **said), url="https://feeds.example/2")
        tx.execute(update(entry_rows).where(entry_rows.c.identity == "id-1").values(said))
        assert BY_NAME["entries"].count(tx, OLD) == 1
    assert prune(database, "entries", 1) == 2
    assert prune(database, "entries") == 0
    with database.write() as tx:
        rows = {row.identity: row.summary for row in tx.execute(select(entry_rows))}
        assert rows == {"id-1": "", "id-2": "A summary"}
        assert show(tx, entry(2, **said), url="https://feeds.example/2").new_count == 0


def test_events_and_samples_go_and_moves_stay(database: Database) -> None:
    """A move of a feed can be taken back for ever; other events, samples and crashes go after their time."""
    with database.write() as tx:
        show(tx, entry(1))
        feed_id = feeds.list_all(tx)[0].id
        feed_events.note(tx, feed_id, FeedEventKind.GONE, NOW, "said 410")
        feed_events.note(tx, feed_id, FeedEventKind.MOVED, NOW, old_url="https://a.example/", old_url_key=b"a")
        samples.take(tx, NOW)
        samples.take(tx, LATER)
        for host, at in (("old.example", NOW), ("young.example", LATER)):
            crashes.keep(tx, crashes.Crash(host, at, "https://page.example/", 1, "Traceback"))
    assert (prune(database, "events"), prune(database, "samples")) == (2, 2)
    with database.read() as tx:
        assert [event.kind for event in feed_events.recent(tx, 9)] == [FeedEventKind.MOVED]
        assert [one.at for one in samples.since(tx, SampledStage.PAGES, NOW)] == [LATER]
        assert (crashes.find(tx, "old.example"), crashes.find(tx, "young.example") is None) == (None, False)


def test_the_index_of_words_shrinks(sqlite_database: Database) -> None:
    """After half of the articles went, their words take no room any more."""
    with sqlite_database.write() as tx:
        for number in range(60):
            words = [f"word{number}x{place}" for place in range(200)]
            search.add(tx, number + 1, ["title"], words)
    before = _index_bytes(sqlite_database)
    with sqlite_database.write() as tx:
        search.remove(tx, list(range(1, 31)))
    rounds = 0
    while _shrunk(sqlite_database):
        rounds += 1
        assert rounds < 100
    assert _index_bytes(sqlite_database) < 0.6 * before


async def test_words_that_nobody_holds_are_forgotten(database: Database) -> None:
    """After a story went, the list of words names none of its own any more, and still all that others hold."""
    with database.write() as tx:
        taken(tx, 1, news(1, AGENCY, title="Zyzzyva closes"))
        young = taken(tx, 2, news(2, OTHER, title="Other"))
        make_young(tx, young.story_id)
    settings = RetentionSettings(stories_days=1)
    pruner = Pruner(database, settings, clock=lambda: OLD + timedelta(days=1), pause_seconds=0)
    with patch("pipeline.pruning.LOOKED_WORDS", 3):
        assert (await pruner.prune(asyncio.Event()))["stories"] == 1
    with database.read() as tx:
        known = set(search.terms_like(tx, "%"))
        assert "zyzzyva" not in known
        assert known == set(fast_terms(f"Other {OTHER}"))


def test_a_word_that_came_back_meanwhile_is_kept(database: Database) -> None:
    """What is deleted was looked up once more."""
    with database.write() as tx:
        taken(tx, 1, news(1, AGENCY, title="Zyzzyva"))
        assert search.forget_unheld(tx, ["zyzzyva"]) == 0
        assert list(search.terms_like(tx, "zyzz%")) == ["zyzzyva"]


def test_words_are_looked_up_in_the_index(postgres_database: Database) -> None:
    """A word that no article holds must not cost a reading of all articles, least of all while others wait."""
    with postgres_database.write() as tx:
        taken(tx, 1, news(1, AGENCY, title="Zyzzyva"))
        assert search.unheld(tx, ["zyzzyva", "zyzzyvas"]) == ["zyzzyvas"]
        read = text("SELECT seq_scan, idx_scan FROM pg_stat_xact_user_tables WHERE relname = 'article_words'")
        assert tuple(tx.execute(read).one()) == (0, 2)


def test_words_of_an_article_that_is_being_stored_are_waited_for(postgres_database: Database) -> None:
    """It found its words known; had they been deleted meanwhile, a wildcard would never find it."""
    with postgres_database.write() as storing:
        taken(storing, 1, news(1, AGENCY))
        with pytest.raises(StoreUnavailable):
            _forget_at_once(postgres_database)


def _forget_at_once(database: Database) -> None:
    with database.write() as tx:
        tx.execute(text("SET LOCAL lock_timeout = '200ms'"))
        search.forget_unheld(tx, ["harbour"])


def _shrunk(database: Database) -> bool:
    with database.write() as tx:
        return shrink_words(tx)


def _index_bytes(database: Database) -> int:
    with database.read() as tx:
        return int(tx.execute(text("SELECT sum(length(block)) FROM article_words_data")).scalar_one())


PRUNED = ("stories", "articles", "alerts", "alert_updates", "digests", "deliveries", "incidents", "story_acts")


def test_whatever_names_a_pruned_row_is_found_by_an_index() -> None:
    """Both databases look for rows that name a deleted one: without an index they read whole tables for each."""
    missing = [
        str(column)
        for name in PRUNED
        for column in cascade.NAMING.get(name, ())
        if not any(first is column for first in _first_columns(column.table.name))
    ]
    assert missing == []


def _first_columns(table_name: str) -> list[object]:
    table = metadata.tables[table_name]
    firsts = [next(iter(index.columns)) for index in table.indexes]
    return firsts + [next(iter(rule.columns)) for rule in table.constraints if list(getattr(rule, "columns", ()))]


async def test_pruning_is_done_once_a_day_by_one(database: Database) -> None:
    """Two dispatchers prune once; a day later it is done again; what it says it would do is what it does."""
    with database.write() as tx:
        taken(tx, 1, news(1, AGENCY))
        told(tx)
    now = LATER
    settings = RetentionSettings(stories_days=30, texts_days=30)
    pruners = [Pruner(database, settings, clock=lambda: now, pause_seconds=0) for _ in range(2)]
    stop = asyncio.Event()
    expected = await pruners[0].count()
    first, second = [await pruner.prune_if_due(stop) for pruner in pruners]
    assert (first["stories"], second) == (expected["stories"], {})
    assert first["stories"] == 1
    now = LATER + timedelta(days=1)
    assert (await pruners[1].prune_if_due(stop))["stories"] == 0


async def test_by_default_no_news_is_forgotten(database: Database) -> None:
    """Articles, stories and alerts are kept for ever unless the settings say otherwise."""
    with database.write() as tx:
        subscriptions.add(tx, "Locks", "lock", ("mail",), NOW)
        accepted = taken(tx, 1, news(1, AGENCY))
        told(tx)
    pruner = Pruner(database, Settings().retention, clock=lambda: NOW + timedelta(days=10_000), pause_seconds=0)
    await pruner.prune(asyncio.Event())
    with database.read() as tx:
        assert articles.get(tx, accepted.article_id).article.text == AGENCY
        assert alerts.recent(tx, 9) == list(accepted.alerts)


def test_what_was_split_off_outlives_the_story_it_was_in(database: Database) -> None:
    """An article that a hand took out keeps why it is where it is, and may be looked at again, when the rest goes."""
    with database.write() as tx:
        first, second = taken(tx, 1, news(1, AGENCY)), taken(tx, 2, news(2, AGENCY))
        new_id = split(tx, first.story_id, [second.article_id], NOW).other_story_id
        make_young(tx, new_id)
    assert prune(database, "stories") == 1
    with database.write() as tx:
        held = stored_stories.find_grouping(tx, second.article_id)
        assert held is not None
        assert held[0].of_article_id is None
        assert reads(tx, second, BROKE).number == 2
        assert stored_stories.get(tx, new_id).text_count == 1


def test_what_a_merged_story_has_still_to_tell_keeps_it(database: Database) -> None:
    """An alert stays with the story that was merged away, and so its delivery holds the one that was kept."""
    with database.write() as tx:
        made = two(tx)
        merge(tx, made.lock.story_id, made.bread.story_id, "", NOW, by_hand=True)
        tx.execute(update(stories).values(changed_at=NOW))
        [first] = deliveries.release(tx, NOW, 1, LEASE)
        task = deliveries.start(tx, first.id, first.token, "sender", NOW, LEASE)
        assert task
        deliveries.sent(tx, task.delivery_id, task.token, NOW, "ok")
    assert (prune(database, "stories"), prune(database, "alerts")) == (0, 0)
    with database.write() as tx:
        told(tx)
    assert prune(database, "stories") == 1


def test_a_story_that_grows_at_this_moment_is_passed_over(postgres_database: Database) -> None:
    """A late article that joins an old story neither stops the pruning with an error nor loses its story."""
    with postgres_database.write() as tx:
        first = taken(tx, 1, news(1, AGENCY))
    with postgres_database.write() as growing:
        assert taken(growing, 2, news(2, AGENCY)).story_id == first.story_id
        with postgres_database.write() as tx:
            tx.execute(text("SET LOCAL lock_timeout = '2s'"))
            assert BY_NAME["stories"].prune(tx, OLD, 100) == 0
    assert prune(postgres_database, "stories") == 1


def test_a_text_that_goes_takes_the_look_at_its_page_along(database: Database) -> None:
    """What a look brings that is under way meanwhile is no edit of the text that went, and alerts nobody."""
    with database.write() as tx:
        accepted = taken(tx, 1, news(1, AGENCY))
        subscriptions.add(tx, "Locks", "lock", ("mail",), NOW)
        task = looking(tx, articles.get(tx, accepted.article_id).entry_id)
    assert prune(database, "texts") == 1
    with database.write() as tx:
        edited_article = replace(articles.get(tx, accepted.article_id).article, text=BROKE)
        assert edited(tx, task, edited_article) is None
        assert entries.count_by_state(tx)[EntryState.DONE] == 1
        assert alerts.recent(tx, 9) == []
