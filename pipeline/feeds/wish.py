"""Say how long a feed that answered is wished to wait: the owner's word, a hub's push, its own rhythm, or the usual.

In: the feed as this answer left it, `last_attempt_at` being this attempt, and the policy. Out: seconds. Pure; hides
nothing. Trap: this is only a wish; the bounds of `pipeline.feeds.schedule` lengthen it.
"""

from pipeline.feeds import rhythm
from pipeline.feeds.schedule import PollPolicy, interval_seconds
from pipeline.model import Feed


def wished_seconds(feed: Feed, policy: PollPolicy) -> float:
    """Give the wait that suits the feed (checklist F32, F37)."""
    usual, at = interval_seconds(feed, policy), feed.last_attempt_at
    if at is None:
        return usual
    if feed.push_until is not None and at < feed.push_until:
        return max(usual, min(policy.pushed_seconds, policy.ceiling_seconds))
    if feed.interval_seconds is not None or not policy.adaptive or not feed.rhythm:
        return usual
    known = rhythm.from_text(feed.rhythm)
    if known is None:
        return usual
    longest = max(policy.longest_seconds, usual)
    bounds = rhythm.Bounds(usual / 3600, policy.floor_seconds / 3600, longest / 3600)
    return rhythm.wait_hours(known, at, bounds) * 3600
