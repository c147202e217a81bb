"""Decide when a feed is asked again.

In: the feed as stored, what this poll came to, the owner's policy, a source of chance. Out: instants. Hides the
arithmetic of politeness. Trap: every wait counts from the attempt, never from the plan, so that a late poller and a
restart cannot bring two requests closer together than the floor (checklist F6).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from pipeline.errors import Permanent, Transient
from pipeline.model import Feed, Reason

JITTER = 0.1  # of the interval, either way: feeds that met once drift apart (checklist F18)
OWNERS_FLOOR_SECONDS = 300.0  # the owner may poll one feed more often than the floor, but not below this
RETRY_AFTER_CAP_SECONDS = 7 * 86_400.0  # what asks for longer is a mistake (checklist F8)
FIRST_POLLS_PER_SECOND = 5.0  # 10,000 imported feeds begin over 33 minutes; ten begin within two seconds

# Failing names and hosts mostly come back within the hour; what is refused, missing or no feed at all needs somebody
# to mend it. So the first failure of the former costs at most a quarter of an interval, and later ones up to a day
# with the usual ceiling; of the latter a whole one, and up to a week.
SOFT_REASONS = frozenset(
    {
        Reason.NAME_TEMPORARY,
        Reason.CONNECTION_FAILED,
        Reason.TIMED_OUT,
        Reason.TRUNCATED,
        Reason.HTTP_TEMPORARY,
        Reason.HTTP_THROTTLED,
    }
)
SOFT_WEIGHT = 0.25
HARD_CEILINGS = 7
MOST_DOUBLINGS = 30


@dataclass(frozen=True, slots=True)
class PollPolicy:
    """What the owner allows; `config.settings.FeedSettings` says what the fields mean."""

    interval_seconds: float = 3600.0
    floor_seconds: float = 1800.0
    ceiling_seconds: float = 86_400.0
    entry_limit: int = 2000
    feed_bytes: int = 10_000_000
    gone_seconds: float = 86_400.0  #: 410 must be seen again this much later before it is believed


def interval_seconds(feed: Feed, policy: PollPolicy) -> float:
    """Give the usual time between two polls: the owner's for this feed, else the policy's."""
    return policy.interval_seconds if feed.interval_seconds is None else float(feed.interval_seconds)


def floor_seconds(feed: Feed, policy: PollPolicy) -> float:
    """Give the least time between two requests; an interval that the owner set for this feed may lower it."""
    if feed.interval_seconds is None:
        return policy.floor_seconds
    return min(policy.floor_seconds, max(float(feed.interval_seconds), OWNERS_FLOOR_SECONDS))


def after_answer(
    feed: Feed, policy: PollPolicy, attempted_at: datetime, fresh_seconds: float, random: Random
) -> datetime:
    """Say when to ask again after a 200 or a 304.

    The interval with its jitter, but not before floor, freshness and what the document declared (`feed` carries the
    newest word); the last two are capped at the ceiling. What the owner set for this feed overrules the document.
    """
    declared = feed.minimum_interval_seconds if feed.interval_seconds is None else 0
    bound = max(floor_seconds(feed, policy), min(max(fresh_seconds, declared), policy.ceiling_seconds))
    chosen = interval_seconds(feed, policy) * random.uniform(1 - JITTER, 1 + JITTER)
    wait = max(chosen, bound * random.uniform(1, 1 + JITTER))
    return _outside(feed.skip_hours, attempted_at + timedelta(seconds=wait), random)


def _outside(hours: Sequence[int], at: datetime, random: Random) -> datetime:
    """Move an instant out of the hours in which the feed does not want to be read, to somewhere in the next one."""
    moved = at.astimezone(UTC)
    while moved.hour in hours and len(hours) < 24:
        moved = moved.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return at if moved == at else moved + timedelta(minutes=random.uniform(0, 60))


def after_failure(
    feed: Feed, policy: PollPolicy, attempted_at: datetime, failure: Transient | Permanent, random: Random
) -> datetime:
    """Say when to ask again after a failure; `feed.error_count` counts the failures in a row before this one.

    Floor plus full jitter under a bound that doubles with each failure up to its cap, so that it thins out but
    never ends (checklist F11); not before Retry-After. The first 410 waits until a second one is believed.
    """
    is_soft = failure.reason in SOFT_REASONS
    first = interval_seconds(feed, policy) * (SOFT_WEIGHT if is_soft else 1)
    longest = policy.ceiling_seconds * (1 if is_soft else HARD_CEILINGS)
    bound = min(first * 2.0 ** min(feed.error_count, MOST_DOUBLINGS), longest)
    wait = floor_seconds(feed, policy) + random.uniform(0, bound)
    if failure.reason is Reason.HTTP_GONE:
        wait = max(wait, policy.gone_seconds)
    host_at = host_not_before(failure, attempted_at)
    return max(filter(None, (attempted_at + timedelta(seconds=wait), host_at)))


def host_not_before(failure: Transient | Permanent, attempted_at: datetime) -> datetime | None:
    """Say until when the whole host is left alone: what Retry-After asked for, at most a week (checklist F8)."""
    asked = failure.retry_after if isinstance(failure, Transient) else None
    if asked is None or asked <= 0:
        return None
    return attempted_at + timedelta(seconds=min(asked, RETRY_AFTER_CAP_SECONDS))


def is_gone(feed: Feed, reason: Reason, attempted_at: datetime, policy: PollPolicy) -> bool:
    """Tell whether a 410 is to be believed: it was seen before, long enough ago, and nothing else since (F12)."""
    if reason is not Reason.HTTP_GONE or feed.gone_seen_at is None:
        return False
    return attempted_at - feed.gone_seen_at >= timedelta(seconds=policy.gone_seconds)


def spread_seconds(count: int, policy: PollPolicy, random: Random) -> list[float]:
    """Give for each of `count` feeds added together how long its first poll waits (checklist F18).

    Evenly over the time that `FIRST_POLLS_PER_SECOND` takes, at most one interval, each a little off its place.
    """
    step = min(1 / FIRST_POLLS_PER_SECOND, policy.interval_seconds / max(count, 1))
    return [(place + random.uniform(0, 1)) * step for place in range(count)]
