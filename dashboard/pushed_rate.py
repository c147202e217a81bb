"""How many requests the callbacks of hubs take.

In: addresses that are asked. Out: a refusal with Retry-After, or None. Hides nothing. Trap: everybody behind one proxy
shares its address, so requests are counted by the token they name; all tokens that nobody knows share one bucket, and
guessing in it locks out no hub that was met before.
"""

from collections import deque
from datetime import datetime, timedelta

from starlette.responses import PlainTextResponse, Response

MINUTE = timedelta(minutes=1)
KNOWN_A_MINUTE = 60  #: of one subscription: one a second is more than any feed publishes
UNKNOWN_A_MINUTE = 600  #: of all addresses together that were not met before
TOKEN_LIMIT = 20_000
STRANGERS = ""


class PushedRate:
    """Counts requests of the last minute."""

    def __init__(self) -> None:
        self._recent: dict[str, deque[datetime]] = {STRANGERS: deque()}

    def know(self, token: str) -> None:
        """Give a token that proved real a bucket of its own."""
        self._recent.setdefault(token, deque())
        while len(self._recent) > TOKEN_LIMIT:
            del self._recent[next(token for token in self._recent if token)]

    def refusal(self, token: str, now: datetime) -> Response | None:
        """Count a request; give the answer if it is one too many."""
        known = token in self._recent and token != STRANGERS
        bucket, limit = (self._recent[token], KNOWN_A_MINUTE) if known else (self._recent[STRANGERS], UNKNOWN_A_MINUTE)
        while bucket and now - bucket[0] > MINUTE:
            bucket.popleft()
        if len(bucket) >= limit:
            return PlainTextResponse("later\n", status_code=429, headers={"Retry-After": "60"})
        bucket.append(now)
        return None
