"""Plan the next poll anew once the store knows which entries of a document were new.

In: the feed as the answer left it, its document, what was new in it. Out: `Replanned`. Pure but for the jitter; hides
nothing. Trap: it is called inside the store's transaction, which may be repeated, so nothing may be kept between calls.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from random import Random

from pipeline.feeds import rhythm
from pipeline.feeds.schedule import PollPolicy, Wish, after_answer, interval_seconds
from pipeline.model import Arrivals, Feed, ParsedFeed, Replanned


def replan(
    feed: Feed, parsed: ParsedFeed, policy: PollPolicy, random: Random, wish: Wish, arrivals: Arrivals
) -> Replanned:
    """Learn from what was new, and say when to ask again (checklist F32); `feed.last_attempt_at` is this attempt.

    Where a whole document had passed since the poll before, the wait is halved until the two share entries again or
    the floor is reached.
    """
    at = feed.last_attempt_at
    if at is None:
        raise ValueError("a feed that was polled has a last attempt")
    learned = learned_text(feed, parsed, arrivals)
    again = replace(feed, rhythm=learned)
    if arrivals.lost and feed.last_success_at is not None and feed.interval_seconds is None:
        half = (at - feed.last_success_at).total_seconds() / 2
        policy, wish = replace(policy, interval_seconds=min(half, policy.interval_seconds)), interval_seconds
    return Replanned(after_answer(again, policy, at, random, wish), learned)


def learned_text(feed: Feed, parsed: ParsedFeed, arrivals: Arrivals) -> str | None:
    """Give the rhythm to store: begun by the first document, as it was if nothing is new."""
    at = feed.last_attempt_at
    known = rhythm.from_text(feed.rhythm) if feed.rhythm else None
    if at is None or (known is not None and not arrivals.published):
        return feed.rhythm
    if known is None:
        dates = [entry.published_at for entry in parsed.entries]
        return rhythm.to_text(rhythm.first_rhythm(dates, at)) if dates else None
    since = min(feed.last_success_at or at, at)
    arrived = [rhythm.believed(date, since, at) for date in arrivals.published]
    return rhythm.to_text(rhythm.learn(known, arrived, len(parsed.entries), at))


def learned_of_push(stored: str, published: Sequence[datetime | None], now: datetime) -> str:
    """Give the rhythm after a hub pushed new entries, as they are dated: they came since anything was learned last.

    A pushed document holds only what is new, so the length of the feed's own stays.
    """
    known = rhythm.from_text(stored)
    if known is None or not published:
        return stored
    since = min(rhythm.last_learned(known), now)
    arrived = [rhythm.believed(date, since, now) for date in published]
    return rhythm.to_text(rhythm.learn(known, arrived, known.window, now))
