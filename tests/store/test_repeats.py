"""What the store keeps of a host's pages."""

from datetime import UTC, datetime, timedelta

from pipeline.store import repeats
from pipeline.store.database import Database
from pipeline.store.repeats import FORGOTTEN_AFTER, MOST_MARKS, PAGES_FORGOTTEN_AFTER

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOST = "paper.example"


def learn(database: Database, page: str, *marks: int, at: datetime = NOW, host: str = HOST) -> dict[int, int]:
    with database.write() as tx:
        repeats.learn(tx, host, page, marks, at)
        return repeats.repeated_on(tx, host)


def test_texts_are_counted_by_page_and_host(database: Database) -> None:
    """A text's count is the number of pages of the host that had it; hosts know nothing of each other."""
    assert learn(database, "/a", 1, 2, 3, 7) == {1: 1, 2: 1, 3: 1, 7: 1}
    assert learn(database, "/b", 4, 5, 6, 7)[7] == 2
    assert learn(database, "/c", 7, 8, 9) == {1: 1, 2: 1, 3: 1, 4: 1, 5: 1, 6: 1, 7: 3, 8: 1, 9: 1}
    assert learn(database, "/a", 7, host="other.example") == {7: 1}


def test_a_page_fetched_again_and_a_copy_do_not_count(database: Database) -> None:
    """The same page twice, or its text under another address, makes nothing a repeat."""
    learn(database, "/a", 1, 2, 3, 4)
    assert learn(database, "/a", 1, 2, 3, 4)[1] == 1
    with database.read() as tx:
        assert repeats.repeated_on(tx, HOST, "/a") == {}
        assert repeats.repeated_on(tx, HOST, "/b", counted=True) == {}
    assert learn(database, "/a?print", 1, 2, 3, 5) == {1: 1, 2: 1, 3: 1, 4: 1}


def test_a_host_keeps_a_bounded_number_and_repeats_longest(database: Database) -> None:
    """Rows do not grow with pages; what several pages had stays, what one page had long ago goes."""
    for day in range(30):
        marks = (1, *range(100 * day + 100, 100 * day + 150))
        found = learn(database, f"/{day}", *marks, at=NOW + timedelta(days=day))
    assert len(found) == MOST_MARKS
    assert found[1] == 30
    assert 100 not in found


def test_a_silent_host_is_forgotten(database: Database) -> None:
    """A host of which nothing new came for 30 days leaves no row."""
    learn(database, "/a", 1, 2)
    learn(database, "/a", 3, at=NOW + FORGOTTEN_AFTER + timedelta(seconds=1), host="other.example")
    with database.read() as tx:
        assert repeats.repeated_on(tx, HOST) == {}


def test_pages_are_counted_by_kind(database: Database) -> None:
    """How many pages of a host were articles, and how many walls."""
    with database.write() as tx:
        for kind in ("article", "paywall", "article"):
            repeats.note_page(tx, HOST, kind, NOW)
        repeats.note_page(tx, "other.example", "article", NOW)
    with database.read() as tx:
        [first, second] = repeats.hosts_seen(tx, 10)
    assert (first.host, first.page_count, dict(first.kinds)) == (HOST, 3, {"article": 2, "paywall": 1})
    assert second.host == "other.example"


def test_counts_of_long_ago_are_forgotten(database: Database) -> None:
    """A host of which no page came for a year leaves no row."""
    with database.write() as tx:
        repeats.note_page(tx, HOST, "article", NOW)
        repeats.note_page(tx, "other.example", "article", NOW + PAGES_FORGOTTEN_AFTER)
        assert [seen.host for seen in repeats.hosts_seen(tx, 10)] == ["other.example", HOST]
        repeats.note_page(tx, "other.example", "article", NOW + PAGES_FORGOTTEN_AFTER + timedelta(seconds=1))
        assert [seen.host for seen in repeats.hosts_seen(tx, 10)] == ["other.example"]
