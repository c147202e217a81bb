"""Decide when a feed is asked again after it answered.

In: the feed as this poll leaves it, the owner's policy, a source of chance. Out: a `NextPoll`, which says why. Hides
the arithmetic of politeness. Trap: every wait counts from the attempt, never from the plan, so that a late poller
and a restart cannot bring two requests closer together than the floor (checklist F6).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from pipeline.model import Bound, Feed, NextPoll

JITTER = 0.1  # of the interval, either way: feeds that met once drift apart (checklist F18)
OWNERS_FLOOR_SECONDS = 300.0  # the owner may poll one feed more often than the floor, but not below this
FIRST_POLLS_PER_SECOND = 5.0  # ten feeds that begin together do so within two seconds
SPREAD_SHARE = 0.4  # of its own interval is the longest that a feed waits so; no minute then gets thrice its share
MOST_DOUBLINGS = 30
LONGEST_SLEEP = timedelta(days=8)  # a week of skipDays that leave no day is read as none


@dataclass(frozen=True, slots=True)
class PollPolicy:
    """What the owner allows; `config.settings.FeedSettings` says what the fields mean."""

    interval_seconds: float = 3600.0
    floor_seconds: float = 1800.0
    ceiling_seconds: float = 86_400.0
    entry_limit: int = 2000
    feed_bytes: int = 10_000_000
    archive_pages: int = 5  #: older pages followed at the first import and after a gap; 0 for none
    gone_seconds: float = 86_400.0  #: 410 must be seen again this much later before it is believed
    unconditional_seconds: float = 86_400.0  #: what a quiet feed without validators and freshness comes to
    undead_seconds: float = 30 * 86_400.0  #: without any success, before a feed is given up to rare checks
    adaptive: bool = False
    longest_seconds: float = 14_400.0  #: that a feed's own rhythm may make of the interval
    pushed_seconds: float = 21_600.0  #: between two polls of a feed that a trusted hub pushes


#: Gives the seconds that a feed is wished to wait after an answer; the bounds here only lengthen it.
Wish = Callable[[Feed, PollPolicy], float]


def interval_seconds(feed: Feed, policy: PollPolicy) -> float:
    """Give the usual time between two polls: the owner's for this feed, else the policy's."""
    return policy.interval_seconds if feed.interval_seconds is None else float(feed.interval_seconds)


def floor_seconds(feed: Feed, policy: PollPolicy) -> float:
    """Give the least time between two requests; an interval that the owner set for this feed may lower it."""
    if feed.interval_seconds is None:
        return policy.floor_seconds
    return min(policy.floor_seconds, max(float(feed.interval_seconds), OWNERS_FLOOR_SECONDS))


def after_answer(
    feed: Feed, policy: PollPolicy, attempted_at: datetime, random: Random, wish: Wish = interval_seconds
) -> NextPoll:
    """Say when to ask again after a 200 or a 304; `feed` carries what this answer said.

    The wished wait with its jitter, but not before any bound of `answer_bounds`; then out of the hours and days in
    which the feed does not want to be read.
    """
    wished = wish(feed, policy)
    bounds = {Bound.INTERVAL: wished, **answer_bounds(feed, policy)}
    least = max(seconds for bound, seconds in bounds.items() if bound is not Bound.INTERVAL)
    chosen = wished * random.uniform(1 - JITTER, 1 + JITTER)
    wait = max(chosen, least * random.uniform(1, 1 + JITTER))
    decided_by = max(bounds, key=lambda bound: bounds[bound])  # of equals the mildest, which stands first
    planned = attempted_at + timedelta(seconds=wait)
    at = _outside(feed, planned, random)
    if at != planned:
        decided_by, bounds = Bound.SKIPPED, {**bounds, Bound.SKIPPED: (at - attempted_at).total_seconds()}
    return NextPoll(at, decided_by, bounds, wait - max(wished, least))


def answer_bounds(feed: Feed, policy: PollPolicy) -> Mapping[Bound, float]:
    """Give every lower bound for the wait after an answer, in seconds.

    Freshness (F10) and what the document declares (F31) are capped at the ceiling. What the owner set for this feed
    overrules the document and the rule for servers without validators.
    """
    owned = feed.interval_seconds is not None
    return {
        Bound.FLOOR: floor_seconds(feed, policy),
        Bound.DECLARED: 0.0 if owned else min(feed.minimum_interval_seconds, policy.ceiling_seconds),
        Bound.FRESHNESS: min(feed.fresh_seconds, policy.ceiling_seconds),
        Bound.UNCONDITIONAL: 0.0 if owned else unconditional_seconds(feed, policy),
    }


def unconditional_seconds(feed: Feed, policy: PollPolicy) -> float:
    """Give the least wait at a server that offers neither validators nor freshness: every answer is a whole one.

    While its answers bring something new none was wasted, so nothing is added; each quiet one doubles the wait, up
    to a request a day (checklist F6; docs/decisions say why not at once).
    """
    offered = feed.validators.etag or feed.validators.last_modified or feed.fresh_seconds
    if offered or not feed.quiet_count:
        return 0.0
    doubled = interval_seconds(feed, policy) * 2.0 ** min(feed.quiet_count, MOST_DOUBLINGS)
    return min(doubled, max(policy.unconditional_seconds, floor_seconds(feed, policy)))


def _outside(feed: Feed, at: datetime, random: Random) -> datetime:
    """Move an instant out of the hours and days (UTC) in which the feed sleeps, to somewhere in the next open hour."""
    moved = at.astimezone(UTC)
    while _sleeps(feed.skip_hours, moved.hour, 24) or _sleeps(feed.skip_days, moved.weekday(), 7):
        moved = moved.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        if moved - at > LONGEST_SLEEP:
            return at
    return at if moved == at else moved + timedelta(minutes=random.uniform(0, 60))


def _sleeps(skipped: Sequence[int], unit: int, count: int) -> bool:
    return unit in skipped and len(skipped) < count


def spread_seconds(intervals: Sequence[float], random: Random) -> list[float]:
    """Give for feeds of these intervals that begin together how long the poll of each waits (checklist F18).

    Evenly over the time that `FIRST_POLLS_PER_SECOND` takes, but at most over `SPREAD_SHARE` of its own interval, each
    a little off its place: the more feeds and the shorter their intervals, the more come in a second.
    """
    count = len(intervals)
    steps = (min(1 / FIRST_POLLS_PER_SECOND, SPREAD_SHARE * seconds / count) for seconds in intervals)
    return [(place + random.uniform(0, 1)) * step for place, step in enumerate(steps)]
