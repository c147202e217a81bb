"""The figures of the hygiene report, from what polls really stored."""

from dataclasses import replace

from sqlalchemy import Connection

from pipeline.model import Entry, FeedOverlap, Traffic
from pipeline.store import articles, feeds, hygiene
from pipeline.store.database import Database
from tests.store.making import (
    NOW,
    after,
    article,
    document,
    entry,
    first,
    lease_of,
    polled,
    show,
    sketch,
    started,
)


def feed_ids(tx: Connection) -> dict[str, int]:
    return {feed.url.rpartition("/")[2]: feed.id for feed in feeds.list_all(tx)}


def test_pages_that_two_feeds_showed(database: Database) -> None:
    """Twins under other guids, a subset and a stranger: counted by page, whoever owns it."""
    shown = [entry(n) for n in range(20)]
    atom: list[Entry] = [replace(one, identity=f"atom-{one.identity}") for one in shown]
    with database.write() as tx:
        show(tx, *shown, url="https://feeds.example/rss")
        show(tx, *atom, entry(99), url="https://feeds.example/atom")
        show(tx, *shown[:5], url="https://feeds.example/part")
        show(tx, entry(77), url="https://feeds.example/other")
        ids = feed_ids(tx)
        rss, twin, part = ids["rss"], ids["atom"], ids["part"]
        assert hygiene.overlaps(tx, after(-1)) == [
            FeedOverlap(rss, twin, 20, 20, 21),
            FeedOverlap(rss, part, 5, 20, 5),
            FeedOverlap(twin, part, 5, 21, 5),
        ]
        assert hygiene.overlaps(tx, after(1)) == []


def test_what_a_feed_cost_and_brought(database: Database) -> None:
    """Requests, bytes, entries, and the stories that began with one of them; a removed feed is not shown."""
    with database.write() as tx:
        found = polled(document(entry(7)), traffic=Traffic(1000, b"a"))
        feeds.record_poll(tx, lease_of(tx, "https://feeds.example/7"), found, 24, NOW)
        assert hygiene.figures(tx)[0].new_story_count == 0
        task = started(tx, 7)
        first(tx, articles.insert(tx, task.entry_id, article(7), sketch(), NOW))
        (figures,) = hygiene.figures(tx)
        assert (figures.byte_count, figures.new_entry_count, figures.new_story_count) == (1000, 1, 1)
        assert figures.request_count == 2
        feeds.remove(tx, figures.feed_id)
        assert hygiene.figures(tx) == []
