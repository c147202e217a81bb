"""One statement for many rows writes what SQLAlchemy's own way writes, on both databases."""

from typing import Any

import pytest
from sqlalchemy import bindparam, select, update

from pipeline.model import EntryState, Reason
from pipeline.store.database import Database
from pipeline.store.dialects import insert
from pipeline.store.each_row import execute_each
from pipeline.store.tables import crashes, entries, hosts
from pipeline.store.types import EPOCH, Instant
from tests.store.making import NOW, after, entry, show


def test_rows_are_written_as_one_by_one(database: Database) -> None:
    """Times, dirty text and numbers: the same rows, whichever way they were written."""
    rows = [
        {"host": f"{number}.example", "at": after(number), "url": "a\x00b % é", "attempts": number, "traceback": ""}
        for number in range(3)
    ]
    with database.write() as tx:
        assert execute_each(tx, insert(tx, crashes), rows) == 3
        found = tx.execute(select(crashes).order_by(crashes.c.host)).all()
        tx.execute(crashes.delete())
        tx.execute(crashes.insert(), rows)
        assert tx.execute(select(crashes).order_by(crashes.c.host)).all() == found
    assert [row.at for row in found] == [after(number) for number in range(3)]
    assert found[0].url == "ab % é"


def test_what_a_statement_says_itself_stays_beside_what_the_rows_say(database: Database) -> None:
    """Words, absent values, constants and one parameter used twice."""
    with database.write() as tx:
        show(tx, entry(1), entry(2))
        before = tx.execute(select(entries).order_by(entries.c.id)).all()
        twice = bindparam("then", type_=Instant)
        values: dict[str, Any] = {"state": bindparam("new_state", type_=entries.c.state.type), "finished_at": twice}
        values |= {"next_attempt_at": twice, "token": entries.c.token + 5, "reason": Reason.SAME_PAGE}
        statement = update(entries).where(entries.c.id == bindparam("row")).values(values)
        wanted = [{"row": before[0].id, "new_state": EntryState.DROPPED, "then": NOW}]
        wanted.append({"row": before[1].id, "new_state": EntryState.DONE, "then": after(9)})
        assert execute_each(tx, statement, wanted) == 2
        first, second = tx.execute(select(entries).order_by(entries.c.id)).all()
    assert (first.state, first.finished_at, first.next_attempt_at) == (EntryState.DROPPED, NOW, NOW)
    assert (second.state, second.finished_at, second.next_attempt_at) == (EntryState.DONE, after(9), after(9))
    assert (first.token, first.reason) == (before[0].token + 5, Reason.SAME_PAGE)


def test_rows_that_are_refused_are_not_counted(database: Database) -> None:
    """The count tells a caller that somebody else was first."""
    rows = [{"host": name, "next_start_at": EPOCH, "not_before_at": EPOCH} for name in ("a.example", "b.example")]
    with database.write() as tx:
        statement = insert(tx, hosts).on_conflict_do_nothing()
        assert execute_each(tx, statement, rows[:1]) == 1
        assert execute_each(tx, statement, rows) == 1
        assert execute_each(tx, statement, []) == 0


def test_a_row_that_lacks_a_parameter_is_refused(sqlite_database: Database) -> None:
    """Nothing is written in its place."""
    statement = update(hosts).where(hosts.c.host == bindparam("name")).values(next_start_at=bindparam("at"))
    with pytest.raises(ValueError, match="lacks"), sqlite_database.write() as tx:
        execute_each(tx, statement, [{"name": "a.example"}])
