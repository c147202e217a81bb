"""How often somebody may ask: a bucket for each visitor, and one for all together (checklist S35).

In: who asks, and when. Out: seconds to wait, 0 if it is granted. Hides nothing. Trap: buckets live in this process;
they keep one visitor from crowding out the others, while politeness to hosts is kept in the database (F17).
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.door import SESSION_COOKIE, Clock, cookie, retry_after
from dashboard.faults import fault_page
from dashboard.rules import Visit

KEPT_LIMIT = 4096


@dataclass(slots=True)
class Bucket:
    """What is left of an allowance, and when that was so."""

    left: float
    at: datetime | None = None

    def wait_seconds(self, per_minute: int, now: datetime) -> float:
        """Let the bucket fill up to now, and say how long until it holds one request."""
        passed = max(0.0, (now - self.at).total_seconds()) if self.at else 0.0
        self.left, self.at = min(float(per_minute), self.left + passed * per_minute / 60), now
        return 0.0 if self.left >= 1 else (1 - self.left) * 60 / per_minute


class Allowance:
    """So many requests a minute for each visitor, as many at once; `for_all` bounds all visitors together."""

    def __init__(self, per_minute: int, for_all: int) -> None:
        self._per_minute = per_minute
        self._for_all = for_all
        self._shared = Bucket(for_all)
        self._buckets: dict[str, Bucket] = {}

    def take(self, who: str, now: datetime) -> float:
        """Take one request of `who`: 0 if granted, else the seconds until one is."""
        own = self._buckets.pop(who, None) or Bucket(self._per_minute)
        self._buckets[who] = own  # the newest at the end: the first are those that were not seen for longest
        while len(self._buckets) > KEPT_LIMIT:
            del self._buckets[next(iter(self._buckets))]
        wait_seconds = max(own.wait_seconds(self._per_minute, now), self._shared.wait_seconds(self._for_all, now))
        if wait_seconds <= 0:
            own.left -= 1
            self._shared.left -= 1
        return wait_seconds


def asker_of(scope: Scope) -> str:
    """Name who asks: the user, else token, session or address; nothing in it can be turned back into a token."""
    visit: Visit | None = scope.get("state", {}).get("visit")
    visitor = (visit.visitor or visit.bearing.visitor) if visit else None
    if visitor is not None and visitor.id is not None:
        return f"user {visitor.id}"
    headers, peer = Headers(scope=scope), scope.get("client")
    bearer = headers.get("authorization", "").partition(" ")[2].strip()  # "bearer" may be written in many ways
    key = bearer or cookie(headers, SESSION_COOKIE)
    return hashlib.sha256(key.encode()).hexdigest() if key else (peer[0] if peer else "")


class Rationed:
    """An application that everybody may ask so often and no oftener; it stands behind the door."""

    def __init__(self, app: ASGIApp, allowance: Allowance, clock: Clock) -> None:
        self._app = app
        self._allowance = allowance
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or answer 429."""
        wait_seconds = self._allowance.take(asker_of(scope), self._clock()) if scope["type"] == "http" else 0.0
        if wait_seconds > 0:
            text = "One token or user may ask so many times a minute as web.requests_per_minute says. Wait a little."
            headers = {"Retry-After": retry_after(wait_seconds)}
            await fault_page(429, "Too many requests", text, html=False, headers=headers)(scope, receive, send)
        else:
            await self._app(scope, receive, send)
