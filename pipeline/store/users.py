"""Users: who may sign in, and as what.

In: names, roles, hashes of passwords. Out: `User`. Trap: whatever takes a right away (another password, disabling)
raises `session_number`, and sessions of an older number are over, in whatever process the change was made.
"""

import re
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, exists, select, update

from pipeline.errors import NotFound, Taken, Unusable
from pipeline.model import Role, User
from pipeline.store.dialects import insert
from pipeline.store.tables import users

#: The user whom the password of the settings opens.
SETTINGS_USER = "admin"
#: Lower-case ASCII, so that no two names look alike; an e-mail address is one.
_NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,99}")


def plain_name(name: str) -> str:
    """Give a name as it is stored; raises Unusable for one that cannot be a user's."""
    wanted = name.strip().lower()
    if not _NAME.fullmatch(wanted):
        raise Unusable(
            "a user's name has up to 100 letters a-z, digits and . _ @ + -, and begins with a letter or digit"
        )
    return wanted


def add(tx: Connection, name: str, role: Role, password_hash: str | None, now: datetime) -> User:
    """Store a user; raises Taken if there is one of that name, disabled ones too."""
    wanted = plain_name(name)
    row = {"name": wanted, "role": role, "disabled": False, "created_at": now, "session_number": 1}
    adding = insert(tx, users).values(row | {"password_hash": password_hash}).on_conflict_do_nothing()
    if tx.execute(adding.returning(users.c.id)).scalar_one_or_none() is None:
        raise Taken(f"there is a user named {wanted!r}; choose another name, or change that one")
    return get_by_name(tx, wanted)


def list_all(tx: Connection) -> list[User]:
    """Give all users by name."""
    return [_user_of(row) for row in tx.execute(_select().order_by(users.c.name))]


def any_exists(tx: Connection) -> bool:
    """Tell whether there is a user, a disabled one included: from then on everybody has to sign in."""
    return bool(tx.execute(select(exists().select_from(users))).scalar_one())


def find(tx: Connection, user_id: int) -> User | None:
    """Give the user of that number."""
    return _find(tx, users.c.id == user_id)


def find_by_name(tx: Connection, name: str) -> User | None:
    """Give the user of that name as `plain_name` writes it."""
    return _find(tx, users.c.name == name)


def get(tx: Connection, user_id: int) -> User:
    """Give the user of that number; raises NotFound."""
    found = find(tx, user_id)
    if found is None:
        raise NotFound(f"there is no user {user_id}")
    return found


def get_by_name(tx: Connection, name: str) -> User:
    """Give the user of that name; raises NotFound."""
    found = find_by_name(tx, plain_name(name))
    if found is None:
        raise NotFound(f"there is no user named {name!r}; `storywatch users list` shows all")
    return found


def password_hash(tx: Connection, user_id: int) -> str | None:
    """Give the hash of a user's password; None if he has none of his own."""
    return tx.execute(select(users.c.password_hash).where(users.c.id == user_id)).scalar_one_or_none()


def set_password(tx: Connection, user_id: int, new_hash: str) -> None:
    """Give a user another password and end all his sessions. Raises NotFound."""
    _change(tx, user_id, password_hash=new_hash, session_number=users.c.session_number + 1)


def refresh_hash(tx: Connection, user_id: int, old_hash: str, new_hash: str) -> None:
    """Keep the same password under a stronger hash, unless the password was changed meanwhile."""
    unchanged = (users.c.id == user_id) & (users.c.password_hash == old_hash)
    tx.execute(update(users).where(unchanged).values(password_hash=new_hash))


def set_role(tx: Connection, user_id: int, role: Role) -> None:
    """Give a user another role; it holds from his next request on. Raises NotFound."""
    _hold_admins(tx)
    _change(tx, user_id, role=role)


def set_disabled(tx: Connection, user_id: int, *, disabled: bool) -> None:
    """Shut a user out, with all sessions and tokens, or let him in again. Raises NotFound."""
    _hold_admins(tx)
    _change(tx, user_id, disabled=disabled, session_number=users.c.session_number + 1)


def end_sessions(tx: Connection, user_id: int) -> None:
    """Sign a user out everywhere. Raises NotFound."""
    _change(tx, user_id, session_number=users.c.session_number + 1)


def note_login(tx: Connection, user_id: int, now: datetime) -> None:
    """Note that a user signed in."""
    _change(tx, user_id, last_login_at=now)


def check_administered(tx: Connection, *, by_settings: bool) -> None:
    """Raise Unusable if nobody could administer: no enabled admin with a password, nor the settings' password.

    Call it at the end of a transaction that takes something from a user; raising undoes the rest.
    """
    own = (users.c.role == Role.ADMIN) & ~users.c.disabled & users.c.password_hash.is_not(None)
    if tx.execute(select(exists().select_from(users).where(own))).scalar_one():
        return
    settings_user = find_by_name(tx, SETTINGS_USER)
    if by_settings and (settings_user is None or is_opened_by_settings(settings_user)):
        return
    raise Unusable("nobody could administer then; make somebody an admin first (the first user has to be one)")


def is_opened_by_settings(user: User) -> bool:
    """Tell whether the password of the settings signs this user in, as an admin."""
    plain = user.name == SETTINGS_USER and not user.has_password
    return plain and user.role is Role.ADMIN and not user.disabled


def _hold_admins(tx: Connection) -> None:
    """Let nobody else take a right from an admin meanwhile: two could do it to each other and leave none."""
    admins = select(users.c.id).where(users.c.role == Role.ADMIN).order_by(users.c.id)
    tx.execute(admins.with_for_update())


def _change(tx: Connection, user_id: int, **values: Any) -> None:
    if tx.execute(update(users).where(users.c.id == user_id).values(values)).rowcount != 1:
        raise NotFound(f"there is no user {user_id}")


def _find(tx: Connection, condition: ColumnElement[bool]) -> User | None:
    row = tx.execute(_select().where(condition)).one_or_none()
    return _user_of(row) if row else None


def _select() -> Select[Any]:
    c = users.c
    seen = (c.id, c.name, c.role, c.disabled, c.created_at, c.last_login_at, c.session_number)
    return select(*seen, c.password_hash.is_not(None).label("has_password"))


def _user_of(row: Row[Any]) -> User:
    values: tuple[Any, ...] = tuple(row)
    return User(*values)
