"""The channels that the settings name, and how their receivers behave.

In: kinds by name from whoever knows the settings, and what the store holds against receivers. Out: rows for forms and
pages. Trap: the dashboard does not know the channels' addresses; a test is made by whoever put `send_test` in.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dashboard.rows import Mark
from dashboard.words import counted, spoken, until
from pipeline.errors import Failure, Unusable
from pipeline.store.receivers import Receiver

SendTest = Callable[[str], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Channels:
    """The channels there are, and how one is tried."""

    kinds: Mapping[str, str] = field(default_factory=dict)  #: by name, in the order of the settings
    send_test: SendTest | None = None  #: gives the receiver's answer; raises Failure and Unusable


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """A channel."""

    name: str
    kind: str  #: empty if the settings do not have it
    mark: Mark
    chosen: bool


@dataclass(frozen=True, slots=True)
class TestAnswer:
    """What came of a test message."""

    channel: str
    taken: bool
    said: str


def channel_rows(
    channels: Channels, troubled: Mapping[str, Receiver], chosen: Sequence[str], now: datetime
) -> list[ChannelRow]:
    """Write the channels of the settings, then those chosen that the settings do not have any more."""
    lost = [name for name in chosen if name not in channels.kinds]
    rows = [(name, kind, _mark(troubled.get(name), now)) for name, kind in channels.kinds.items()]
    rows += [(name, "", Mark("not in the settings", "bad")) for name in lost]
    return [ChannelRow(name, kind, mark, name in chosen) for name, kind, mark in rows]


async def send_test(channels: Channels, name: str) -> TestAnswer:
    """Send one test message and give the answer, whatever it is."""
    if channels.send_test is None:
        return TestAnswer(name, taken=False, said="this dashboard cannot send; it was started without channels")
    try:
        return TestAnswer(name, taken=True, said=await channels.send_test(name))
    except Failure as failure:
        why = spoken(failure.reason.value)
        return TestAnswer(
            name, taken=False, said=why if str(failure) in {"", failure.reason.value} else f"{why}: {failure}"
        )
    except Unusable as error:
        return TestAnswer(name, taken=False, said=str(error))


def _mark(receiver: Receiver | None, now: datetime) -> Mark:
    if receiver is None:
        return Mark("works", "calm")
    if receiver.gone_at:
        return Mark("gone", "bad")
    failures = counted(receiver.failures, "failure")
    if receiver.rests_until and receiver.rests_until > now:
        return Mark(f"rests after {failures}, asked again {until(receiver.rests_until, now)}", "warn")
    return Mark(f"fails, {failures} in a row", "warn")
