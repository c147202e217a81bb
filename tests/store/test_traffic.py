"""What a feed costs is counted with the poll that caused it."""

from sqlalchemy import Connection, select

from pipeline.model import PollResult, Traffic, Validators
from pipeline.store import feeds
from pipeline.store.database import Database
from pipeline.store.tables import feed_traffic
from tests.store.making import NOW, document, entry, lease_of, polled

SAME = Validators('"1"', None, "https://feeds.example/rss")


def record(tx: Connection, result: PollResult) -> dict[str, object]:
    feeds.record_poll(tx, lease_of(tx), result, 24, NOW)
    row = tx.execute(select(feed_traffic)).one_or_none()
    return dict(row._mapping) if row else {}


def answer(body: bytes, *, conditional: bool = True, validators: Validators = SAME) -> PollResult:
    shown = document(entry(1, guid="1", published_at=NOW), entry(2))
    return polled(shown, validators=validators, next_poll_at=NOW, traffic=Traffic(100, body, conditional=conditional))


def test_answers_bytes_and_entries_are_counted(database: Database) -> None:
    """Each answer adds its bytes; the last document says how many entries lack a date or a guid."""
    with database.write() as tx:
        record(tx, answer(b"a", conditional=False))
        counted = record(tx, polled(status=304, validators=SAME, next_poll_at=NOW, traffic=Traffic(0)))
    assert counted["answer_count"] == 2
    assert counted["byte_count"] == 100
    assert counted["unchanged_count"] == 1
    assert counted["new_entry_count"] == 2
    assert (counted["entry_count"], counted["undated_count"], counted["unnamed_count"]) == (2, 1, 1)


def test_a_server_that_ignores_validators_is_seen(database: Database) -> None:
    """The same body again, though we sent what the server gave us to compare."""
    with database.write() as tx:
        record(tx, answer(b"a", conditional=False))
        assert record(tx, answer(b"a"))["repeated_count"] == 1
        assert record(tx, answer(b"b", validators=Validators('"2"')))["repeated_count"] == 1


def test_validators_that_never_change_are_seen(database: Database) -> None:
    """Another body under the same validators: whoever trusts them misses entries."""
    with database.write() as tx:
        record(tx, answer(b"a", conditional=False))
        assert record(tx, answer(b"b"))["stale_count"] == 1
        assert record(tx, answer(b"c", validators=Validators('"2"')))["stale_count"] == 1
        assert record(tx, answer(b"d", validators=Validators()))["stale_count"] == 1
        assert record(tx, answer(b"e", validators=Validators()))["stale_count"] == 1


def test_a_poll_without_an_answer_counts_nothing(database: Database) -> None:
    """A failed poll brought no bytes."""
    with database.write() as tx:
        assert record(tx, polled(status=None, next_poll_at=NOW)) == {}
