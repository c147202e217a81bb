"""Users as the door and the pages need them: whether anybody has to sign in, who did, and whose password it is.

In: the store, the password of the settings. Out: `Standing`, and users who gave the right password. Hides when hashes
are made: in threads, two at a time. Trap: the password of the settings opens the user `admin`, who is made at his
first sign-in, and only until he has a password of his own.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from dashboard.sessions import Session
from pipeline import passwords
from pipeline.errors import Taken, Unavailable
from pipeline.model import Role, User
from pipeline.store import users
from pipeline.store.database import Database

#: Each holds 64 MB and a core; more would let strangers use up the machine.
HASHES_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Standing:
    """What the store says before a request is let in."""

    has_login: bool  #: whether anybody has to sign in at all
    user: User | None = None  #: whose session it is
    is_guess: bool = False  #: the store did not answer; `has_login` is as it was last


class Accounts:
    """The users of one dashboard."""

    def __init__(self, database: Database, settings_password: str) -> None:
        self._database = database
        self._settings_password = settings_password
        self._had_login = True
        self._hashing = asyncio.Semaphore(HASHES_AT_ONCE)

    @property
    def has_settings_password(self) -> bool:
        """Tell whether the settings have a password."""
        return bool(self._settings_password)

    async def standing(self, session: Session | None) -> Standing:
        """Ask the store who signed in and whether he is still let in; without an answer, nobody is."""
        try:
            any_user, user = await self._database.look(_look, session)
        except Unavailable:
            return Standing(self.has_settings_password or self._had_login, None, is_guess=True)
        self._had_login = self.has_settings_password or any_user
        return Standing(self._had_login, user)

    async def sign_in(self, name: str, password: str, now: datetime) -> User | None:
        """Give the user whose name and password these are; it takes as long if there is no such user."""
        wanted = name.strip().lower() or users.SETTINGS_USER
        user, stored_hash = await self._database.look(_find, wanted)
        fits = await self._fits(password, stored_hash)
        if wanted == users.SETTINGS_USER and stored_hash is None:
            fits = self.has_settings_password and passwords.is_same(password, self._settings_password)
        if not fits or (user is not None and user.disabled):
            return None
        entered = await self._database.run(_enter, wanted, now)
        if stored_hash is not None and passwords.is_weaker(stored_hash):
            await self._database.run(users.refresh_hash, entered.id, stored_hash, await self.hashed(password))
        return entered

    async def is_password_of(self, user: User, password: str) -> bool:
        """Tell whether a password is the one with which a user signs in."""
        _, stored_hash = await self._database.look(_find, user.name)
        if stored_hash is None:
            return self.has_settings_password and passwords.is_same(password, self._settings_password)
        return await self._fits(password, stored_hash)

    async def hashed(self, password: str) -> str:
        """Make a hash, off the event loop."""
        async with self._hashing:
            return await asyncio.to_thread(passwords.hash_password, password)

    async def _fits(self, password: str, stored_hash: str | None) -> bool:
        async with self._hashing:
            return await asyncio.to_thread(passwords.fits_hash, password, stored_hash)


def _look(tx: Connection, session: Session | None) -> tuple[bool, User | None]:
    user = None if session is None else users.find(tx, session.user_id)
    held = user is not None and session is not None and not user.disabled and user.session_number == session.number
    return user is not None or users.any_exists(tx), user if held else None


def _find(tx: Connection, name: str) -> tuple[User | None, str | None]:
    user = users.find_by_name(tx, name)
    return user, users.password_hash(tx, user.id) if user else None


def _enter(tx: Connection, name: str, now: datetime) -> User:
    """Note the sign-in; the user of the settings' password is made at his first."""
    user = users.find_by_name(tx, name) or _first_admin(tx, name, now)
    users.note_login(tx, user.id, now)
    return user


def _first_admin(tx: Connection, name: str, now: datetime) -> User:
    try:
        return users.add(tx, name, Role.ADMIN, None, now)
    except Taken:  # he signed in twice at the same moment
        return users.get_by_name(tx, name)
