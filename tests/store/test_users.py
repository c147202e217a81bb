"""Users, where two write at the same moment: on PostgreSQL, since SQLite lets one write at a time."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, text

from pipeline.errors import Taken, Unusable
from pipeline.model import Role
from pipeline.store import users
from pipeline.store.database import Database
from tests.store.making import NOW

PATIENCE_SECONDS = 60
WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
Work = Callable[[Connection], object]


def both(database: Database, first: Work, second: Work) -> Future[None]:
    """Do the second while the first is done and not yet committed; gives how the second ended."""
    with ThreadPoolExecutor(1) as threads:
        with database.write() as tx:
            first(tx)
            other = threads.submit(_alone, database, second)
            _until_it_waits(database, other)
        return other


def _alone(database: Database, work: Work) -> None:
    with database.write() as tx:
        work(tx)


def _until_it_waits(database: Database, other: Future[None]) -> None:
    """Wait until the other transaction stands at a lock, or is over."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    pause = threading.Event()
    while not other.done() and time.monotonic() < deadline:
        with database.read() as tx:
            if tx.execute(WAITING).scalar_one():
                return
        pause.wait(0.02)


def _demote(tx: Connection, user_id: int) -> None:
    users.set_role(tx, user_id, Role.READER)
    users.check_administered(tx, by_settings=False)


def _disable(tx: Connection, user_id: int) -> None:
    users.set_disabled(tx, user_id, disabled=True)
    users.check_administered(tx, by_settings=False)


@pytest.mark.parametrize("take_away", [_demote, _disable])
def test_two_admins_cannot_leave_none(
    postgres_database: Database, take_away: Callable[[Connection, int], None]
) -> None:
    """S13: two admins take each other's rights at the same moment; the second is refused, and one admin is left."""
    with postgres_database.write() as tx:
        ada, eva = (users.add(tx, name, Role.ADMIN, "hash", NOW) for name in ("ada", "eva"))
    ended = both(postgres_database, lambda tx: take_away(tx, ada.id), lambda tx: take_away(tx, eva.id))
    with pytest.raises(Unusable, match="nobody could administer"):
        ended.result()
    with postgres_database.read() as tx:
        assert [user.name for user in users.list_all(tx) if user.role is Role.ADMIN and not user.disabled] == ["eva"]


def test_one_name_is_one_user(postgres_database: Database) -> None:
    """Two that add the same name at the same moment: the second is told that it is taken."""

    def add(tx: Connection) -> object:
        return users.add(tx, "eva", Role.READER, "hash", NOW)

    with pytest.raises(Taken, match="there is a user named 'eva'"):
        both(postgres_database, add, add).result()
    with postgres_database.read() as tx:
        assert [user.name for user in users.list_all(tx)] == ["eva"]
