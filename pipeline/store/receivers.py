"""How the receiver behind each channel behaves: failing, resting, gone (R33).

In: what became of deliveries. Out: `Receiver`s, and which channels rest now. Trap: a receiver that works has no
row; and "gone" holds for the address that said so only, so that a new address in the settings is asked at once.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, case, delete, select, update

from pipeline.model import DeliveryState, Reason
from pipeline.store.dialects import insert
from pipeline.store.tables import deliveries, in_state, receivers
from pipeline.store.types import key_of

#: Queued or in hand for one channel at once: above what a worker hands to one receiver, so that it never waits for the
#: dispatcher; and few enough that a receiver which hangs does not send hundreds back and forth.
MOST_IN_FLIGHT = 32


@dataclass(frozen=True, slots=True)
class Receiver:
    """The receiver behind a channel that does not simply work."""

    channel: str
    failures: int  #: in a row, of a kind that may pass
    failing_since_at: datetime | None
    rests_until: datetime | None  #: nothing is sent to it before
    gone_at: datetime | None  #: when it said 410
    gone_key: bytes | None  #: of the address that said so
    reason: Reason | None

    def is_gone(self, address: str) -> bool:
        """Tell whether this very address said that it is no more."""
        return self.gone_at is not None and self.gone_key == key_of(address)


def find(tx: Connection, channel: str) -> Receiver | None:
    """Give a channel's receiver; None if it works."""
    row = tx.execute(_SELECT.where(receivers.c.channel == channel)).one_or_none()
    return Receiver(*row) if row else None


def list_all(tx: Connection) -> list[Receiver]:
    """Give all that do not simply work, by channel."""
    return [Receiver(*row) for row in tx.execute(_SELECT.order_by(receivers.c.channel))]


def failed(tx: Connection, channel: str, reason: Reason, now: datetime) -> int:
    """Note a failure that may pass; gives how many there are in a row.

    What fails while the receiver rests was sent before the rest began, and counts with the failure that it began with:
    else one outage would make a dozen failures of a dozen deliveries, and a rest of 10 seconds a quarter of an hour.
    """
    row = {"channel": channel, "failures": 1, "failing_since_at": now, "reason": reason}
    counted = case((receivers.c.rests_until > now, receivers.c.failures), else_=receivers.c.failures + 1)
    again = {"failures": counted, "reason": reason}
    statement = insert(tx, receivers).values(row).on_conflict_do_update(index_elements=["channel"], set_=again)
    return int(tx.execute(statement.returning(receivers.c.failures)).scalar_one())


def rest(tx: Connection, channel: str, until: datetime) -> None:
    """Let a receiver that failed rest, at least so long."""
    shorter = receivers.c.rests_until.is_(None) | (receivers.c.rests_until < until)
    tx.execute(update(receivers).where(receivers.c.channel == channel, shorter).values(rests_until=until))


def gone(tx: Connection, channel: str, address: str, now: datetime) -> None:
    """Note that the address behind a channel said that it is no more."""
    row = {
        "channel": channel,
        "failures": 0,
        "gone_at": now,
        "gone_key": key_of(address),
        "reason": Reason.RECEIVER_GONE,
    }
    again = {name: value for name, value in row.items() if name != "channel"} | {"rests_until": None}
    tx.execute(insert(tx, receivers).values(row).on_conflict_do_update(index_elements=["channel"], set_=again))


def works(tx: Connection, channel: str) -> None:
    """Note that a receiver answered: what was held against it is forgotten."""
    tx.execute(delete(receivers).where(receivers.c.channel == channel))


def resume(tx: Connection, channel: str) -> bool:
    """Ask a receiver again that rests or is gone; False if it does neither."""
    return tx.execute(delete(receivers).where(receivers.c.channel == channel)).rowcount == 1


def room(tx: Connection, now: datetime) -> Callable[[str], int]:
    """Give how many more deliveries a channel may be handed now.

    `MOST_IN_FLIGHT` at once while its receiver works; one while it fails, and none while it rests.
    """
    states = (DeliveryState.QUEUED, DeliveryState.SENDING)
    counted = (select(deliveries.c.channel).where(in_state(deliveries, state)) for state in states)
    busy = Counter(channel for found in counted for channel in tx.execute(found).scalars())
    rows = tx.execute(select(receivers.c.channel, receivers.c.rests_until).where(receivers.c.failures > 0)).all()
    failing = {row.channel: row.rests_until for row in rows}

    def of(channel: str) -> int:
        if channel not in failing:
            return max(0, MOST_IN_FLIGHT - busy[channel])
        rests_until = failing[channel]
        return 0 if busy[channel] or (rests_until and rests_until > now) else 1

    return of


_SELECT = select(*(receivers.c[field.name] for field in fields(Receiver)))
