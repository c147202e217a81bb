"""Decide when a feed is asked again after it failed, when it is given up, and when its host is left alone.

In: the feed as stored, the failure, the owner's policy, a source of chance. Out: a `NextPoll`, which says why. Hides
how much each kind of failure weighs. Trap: a feed is never forgotten: whatever it answers, it is looked at again
within a month, but for two 410 in a row (checklist F11, F12).
"""

from datetime import datetime, timedelta
from random import Random

from pipeline.errors import Permanent, Transient
from pipeline.feeds.schedule import MOST_DOUBLINGS, PollPolicy, floor_seconds, interval_seconds
from pipeline.model import Bound, Feed, NextPoll, Reason

RETRY_AFTER_CAP_SECONDS = 7 * 86_400.0  # what asks for longer is a mistake (checklist F8)

# A name server or a server that falters is mostly back within the hour; a host that does not answer takes longer; what
# is refused, missing or no feed at all needs somebody to mend it. An hour's outage may not cost a feed its day.
WEIGHTS = {
    Reason.NAME_TEMPORARY: 0.25,
    Reason.HTTP_TEMPORARY: 0.25,
    Reason.HTTP_THROTTLED: 0.25,
    Reason.CONNECTION_FAILED: 0.5,
    Reason.TIMED_OUT: 0.5,
    Reason.TRUNCATED: 0.5,
    Reason.TLS_FAILED: 0.5,
}
HARD_WEIGHT = 1.0
HARD_CEILINGS = 7  # what needs mending may wait a week, the rest one ceiling
UNDEAD_SCORE = 10.0  # ten failures that need mending, forty that should pass
UNDEAD_WAIT_SECONDS = (14 * 86_400.0, 28 * 86_400.0)  # twice a month: sites do come back after a year


def weight(reason: Reason) -> float:
    """Give how much one failure counts."""
    return WEIGHTS.get(reason, HARD_WEIGHT)


def score_after(feed: Feed, reason: Reason) -> float:
    """Give the feed's score with this failure."""
    return feed.error_score + weight(reason)


def after_failure(
    feed: Feed, policy: PollPolicy, attempted_at: datetime, failure: Transient | Permanent, random: Random
) -> NextPoll:
    """Say when to ask again after a failure; `feed.error_score` holds the failures in a row before this one.

    Floor plus full jitter under a bound that doubles with each point of the score up to its cap (checklist F11);
    not before Retry-After. The first 410 waits until a second one would be believed.
    """
    bounds = {Bound.FLOOR: floor_seconds(feed, policy), Bound.BACK_OFF: back_off_seconds(feed, policy, failure.reason)}
    wait = bounds[Bound.FLOOR] + random.uniform(0, bounds[Bound.BACK_OFF])
    decided_by, jitter = Bound.BACK_OFF, wait - bounds[Bound.FLOOR]
    if is_undead(feed, policy, failure.reason, attempted_at):
        bounds[Bound.UNDEAD] = UNDEAD_WAIT_SECONDS[0]
        wait = max(bounds[Bound.FLOOR], random.uniform(*UNDEAD_WAIT_SECONDS))
        decided_by, jitter = Bound.UNDEAD, wait - UNDEAD_WAIT_SECONDS[0]
    for bound, seconds in _limits(policy, failure).items():
        bounds[bound] = seconds
        if seconds > wait:
            wait, decided_by, jitter = seconds, bound, 0.0
    return NextPoll(attempted_at + timedelta(seconds=wait), decided_by, bounds, jitter)


def back_off_seconds(feed: Feed, policy: PollPolicy, reason: Reason) -> float:
    """Give the most that chance may add to the floor after a failure for this reason."""
    longest = policy.ceiling_seconds * (HARD_CEILINGS if weight(reason) >= HARD_WEIGHT else 1)
    grown: float = (
        2.0 ** min(score_after(feed, reason), MOST_DOUBLINGS) - 1
    )  # a quarter of a point: a fifth of an interval
    return min(interval_seconds(feed, policy) * grown, longest)


def _limits(policy: PollPolicy, failure: Transient | Permanent) -> dict[Bound, float]:
    asked = rest_seconds(failure)
    limits = {Bound.HOST: asked} if asked else {}
    return limits | ({Bound.GONE: policy.gone_seconds} if failure.reason is Reason.HTTP_GONE else {})


def rest_seconds(failure: Transient | Permanent) -> float | None:
    """Give how long the whole host is to be left alone: what Retry-After asked for, at most a week (checklist F8)."""
    asked = failure.retry_after if isinstance(failure, Transient) else None
    return min(asked, RETRY_AFTER_CAP_SECONDS) if asked is not None and asked > 0 else None


def host_not_before(failure: Transient | Permanent, attempted_at: datetime) -> datetime | None:
    """Say until when nothing of the host may start."""
    asked = rest_seconds(failure)
    return None if asked is None else attempted_at + timedelta(seconds=asked)


def is_gone(feed: Feed, reason: Reason, attempted_at: datetime, policy: PollPolicy) -> bool:
    """Tell whether a 410 is to be believed: it was seen before, long enough ago, and nothing else since (F12)."""
    if reason is not Reason.HTTP_GONE or feed.gone_seen_at is None:
        return False
    return attempted_at - feed.gone_seen_at >= timedelta(seconds=policy.gone_seconds)


def is_undead(feed: Feed, policy: PollPolicy, reason: Reason, attempted_at: datetime) -> bool:
    """Tell whether a feed has failed so often and so long that a look now and then is enough (F11)."""
    since = attempted_at - max(feed.last_success_at or feed.added_at, feed.added_at)
    return score_after(feed, reason) >= UNDEAD_SCORE and since >= timedelta(seconds=policy.undead_seconds)
