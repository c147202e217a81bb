"""How long somebody who guesses passwords has to wait.

In: failed sign-ins by address. Out: seconds to wait before the next is even looked at. Hides nothing.
Trap: everybody behind one proxy shares its address, so the wait is capped and open sessions are not touched.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

FREE_FAILURES = 4
#: All addresses together: a botnet of one guess each is slowed as well.
FREE_FAILURES_OF_ALL = 60
LONGEST_WAIT_SECONDS = 300.0
FORGIVEN_AFTER = timedelta(minutes=30)
ADDRESS_LIMIT = 2048
EVERYBODY = "everybody"


@dataclass(frozen=True, slots=True)
class Failures:
    """Failures of one address: how many in a row, and the last."""

    count: int
    last_at: datetime


def wait_of(failures: Failures | None, free_count: int, now: datetime) -> float:
    """Compute the seconds left to wait: nothing for the first `free_count`, then 1, 2, 4 … up to five minutes."""
    if failures is None or failures.count < free_count or now - failures.last_at > FORGIVEN_AFTER:
        return 0.0
    wait_seconds = min(2.0 ** min(failures.count - free_count, 16), LONGEST_WAIT_SECONDS)
    return max(0.0, wait_seconds - (now - failures.last_at).total_seconds())


def neighbourhood(address: str) -> str:
    """Give the unit that is counted: one IPv4 address, or the /64 that one IPv6 customer holds."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    return str(ip_network((parsed, 64), strict=False)) if isinstance(parsed, IPv6Address) else str(parsed)


class Throttle:
    """Counts failed sign-ins."""

    def __init__(self) -> None:
        self._failures: dict[str, Failures] = {}

    def wait_seconds(self, address: str, now: datetime) -> float:
        """Give the seconds that `address` still has to wait; 0 if it may try."""
        own = wait_of(self._failures.get(neighbourhood(address)), FREE_FAILURES, now)
        return max(own, wait_of(self._failures.get(EVERYBODY), FREE_FAILURES_OF_ALL, now))

    def note_failure(self, address: str, now: datetime) -> None:
        """Count one more failure of `address`."""
        for key in (neighbourhood(address), EVERYBODY):
            known = self._failures.pop(key, None)
            fresh = known is None or now - known.last_at > FORGIVEN_AFTER
            self._failures[key] = Failures(1 if known is None or fresh else known.count + 1, now)
        while len(self._failures) > ADDRESS_LIMIT:
            del self._failures[next(iter(self._failures))]

    def note_success(self, address: str) -> None:
        """Forget the failures of `address`, and take the try that succeeded off those of everybody."""
        self._failures.pop(neighbourhood(address), None)
        if (known := self._failures.get(EVERYBODY)) is not None:
            self._failures[EVERYBODY] = replace(known, count=max(0, known.count - 1))
