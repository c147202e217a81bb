"""Who is signed in, kept in this process's memory.

In: tokens from cookies. Out: the sessions they open. Hides `secrets` and `hmac`.
Trap: a session here says who signed in, not that he still may; the door asks the store at every request whether
the user is still let in and whether his session number is still the same. A restart signs everybody out, and two
dashboard processes do not share sessions; one is enough, since a page costs milliseconds.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=7)
SESSION_LIMIT = 32  #: of one user


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in."""

    user_id: int
    number: int  #: the user's session number when he signed in
    opened_at: datetime
    seen_at: datetime


class Sessions:
    """The open sessions; only digests of their tokens are kept."""

    def __init__(self) -> None:
        self._open: dict[bytes, Session] = {}

    def open(self, user_id: int, number: int, now: datetime) -> str:
        """Begin a session and give its token; beyond the limit the user's session unused longest ends."""
        mine = [key for key, session in self._open.items() if session.user_id == user_id]
        if len(mine) >= SESSION_LIMIT:
            del self._open[min(mine, key=lambda key: self._open[key].seen_at)]
        token = secrets.token_urlsafe(32)
        self._open[_digest(token)] = Session(user_id, number, opened_at=now, seen_at=now)
        return token

    def find(self, token: str, now: datetime) -> Session | None:
        """Give the session of `token`, and note that it was used; None if it is over."""
        key = _digest(token)
        session = self._open.get(key)
        if session is None:
            return None
        if now - session.seen_at > IDLE or now - session.opened_at > LONGEST:
            del self._open[key]
            return None
        self._open[key] = replace(session, seen_at=now)
        return session

    def close(self, token: str) -> None:
        """End the session of `token`, if there is one."""
        self._open.pop(_digest(token), None)


class FormTokens:
    """Tokens that only our own pages can put into a form: an HMAC over the visitor's cookie."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def make(self, cookie: str) -> str:
        """Give the token for the visitor who carries `cookie`."""
        return hmac.new(self._key, cookie.encode(), hashlib.sha256).hexdigest()

    def fits(self, token: str, cookie: str) -> bool:
        """Tell whether `token` was made for `cookie`; without a cookie nothing fits."""
        return bool(cookie) and hmac.compare_digest(self.make(cookie).encode(), token.encode())


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()
