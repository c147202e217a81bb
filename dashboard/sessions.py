"""Who is signed in, kept in this process's memory.

In: tokens from cookies. Out: whether they hold. Hides `secrets` and `hmac`.
Trap: a restart signs everybody out, and two dashboard processes do not share sessions; one is enough, since
a page costs milliseconds.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=7)
SESSION_LIMIT = 256


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in."""

    opened_at: datetime
    seen_at: datetime


class Sessions:
    """The open sessions; only digests of their tokens are kept."""

    def __init__(self) -> None:
        self._open: dict[bytes, Session] = {}

    def open(self, now: datetime) -> str:
        """Begin a session and give its token; beyond the limit the one unused longest ends."""
        if len(self._open) >= SESSION_LIMIT:
            del self._open[min(self._open, key=lambda key: self._open[key].seen_at)]
        token = secrets.token_urlsafe(32)
        self._open[_digest(token)] = Session(opened_at=now, seen_at=now)
        return token

    def holds(self, token: str, now: datetime) -> bool:
        """Tell whether `token` is signed in, and note that it was used."""
        key = _digest(token)
        session = self._open.get(key)
        if session is None:
            return False
        if now - session.seen_at > IDLE or now - session.opened_at > LONGEST:
            del self._open[key]
            return False
        self._open[key] = replace(session, seen_at=now)
        return True

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


def same_password(given: str, wanted: str) -> bool:
    """Compare in the same time whatever is given, its length included."""
    key = secrets.token_bytes(16)
    return hmac.compare_digest(_keyed(given, key), _keyed(wanted, key))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()


def _keyed(text: str, key: bytes) -> bytes:
    return hashlib.blake2b(text.encode(errors="surrogatepass"), key=key).digest()
