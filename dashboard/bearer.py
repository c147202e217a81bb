"""The token that a program sends with its request (S27).

In: a request's headers, and the store. Out: a `Bearing` for the
rules. Hides the Authorization header's form (RFC 6750). Trap: only the header counts; a token in an address
ends up in logs and histories, so the rules refuse one there.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection
from starlette.datastructures import Headers

from dashboard.may import OPERATOR, Visitor, narrowed
from pipeline.model import Scope, User
from pipeline.store import tokens, users
from pipeline.store.database import Database
from pipeline.store.tokens import ApiToken


class Claim(StrEnum):
    """What a request says of a token."""

    NONE = "none"
    GOOD = "good"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Bearing:
    """A request's token as checked; `scope` is that of a good one, no wider than its user's role."""

    claim: Claim
    scope: Scope | None = None
    visitor: Visitor | None = None  #: whose token it is


NO_TOKEN = Bearing(Claim.NONE)
WRONG_TOKEN = Bearing(Claim.WRONG)

#: Checks the headers of one request.
Bearers = Callable[[Headers, datetime], Awaitable[Bearing]]


def bearers(database: Database) -> Bearers:
    """Give a check against the tokens of `database`; a revoked one is wrong from the next request on."""

    async def check(headers: Headers, now: datetime) -> Bearing:
        given = headers.get("authorization")
        if given is None:
            return NO_TOKEN
        kind, _, text = given.partition(" ")
        if kind.lower() != "bearer" or not text.strip():
            return WRONG_TOKEN
        found, user = await database.look(_look, text.strip())
        if found is None or (user is not None and user.disabled):
            return WRONG_TOKEN
        if tokens.is_use_worth_noting(found, now):
            await database.run(tokens.note_use, found.id, now)
        visitor = OPERATOR if user is None else Visitor.of(user)
        return Bearing(Claim.GOOD, narrowed(found.scope, visitor.role), visitor)

    return check


def _look(tx: Connection, text: str) -> tuple[ApiToken | None, User | None]:
    """Find a token and its user; one whose user is gone is no token."""
    token = tokens.find(tx, text)
    if token is None or token.user_id is None:
        return token, None
    user = users.find(tx, token.user_id)
    return (token, user) if user else (None, None)
