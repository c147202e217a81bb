"""What an HTTP status means for the work; pure.

In: a `Response`. Out: the failure it stands for, or None where the answer is the one we wanted. Hides
email.utils' dates. Trap: `Retry-After` may be a date by the server's clock; its distance from the answer's
own `Date` is right even when that clock is wrong by hours (checklist F8).
"""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from pipeline.errors import Permanent, Transient
from pipeline.model import Reason, Response

LONGEST_RETRY_AFTER_SECONDS = 100 * 365 * 86_400.0  # what no date overflows by; who obeys has a cap of its own

_PERMANENT = {404: Reason.HTTP_NOT_FOUND, 410: Reason.HTTP_GONE}
_TEMPORARY_4XX = frozenset({408, 425, 429})
_SAYS_WHEN = frozenset({429, 503})  # RFC 6585, 4 and RFC 9110, 15.6.4


def failure_of_status(response: Response, now: datetime) -> Transient | Permanent | None:
    """Map a final status to the error tree; None for 2xx and 304.

    `now` stands in for a missing `Date`. A redirect that could not be followed (no usable target) is refused.
    """
    status = response.status
    if 200 <= status < 300 or status == 304:
        return None
    text = f"the server answered {status}"
    if status >= 500 or status in _TEMPORARY_4XX:
        reason = Reason.HTTP_THROTTLED if status == 429 else Reason.HTTP_TEMPORARY
        return Transient(reason, text, find_retry_after(response, now), status)
    return Permanent(_PERMANENT.get(status, Reason.HTTP_REFUSED), text, status)


def find_retry_after(response: Response, now: datetime) -> float | None:
    """Find how many seconds a 429 or 503 asks us to stay away, at most a century; None if it does not say so.

    How much of that is obeyed is decided, and told to the owner, where the work is planned.
    What is negative, past or not understood is as good as not said (RFC 9110, 10.2.3 knows whole seconds and
    dates only).
    """
    written = response.headers.get("Retry-After", "").strip()
    if response.status not in _SAYS_WHEN or not written:
        return None
    if written.isascii() and written.isdigit():
        seconds = float(written) if len(written) < 16 else LONGEST_RETRY_AFTER_SECONDS
    else:
        until = _find_date(written)
        if until is None:
            return None
        seconds = (until - (_find_date(response.headers.get("Date", "")) or now)).total_seconds()
    return min(seconds, LONGEST_RETRY_AFTER_SECONDS) if seconds > 0 else None


def _find_date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
