"""Explain when a feed is asked next, and why: one record for command line and dashboard.

In: the feed as stored, how its host stands, the policy, the time. Out: an `Explanation`. Pure; hides nothing. Trap:
`next_poll_at` is when a feed falls due, not when it is asked: the floor, the host's rest and the host's next slot are
looked at again when it is claimed, and may hold it longer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from pipeline.feeds.schedule import PollPolicy, floor_seconds
from pipeline.model import Bound, Feed, FeedState

SENTENCES: Mapping[Bound, str] = {
    Bound.INTERVAL: "that is how long it is wished to wait: its own rhythm, your interval, or the usual one",
    Bound.FLOOR: "two requests to one feed are never closer together than the floor",
    Bound.DECLARED: "the feed itself asks to be read more seldom (ttl, updatePeriod)",
    Bound.FRESHNESS: "its server says that the answer stays fresh so long (Cache-Control, Expires)",
    Bound.UNCONDITIONAL: "its server offers neither validators nor freshness, and it has shown nothing new lately",
    Bound.BACK_OFF: "it failed; each further failure lets it wait longer",
    Bound.UNDEAD: "it has failed for a month; it is looked after about twice a month",
    Bound.GONE: "it answered 410, which is believed when it is said again a day later",
    Bound.HOST: "its host asked to be left alone, or its next slot there is not sooner",
    Bound.SKIPPED: "the feed does not want to be read at the hours or days before (skipHours, skipDays)",
    Bound.ASKED: "somebody asked for it",
    Bound.SPREAD: "it waits its turn among many that fell due together",
    Bound.OUTAGE: "this machine could reach nobody when it was asked last, which does not count",
}
STOPPED: Mapping[FeedState, str] = {
    FeedState.PAUSED: "it is paused; `storywatch feeds resume` polls it again",
    FeedState.GONE: "it answered 410 twice, a day apart; `storywatch feeds resume` tries again",
}


class Rest(Protocol):
    """How a host stands; `pipeline.store.hosts.HostRest` is one."""

    @property
    def next_start_at(self) -> datetime:
        """Say when its next slot is."""

    @property
    def not_before_at(self) -> datetime:
        """Say until when it asked to be left alone."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """When, what decided, every bound with its instant, and a sentence for people."""

    at: datetime
    decided_by: Bound | None  #: None for a feed that is not polled
    bounds: tuple[tuple[Bound, datetime], ...]  #: the latest first
    sentence: str


def explain(feed: Feed, rest: Rest, policy: PollPolicy, now: datetime) -> Explanation:
    """Say when the feed is asked next, at the earliest now."""
    if feed.state in STOPPED:
        return Explanation(now, None, (), STOPPED[feed.state])
    due_at, decided_by = feed.next_poll_at or now, feed.bound or Bound.INTERVAL
    holds = {Bound.FLOOR: _floor_at(feed, policy), Bound.HOST: max(rest.not_before_at, rest.next_start_at)}
    at = max(due_at, now)
    for bound, until in holds.items():
        if until is not None and until > at:
            at, decided_by = until, bound
    return Explanation(at, decided_by, _bounds(feed, decided_by, due_at, holds), SENTENCES[decided_by])


def _floor_at(feed: Feed, policy: PollPolicy) -> datetime | None:
    if feed.last_attempt_at is None:
        return None
    return feed.last_attempt_at + timedelta(seconds=floor_seconds(feed, policy))


def _bounds(
    feed: Feed, decided_by: Bound, due_at: datetime, holds: Mapping[Bound, datetime | None]
) -> tuple[tuple[Bound, datetime], ...]:
    """Give each bound's instant; those of the plan count from the attempt, without the jitter."""
    found: dict[Bound, datetime] = {}
    if feed.last_attempt_at is not None:
        for word, seconds in feed.bounds.items():
            if seconds > 0:
                found[Bound(word)] = feed.last_attempt_at + timedelta(seconds=seconds)
    found |= {bound: at for bound, at in holds.items() if at is not None and bound is not Bound.HOST}
    host_at = holds[Bound.HOST]
    if host_at is not None and host_at > due_at:
        found[Bound.HOST] = host_at
    found.setdefault(decided_by, due_at)
    return tuple(sorted(found.items(), key=lambda pair: pair[1], reverse=True))
