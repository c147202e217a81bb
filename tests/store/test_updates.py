"""F22: what a feed changes in place is stored, bounded, and can be looked at once more (F16)."""

from dataclasses import replace

import pytest
from sqlalchemy import Connection, update

from pipeline.model import Entry, EntryState
from pipeline.store import entries, feeds, page_checks, seen, updates
from pipeline.store.database import Database
from pipeline.store.tables import entries as table
from tests.store.making import NOW, after, document, entry, lease_of, polled, show, started

BEFORE = entry(1, title="Dam holds", summary="The dam of Velin holds, 12 villages wait.")


def shown_again(tx: Connection, one: Entry, url: str = "https://feeds.example/rss", at: float = 0) -> int:
    counts = feeds.record_poll(tx, lease_of(tx, url, after(at)), polled(document(one)), 24, after(at))
    assert counts is not None
    return counts.updated_count


CHANGES = {
    "title": (replace(BEFORE, title="Dam breaks"), ("title",)),
    "a number in the title": (replace(BEFORE, title="Dam holds 2"), ("title",)),
    "summary": (replace(BEFORE, summary="The dam of Velin broke."), ("text",)),
    "content": (replace(BEFORE, content="At dawn."), ("text",)),
    "both": (replace(BEFORE, title="Dam breaks", content="At dawn."), ("title", "text")),
}


@pytest.mark.parametrize(("after_it", "changed"), CHANGES.values(), ids=CHANGES)
def test_a_change_is_stored_with_what_was_before(database: Database, after_it: Entry, changed: tuple[str, ...]) -> None:
    """F22: the entry reads as its feed does, and its history says what changed, when, and how it read."""
    with database.write() as tx:
        show(tx, BEFORE)
        assert shown_again(tx, after_it) == 1
        assert shown_again(tx, after_it) == 0
        (stored,) = seen.recent(tx, 9)
        assert stored.entry == after_it
        assert updates.history(tx, stored.id) == [updates.EntryUpdate(NOW, changed, BEFORE.title, BEFORE.summary)]


SAME = {
    "digits in the text": replace(BEFORE, summary="The dam of Velin holds, 13 villages wait."),
    "spaces and signs": replace(BEFORE, title=" dam  HOLDS ", summary="The dam of Velin holds - 12 villages wait"),
    "another date": replace(BEFORE, published_at=NOW, published_raw="now"),
}


@pytest.mark.parametrize("same", SAME.values(), ids=SAME)
def test_noise_is_no_change(database: Database, same: Entry) -> None:
    """F22: a summary that holds the current time or a counter makes no update at all."""
    with database.write() as tx:
        show(tx, BEFORE)
        assert shown_again(tx, same) == 0


def test_endless_changes_end_and_leave_room_for_the_title(database: Database) -> None:
    """F22: a text that reads otherwise at every poll counts twelve times; a title still may change after that."""
    words = ["rain", "sun", "snow"]
    with database.write() as tx:
        show(tx, BEFORE)
        counts = [shown_again(tx, replace(BEFORE, summary=words[n % 3])) for n in range(50)]
        assert sum(counts) == updates.MOST_TEXT_UPDATES
        assert shown_again(tx, replace(BEFORE, title="Dam breaks")) == 1
        assert sum(shown_again(tx, replace(BEFORE, title=f"T {n}")) for n in range(50)) < updates.MOST_UPDATES
        assert len(updates.history(tx, seen.recent(tx, 1)[0].id)) == updates.MOST_UPDATES


def test_rows_of_an_older_version_learn_their_key_in_silence(database: Database) -> None:
    """An entry stored before texts were compared does not count as changed when it is first compared."""
    with database.write() as tx:
        show(tx, BEFORE)
        tx.execute(update(table).values(text_key=None))
        assert shown_again(tx, BEFORE) == 0
        assert shown_again(tx, replace(BEFORE, title="Dam breaks")) == 1


def done(tx: Connection) -> int:
    """Bring entry 1 to its end."""
    task = started(tx, 1)
    assert entries.finish(tx, task.entry_id, task.token, EntryState.DONE, None, NOW)
    return task.entry_id


def test_an_entry_that_waits_is_changed_and_not_released_twice(database: Database) -> None:
    """F22: what was not fetched yet takes the new words along."""
    with database.write() as tx:
        show(tx, BEFORE)
        assert shown_again(tx, replace(BEFORE, title="Dam breaks")) == 1
        assert not page_checks.has_due(tx, after(999))
        assert seen.recent(tx, 9)[0].state is EntryState.WAITING
