"""F21: a feed that renames its entries tells no news."""

from dataclasses import replace

import pytest
from sqlalchemy import Connection

from pipeline.model import Entry, EntryState, PollCounts
from pipeline.store import feeds, seen
from pipeline.store.database import Database
from tests.store.making import NOW, after, document, entry, lease_of, polled, show

DATED = [
    entry(n, title=f"Council votes on bridge {n}", guid=f"http://o.example/?p={n}", published_at=after(-60 * n))
    for n in range(10)
]


def renamed(one: Entry, **values: str) -> Entry:
    number = one.identity.removeprefix("id-")
    return replace(one, identity=f"https://o.example/{number}", guid=f"https://o.example/{number}", **values)


def show_again(tx: Connection, *shown: Entry, url: str = "https://feeds.example/rss") -> PollCounts:
    counts = feeds.record_poll(tx, lease_of(tx, url), polled(document(*shown)), 24, NOW)
    assert counts is not None
    return counts


CHURN = {
    "the same links": renamed,
    "links that became https": lambda one: renamed(one, url=one.url.replace("https:", "http:")),
    "links renumbered, title and time as before": lambda one: renamed(one, url=f"{one.url}?p=7{one.identity}"),
    "no links any more": lambda one: renamed(one, url=""),
}


@pytest.mark.parametrize("rewrite", CHURN.values(), ids=CHURN)
def test_new_guids_of_known_entries_are_no_news(database: Database, rewrite: object) -> None:
    """F21: all guids rewritten, the link or else title and time known: the rows are the old ones, none is new."""
    assert callable(rewrite)
    with database.write() as tx:
        show(tx, *DATED)
        again = [rewrite(one) for one in DATED]
        assert show_again(tx, *again) == PollCounts(known_count=10, renamed_count=10)
        assert show_again(tx, *again) == PollCounts(known_count=10)
        assert {stored.entry.identity for stored in seen.recent(tx, 99)} == {one.identity for one in again}


def test_a_feed_that_names_its_entries_anew_each_time_stays_bounded(database: Database) -> None:
    """F21: fifty polls, each with other guids, leave as many rows as there are entries."""
    with database.write() as tx:
        show(tx, *DATED)
        for poll in range(50):
            counts = show_again(tx, *(replace(one, identity=f"{poll}-{one.identity}") for one in DATED))
            assert counts.renamed_count == 10
        assert len(seen.recent(tx, 99)) == 10


def test_entries_merged_with_another_feeds_are_renamed_too(database: Database) -> None:
    """F21: the pages belong to another feed; renaming them here adds no row either."""
    with database.write() as tx:
        show(tx, *DATED, url="https://feeds.example/first")
        assert show_again(tx, *(replace(one, title="Ours") for one in DATED)).merged_count == 10
        undated = [replace(renamed(one), title="Ours", published_at=None) for one in DATED]
        assert show_again(tx, *undated).renamed_count == 10
        assert len(seen.recent(tx, 99)) == 20


OTHERS = {
    "another title": replace(DATED[0], identity="x", url="https://o.example/x", title="Council votes on tunnel 0"),
    "another time": replace(DATED[0], identity="x", url="https://o.example/x", published_at=after(-99)),
    "no time": replace(DATED[0], identity="x", url="https://o.example/x", published_at=None),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_what_differs_is_news(database: Database, other: Entry) -> None:
    """F21: only title and time together name an entry without its link."""
    with database.write() as tx:
        show(tx, *DATED)
        assert show_again(tx, other).new_count == 1


def test_a_short_title_names_nothing(database: Database) -> None:
    """F21: two press releases of one day are two."""
    one = entry(1, title="Press release", published_at=NOW)
    with database.write() as tx:
        show(tx, one)
        assert show_again(tx, replace(one, identity="x", url="https://o.example/x")).new_count == 1


def test_entries_side_by_side_stay_apart(database: Database) -> None:
    """F21: an entry that the document still shows under its guid is not taken for the new one beside it."""
    with database.write() as tx:
        show(tx, *DATED)
        twin = replace(DATED[0], identity="twin", url="https://o.example/twin")
        assert show_again(tx, *DATED, twin) == PollCounts(new_count=1, known_count=10)


def test_a_front_page_stands_for_no_entry(database: Database) -> None:
    """F20: a feed whose entries all link to the site's front page keeps each of them, one poll after the other."""
    with database.write() as tx:
        for n in range(3):
            show_again(tx, entry(n, url="https://o.example/", title=f"Notice {n}"))
        assert [stored.state for stored in seen.recent(tx, 9)] == [EntryState.WAITING] * 3
