"""The token that a program sends with its request (S27).

In: a request's headers, and the store. Out: a `Bearing` for the
rules. Hides the Authorization header's form (RFC 6750). Trap: only the header counts; a token in an address
ends up in logs and histories, so the rules refuse one there.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from starlette.datastructures import Headers

from pipeline.model import Scope
from pipeline.store import tokens
from pipeline.store.database import Database


class Claim(StrEnum):
    """What a request says of a token."""

    NONE = "none"
    GOOD = "good"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Bearing:
    """A request's token as checked; `scope` is that of a good one."""

    claim: Claim
    scope: Scope | None = None


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
        found = await database.look(tokens.find, text.strip())
        if found is None:
            return WRONG_TOKEN
        if tokens.is_use_worth_noting(found, now):
            await database.run(tokens.note_use, found.id, now)
        return Bearing(Claim.GOOD, found.scope)

    return check
