"""What an admin changes about users, for the page and the API alike.

In: a user's number and what is wanted. Out: the user, with a fresh password where one was made. Hides the rule that
somebody can always administer. Trap: a made password is in what is given back alone; neither log nor keep it.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

import structlog
from sqlalchemy import Connection

from dashboard.accounts import Accounts
from dashboard.sources import Sources
from pipeline.model import Role, User
from pipeline.passwords import fresh_password
from pipeline.store import users

Given = TypeVar("Given")

log = structlog.get_logger()


class UserVerb(StrEnum):
    """What an admin can do to a user without more words."""

    DISABLE = "disable"
    ENABLE = "enable"
    SIGN_OUT = "sign-out"


CHANGES: dict[UserVerb, Callable[[Connection, int], None]] = {
    UserVerb.DISABLE: lambda tx, user_id: users.set_disabled(tx, user_id, disabled=True),
    UserVerb.ENABLE: lambda tx, user_id: users.set_disabled(tx, user_id, disabled=False),
    UserVerb.SIGN_OUT: users.end_sessions,
}


class UserChanges:
    """Makes changes that leave somebody who may administer; those that would not raise Unusable."""

    def __init__(self, sources: Sources, accounts: Accounts) -> None:
        self._sources = sources
        self._accounts = accounts

    @property
    def by_settings(self) -> bool:
        """Tell whether the settings have a password, which opens the first admin."""
        return self._accounts.has_settings_password

    async def add(self, name: str, role: Role) -> tuple[User, str]:
        """Add a user; gives him with the password made for him. Raises Taken and Unusable."""
        password = fresh_password()
        new_hash, now = await self._accounts.hashed(password), self._sources.clock()
        made = await self._change(lambda tx: users.add(tx, name, role, new_hash, now))
        log.info("user_added", user_id=made.id, role=made.role)
        return made, password

    async def reset(self, user_id: int) -> tuple[User, str]:
        """Make a new password, which ends all sessions; gives the user with it. Raises NotFound."""
        await self._sources.database.look(users.get, user_id)
        password = fresh_password()
        new_hash = await self._accounts.hashed(password)
        giving = _then_shown(user_id, lambda tx: users.set_password(tx, user_id, new_hash))
        user = await self._sources.database.run(giving)  # takes no right from anybody
        log.info("password_reset", user_id=user_id)
        return user, password

    async def set_role(self, user_id: int, role: Role) -> User:
        """Give another role. Raises NotFound and Unusable."""
        user = await self._change(_then_shown(user_id, lambda tx: users.set_role(tx, user_id, role)))
        log.info("role_changed", user_id=user_id, role=role)
        return user

    async def do(self, user_id: int, verb: UserVerb) -> User:
        """Disable, enable or sign out. Raises NotFound and Unusable."""
        user = await self._change(_then_shown(user_id, lambda tx: CHANGES[verb](tx, user_id)))
        log.info("user_changed", user_id=user_id, verb=verb)
        return user

    async def _change(self, wanted: Callable[[Connection], Given]) -> Given:
        return await self._sources.database.run(_guarded, wanted, by_settings=self.by_settings)


def _guarded(tx: Connection, wanted: Callable[[Connection], Given], *, by_settings: bool) -> Given:
    given = wanted(tx)
    users.check_administered(tx, by_settings=by_settings)
    return given


def _then_shown(user_id: int, wanted: Callable[[Connection], None]) -> Callable[[Connection], User]:
    def change(tx: Connection) -> User:
        wanted(tx)
        return users.get(tx, user_id)

    return change
