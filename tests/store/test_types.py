"""Columns keep what they promise on both databases."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select
from sqlalchemy.exc import StatementError

from pipeline.model import EntryState, Validators
from pipeline.store import entries, feeds, seen
from pipeline.store.database import Database
from pipeline.store.tables import entries as rows
from pipeline.store.types import clean_text, key_of, microseconds
from tests.store.making import LEASE, NO_PACE, NOW, entry, lease_of, polled, show


@pytest.mark.parametrize(
    "instant",
    [
        pytest.param(datetime(2026, 3, 1, 12, 0, 0, 1, tzinfo=UTC), id="last microsecond"),
        pytest.param(datetime(1899, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), id="before 1970"),
        pytest.param(datetime(9999, 12, 31, tzinfo=UTC), id="far"),
        pytest.param(datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=5, minutes=45))), id="other zone"),
    ],
)
def test_an_instant_comes_back_exactly_and_in_utc(database: Database, instant: datetime) -> None:
    """No rounding, no zone lost."""
    with database.write() as tx:
        feed = feeds.add(tx, "https://feeds.example/rss", now=instant)
        assert feed.added_at == instant
        assert feed.added_at.tzinfo is UTC


def test_a_naive_instant_is_refused(sqlite_database: Database) -> None:
    """An instant without a zone never reaches a column."""
    naive = NOW.replace(tzinfo=None)
    with pytest.raises(ValueError, match="zone"):
        microseconds(naive)
    with pytest.raises(StatementError, match="zone"), sqlite_database.write() as tx:
        feeds.add(tx, "https://feeds.example/rss", now=naive)


def test_control_bytes_and_surrogates_never_reach_a_text_column(database: Database) -> None:
    """F29: NUL, other C0 bytes, DEL and lone surrogates are dropped; tabs, line ends and the rest stay."""
    dirty = "a\x00b\x0bc\x7f\ud800d\te\r\nf é 😀"
    with database.write() as tx:
        show(tx, entry(1, identity=dirty, title=dirty, summary=dirty, content=dirty, author=dirty, guid=dirty))
        (stored,) = seen.recent(tx, 10)
    clean = "abcd\te\r\nf é 😀"
    assert clean_text(dirty) == clean
    found = stored.entry
    assert [found.identity, found.title, found.summary, found.content, found.author, found.guid] == [clean] * 6


def test_an_identity_that_was_cleaned_is_known_again(database: Database) -> None:
    """F20: control bytes in a guid do not make the entry new at every poll."""
    with database.write() as tx:
        show(tx, entry(1, identity="a\x00b"))
        assert show(tx, entry(1, identity="a\x00b"), url="https://feeds.example/rss").known_count == 1


def test_identities_and_pages_of_any_length_are_unique(database: Database) -> None:
    """A guid and a URL of thousands of characters are stored and told apart by their last one."""
    with database.write() as tx:
        long = [entry(n, identity="g" * 9000 + str(n), url=f"https://o.example/{'p' * 7000}{n}") for n in range(2)]
        assert show(tx, *long).new_count == 2


@pytest.mark.parametrize(
    "value",
    ['W/"a-1"', "abc", '"x--gzip"', "2026-11-23 10:00", '"caf\udce9"', '"é"', ""],
    ids=["weak", "unquoted", "gzip", "no date", "latin-1 byte", "utf-8", "empty"],
)
def test_validators_come_back_byte_for_byte(database: Database, value: str) -> None:
    """F1: whatever a server calls a validator is given back unchanged."""
    sent = Validators(etag=value, last_modified=value, url="https://feeds.example/final")
    with database.write() as tx:
        lease = lease_of(tx)
        feeds.record_poll(tx, lease, polled(validators=sent), 24, NOW)
        assert feeds.get(tx, lease.feed.id).validators == sent


def test_states_are_members_again(database: Database) -> None:
    """What is read is the enum's member, and only members are written."""
    with database.write() as tx:
        show(tx, entry(1))
        assert tx.execute(select(rows.c.state)).scalar_one() is EntryState.WAITING
        with pytest.raises(StatementError), tx.begin_nested():
            tx.execute(rows.update().values(state="anything"))
        assert entries.release(tx, NOW, 1, LEASE, NO_PACE)


def test_keys_do_not_depend_on_what_is_dropped() -> None:
    """A key is made of the text as it is stored."""
    assert key_of("a\x00b") == key_of("ab") != key_of("ac")
