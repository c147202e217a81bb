"""Put deliveries to make beside the notice they hand over, in its transaction (R4).

In: the channels of a subscription and the id of an alert, update or digest. Out: waiting rows, one for each channel.
Trap: exactly one of the three ids is set; each has a unique key with the channel, so that nothing is sent twice.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from pipeline.model import DeliveryState
from pipeline.store import public_ids
from pipeline.store.leases import first_token
from pipeline.store.tables import deliveries


def put(
    tx: Connection,
    channels: Iterable[str],
    now: datetime,
    public_id: str,
    *,
    alert_id: int | None = None,
    update_id: int | None = None,
    digest_id: int | None = None,
) -> None:
    """Make the deliveries of the notice of that public id."""
    rows = [
        {
            "public_id": public_ids.of_message(public_id, channel),
            "alert_id": alert_id,
            "update_id": update_id,
            "digest_id": digest_id,
            "channel": channel,
            "state": DeliveryState.WAITING,
            "error": "",
            "answer": "",
            "attempts": 0,
            "crashes": 0,
            "created_at": now,
            "next_attempt_at": now,
            "token": first_token(),
        }
        for channel in channels
    ]
    if rows:
        tx.execute(deliveries.insert(), rows)
