"""Read how long an answer stays fresh: until then, asking again is wasted (checklist F10).

In: the headers of a 200 or a 304. Out: seconds. Hides the grammar of Cache-Control and HTTP dates (RFC 9111, 4.2,
5.1 to 5.3). Trap: this is a lower bound for the next poll, never an upper one, and whatever is garbled says nothing.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_DIRECTIVE = re.compile(r'([\w-]+)(?:\s*=\s*(?:"([^"]*)"|([^\s,;"]*)))?')


def fresh_seconds(headers: Mapping[str, str], now: datetime) -> float:
    """Give for how many seconds from `now` the answer is fresh; 0 if it says nothing usable. Not capped."""
    directives = _directives(headers.get("cache-control", ""))
    if "no-cache" in directives or "no-store" in directives:
        return 0.0
    if "max-age" in directives:
        age = _only_count({headers.get("age", "0").strip()}) or 0
        return float(max(0, (_only_count(directives["max-age"]) or 0) - age))
    expires_at, date_at = _http_date(headers.get("expires", "")), _http_date(headers.get("date", ""))
    return max(0.0, (expires_at - (date_at or now)).total_seconds()) if expires_at else 0.0


def speaks_of_freshness(headers: Mapping[str, str]) -> bool:
    """Tell whether an answer says anything on it; a 304 that does not leaves what was said before (RFC 9111, 3.2)."""
    return any(name in headers for name in ("cache-control", "expires"))


def _directives(value: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, quoted, plain in _DIRECTIVE.findall(value):
        found.setdefault(name.lower(), set()).add(quoted or plain)
    return found


def _only_count(values: set[str]) -> int | None:
    """Give the one number said; None if nothing, nonsense or two different things are said."""
    value = next(iter(values)) if len(values) == 1 else ""
    # RFC 9111, 1.2.2: what is too large to hold counts as 2^31.
    return min(int(value), 2**31) if re.fullmatch(r"[0-9]{1,20}", value) else None


def _http_date(value: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
