"""Tokens by which programs use the API (S27).

In: a name and a scope. Out: the token itself, once; afterwards only its digest is known. Trap: a token is a random
text of 256 bits, so a plain SHA-256 is enough to keep it: there is no password to guess behind it.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, select, update

from pipeline.errors import NotFound, Taken, Unusable
from pipeline.model import Scope
from pipeline.store.tables import api_tokens

_PREFIX = "swt_"  # so that scanners for leaked secrets can tell what it is
_USE_NOTED = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token as stored, without itself."""

    id: int
    name: str
    scope: Scope
    created_at: datetime
    last_used_at: datetime | None
    user_id: int | None = None  #: whose role bounds it; None is the operator's own


def make(tx: Connection, name: str, scope: Scope, now: datetime, user_id: int | None = None) -> tuple[ApiToken, str]:
    """Make a token; its text is given here and never again. Raises Taken, or Unusable for an empty name."""
    if not name.strip():
        raise Unusable("a token needs a name, such as the program that uses it")
    if _find(tx, api_tokens.c.name == name) is not None:
        raise Taken(f"there is a token named {name!r}; revoke it first, or choose another name")
    text = _PREFIX + token_urlsafe(32)
    row = {"name": name, "digest": _digest(text), "scope": scope, "created_at": now, "user_id": user_id}
    tx.execute(api_tokens.insert().values(row))
    made = find(tx, text)
    if made is None:
        raise NotFound("the token was revoked meanwhile")
    return made, text


def find(tx: Connection, text: str) -> ApiToken | None:
    """Give the token of that text; None if there is none or it was revoked."""
    return _find(tx, api_tokens.c.digest == _digest(text))


def is_use_worth_noting(token: ApiToken, now: datetime) -> bool:
    """Tell whether its last use was noted more than a minute ago, so that requests do not each write."""
    return token.last_used_at is None or now - token.last_used_at > _USE_NOTED


def note_use(tx: Connection, token_id: int, now: datetime) -> None:
    """Note that a token was used."""
    tx.execute(update(api_tokens).where(api_tokens.c.id == token_id).values(last_used_at=now))


def list_all(tx: Connection) -> list[ApiToken]:
    """Give all tokens by name."""
    return [ApiToken(*row) for row in tx.execute(_select().order_by(api_tokens.c.name))]


def revoke(tx: Connection, name: str) -> None:
    """Take a token back; the next request with it is refused. Raises NotFound."""
    gone = tx.execute(api_tokens.delete().where(api_tokens.c.name == name))
    if gone.rowcount != 1:
        raise NotFound(f"there is no token named {name!r}; `storywatch tokens list` shows them")


def _find(tx: Connection, condition: ColumnElement[bool]) -> ApiToken | None:
    row = tx.execute(_select().where(condition)).one_or_none()
    return ApiToken(*row) if row else None


def _select() -> Select[Any]:
    c = api_tokens.c
    return select(c.id, c.name, c.scope, c.created_at, c.last_used_at, c.user_id)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="surrogatepass")).digest()
