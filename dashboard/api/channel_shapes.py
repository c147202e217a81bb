"""The shapes of channels, of how their receivers behave, and of a test message.

In: a channel's name and kind, what is known of its receiver. Out: pydantic models. Trap: neither a secret nor an
address of a channel is among them.
"""

from datetime import datetime

from pydantic import ConfigDict

from dashboard.api.shapes import Shape
from dashboard.api.subscription_shapes import ChannelName
from pipeline.model import Reason
from pipeline.store.receivers import Receiver


class ChannelShape(Shape):
    """A channel of the settings, and how its receiver behaves: `works`, `fails`, `rests` or `gone`."""

    name: str
    kind: str
    receiver: str
    failures: int
    failing_since_at: datetime | None
    rests_until: datetime | None
    gone_at: datetime | None
    reason: Reason | None

    @classmethod
    def of(cls, name: str, kind: str, receiver: Receiver | None, now: datetime) -> "ChannelShape":
        """Write a channel."""
        return cls(
            name=name,
            kind=kind,
            receiver=_behaviour(receiver, now),
            failures=receiver.failures if receiver else 0,
            failing_since_at=receiver.failing_since_at if receiver else None,
            rests_until=receiver.rests_until if receiver else None,
            gone_at=receiver.gone_at if receiver else None,
            reason=receiver.reason if receiver else None,
        )


class AskedChannel(Shape):
    """A channel by its name in the settings."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"channel": "alerts"}]})

    channel: ChannelName


class TestShape(Shape):
    """What came of a test message: whether the receiver took it, and what it said."""

    channel: str
    taken: bool
    said: str


def _behaviour(receiver: Receiver | None, now: datetime) -> str:
    if receiver is None:
        return "works"
    if receiver.gone_at:
        return "gone"
    return "rests" if receiver.rests_until and receiver.rests_until > now else "fails"
