"""Post an alert to a webhook, signed as Standard Webhooks asks (github.com/standard-webhooks, spec 1.0).

In: a delivery, a receiver, a poster. Out: the answer in words, or Transient or Permanent. Hides hmac and base64.
Trap: the address is often a secret itself; nothing here, errors included, shows more than scheme, host and port.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol

from pipeline.alerts.channels.targets import ChatTarget, HubTarget, WebhookTarget
from pipeline.alerts.message import payload_bytes
from pipeline.errors import Permanent, Transient
from pipeline.model import DeliveryTask, Reason, Response

_PREFIX = "whsec_"
_SECRET_BYTES = range(24, 65)  #: Standard Webhooks, "Signing secret"
_LATER = frozenset({408, 425, 429})
LONGEST_RETRY_AFTER_SECONDS = 7 * 86_400.0


class Poster(Protocol):
    """What sends a POST without following redirects; `pipeline.transport.Transport` does."""

    async def post(self, url: str, *, headers: Mapping[str, str], body: bytes, max_bytes: int = ...) -> Response:
        """Send a body and give the answer, whatever its status; raises Transient or Permanent."""
        ...


async def post_alert(task: DeliveryTask, target: WebhookTarget, poster: Poster, now: datetime) -> str:
    """Post one alert; at every attempt with the same id and body, and with the time and signature of the attempt.

    Raises Permanent for an answer that will stay (410 is RECEIVER_GONE, other 4xx and redirects
    RECEIVER_REFUSED), Transient for one that may pass.
    """
    body = payload_bytes(task)
    headers = {"Content-Type": "application/json", **signed_headers(task.public_id, body, target.secrets, now)}
    try:
        response = await poster.post(target.url, headers=headers, body=body, max_bytes=4_096)
    except Transient as error:
        raise Transient(error.reason, said(target, error.reason), error.retry_after, error.status) from None
    except Permanent as error:
        raise Permanent(error.reason, said(target, error.reason), error.status) from None
    if failure := failure_of(response, target, now):
        raise failure
    return f"{target.shown} answered {response.status}"


def signed_headers(message_id: str, body: bytes, secrets: Iterable[str], now: datetime) -> dict[str, str]:
    """Give the three headers of Standard Webhooks for a body, with one signature for each live secret (S22)."""
    timestamp = str(int(now.timestamp()))
    content = b".".join((message_id.encode(), timestamp.encode(), body))
    digests = (hmac.new(secret_bytes(secret), content, hashlib.sha256).digest() for secret in secrets)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests),
    }


def secret_bytes(secret: str) -> bytes:
    """Decode a signing secret; raises ValueError, which does not repeat it, if it is not one."""
    try:
        decoded = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    if not secret.startswith(_PREFIX) or len(decoded) not in _SECRET_BYTES:
        raise ValueError("a signing secret is 'whsec_' and base64 of 24 to 64 bytes")
    return decoded


def failure_of(
    response: Response, target: WebhookTarget | HubTarget | ChatTarget, now: datetime
) -> Transient | Permanent | None:
    """Decide what a receiver's answer means; None for 2xx. Pure."""
    status = response.status
    if 200 <= status < 300:
        return None
    told = f"{target.shown} answered {status}"
    if status == 410:
        return Permanent(Reason.RECEIVER_GONE, told, status)
    if status in _LATER or status >= 500:
        reason = Reason.HTTP_THROTTLED if status == 429 else Reason.HTTP_TEMPORARY
        return Transient(reason, told, _retry_after(response, now), status)
    if 300 <= status < 400:
        told += "; redirects are not followed, set the address it points to"
    return Permanent(Reason.RECEIVER_REFUSED, told, status)


def _retry_after(response: Response, now: datetime) -> float | None:
    """Find the seconds a receiver asks for; a date is counted from the answer's own, its clock may be wrong."""
    written = _header(response, "retry-after")
    if written.isascii() and written.isdigit():
        seconds = float(written[:9])
    else:
        until, date = _find_date(written), _find_date(_header(response, "date"))
        seconds = (until - (date or now)).total_seconds() if until else 0.0
    return min(seconds, LONGEST_RETRY_AFTER_SECONDS) if seconds > 0 else None


def _header(response: Response, name: str) -> str:
    return next((value.strip() for key, value in response.headers.items() if key.lower() == name), "")


def _find_date(written: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(written)
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def said(target: WebhookTarget | HubTarget | ChatTarget, reason: Reason) -> str:
    """Name receiver and reason; the poster's own words may hold the address."""
    return f"{target.shown}: {reason.value.replace('_', ' ')}"
