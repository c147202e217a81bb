"""Tell where news fails to come in: a feed that is silent, dead or too short, a host or a part of the list that fell.

In: feeds as stored, counts of two stretches of time, what is open already. Out: `Finding`s with their evidence, and
which incidents are over. Pure; hides nothing. Trap: everything is compared with its own past, so what was always poor
is no incident; and what closes one lies apart from what opens it, so that nothing flutters.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.feeds import rhythm
from pipeline.masking import masked_text, masked_url
from pipeline.model import CoverageKind, Feed, FeedState, Finding, MovedFeed

QUIET_ENTRIES = 12.0  # expected since the last one: at that, silence is no chance any more, even where entries bunch
QUIET_TIME = timedelta(hours=24)  # no day off counts as silence
QUIET_KNOWN = 10.0  # entries the rhythm must rest on
DEAD_TIME = timedelta(days=3)
GAP_TIME = timedelta(hours=24)
MOVED_TIME = timedelta(hours=24)
MOVED_LATELY = timedelta(hours=12)  # less than the time that it is news, or it would be told again
RECENT_LEAST = 20  # articles: below it a share is chance
PAST_LEAST = 50
FELL_TO, BACK_TO = 0.5, 0.8  # of the past yield of a host
SHARE_FELL_TO, SHARE_BACK_TO = 0.2, 0.5  # of the past share of a folder or language; weekends halve some


@dataclass(frozen=True, slots=True)
class Tally:
    """Articles of one subject in two stretches: the last two days, and the two weeks before."""

    recent: int
    past: int
    recent_good: int = 0  #: with text of the page itself
    past_good: int = 0


def findings(
    feeds: list[Feed], tallies: Mapping[CoverageKind, Mapping[str, Tally]], now: datetime
) -> Iterator[Finding]:
    """Give everything that is wrong now."""
    for feed in feeds:
        yield from feed_findings(feed, now)
    for host, tally in tallies.get(CoverageKind.HOST_YIELD, {}).items():
        if tally.recent >= RECENT_LEAST and tally.past >= PAST_LEAST and _yield_ratio(tally) < FELL_TO:
            yield Finding(CoverageKind.HOST_YIELD, host, _yield_words(host, tally))
    for kind in (CoverageKind.FOLDER_SHARE, CoverageKind.LANGUAGE_SHARE):
        found = tallies.get(kind, {})
        for name, tally in found.items():
            expected = _expected(tally, found)
            if tally.past >= PAST_LEAST and expected >= RECENT_LEAST and tally.recent < SHARE_FELL_TO * expected:
                yield Finding(kind, name, _share_words(kind, name, tally, expected))


def move_findings(moved: Iterable[MovedFeed]) -> Iterator[Finding]:
    """Tell of feeds that took another address by themselves: whoever watches them should know, and may object."""
    for one in moved:
        old, new = masked_url(one.old_url), masked_url(one.new_url)
        joined = f", which feed {one.joined_feed_id} has already: the two are one" if one.joined_feed_id else ""
        words = (
            f"“{one.title or old}” moved for good from {old} to {new}{joined}. "
            f"storywatch feeds move-back {one.feed_id} takes it back."
        )
        yield Finding(CoverageKind.FEED_MOVED, one.old_url, words, one.feed_id)


def is_over(
    kind: CoverageKind,
    subject: str,
    opened_at: datetime,
    feeds: Mapping[str, Feed],
    tallies: Mapping[CoverageKind, Mapping[str, Tally]],
    now: datetime,
) -> bool:
    """Tell whether an open incident has recovered; what is watched no longer has. A move is news for a day."""
    if kind is CoverageKind.FEED_MOVED:
        return now - opened_at >= MOVED_TIME
    if kind in {CoverageKind.FEED_QUIET, CoverageKind.FEED_DEAD, CoverageKind.FEED_GAPS}:
        feed = feeds.get(subject)
        return feed is None or feed.state is FeedState.PAUSED or _feed_is_back(kind, feed, opened_at, now)
    found = tallies.get(kind, {})
    tally = found.get(subject)
    if tally is None or not tally.past:
        return True
    if kind is CoverageKind.HOST_YIELD:
        return tally.recent >= RECENT_LEAST and _yield_ratio(tally) >= BACK_TO
    return tally.recent >= SHARE_BACK_TO * _expected(tally, found)


def feed_findings(feed: Feed, now: datetime) -> Iterator[Finding]:
    """Give what is wrong with one feed: at most that it is dead, or that it is quiet, and that entries are missed."""
    if feed.state is FeedState.PAUSED:
        return
    subject = feed.url
    since = feed.last_success_at or feed.added_at
    if feed.state is FeedState.GONE:
        yield Finding(CoverageKind.FEED_DEAD, subject, f"{_name(feed)} says that it is gone for good (410)", feed.id)
    elif feed.error_count >= 3 and now - since > DEAD_TIME:
        days = (now - since).total_seconds() / 86_400
        words = (
            f"{_name(feed)} could not be read for {days:.0f} days, {feed.error_count} times in a row: "
            f"{masked_text(feed.last_error)}"
        )
        yield Finding(CoverageKind.FEED_DEAD, subject, words, feed.id)
    elif expected := _expected_meanwhile(feed, now):
        words = (
            f"{_name(feed)} has brought nothing new since {_instant(expected.since)}; as it usually publishes, "
            f"{expected.entries:.0f} entries were to be expected. It answers, last at {_instant(since)}."
        )
        yield Finding(CoverageKind.FEED_QUIET, subject, words, feed.id)
    if feed.gap_at is not None and now - feed.gap_at < GAP_TIME and feed.gap_count > 1:
        words = (
            f"{_name(feed)} publishes faster than it may be asked: {feed.gap_count} times a whole document was new, "
            f"last at {_instant(feed.gap_at)}. Set an interval of its own: storywatch feeds add --interval."
        )
        yield Finding(CoverageKind.FEED_GAPS, subject, words, feed.id)


@dataclass(frozen=True, slots=True)
class _Expected:
    since: datetime
    entries: float


def _expected_meanwhile(feed: Feed, now: datetime) -> _Expected | None:
    """Say how many entries were expected since the last, if so many that their absence means something."""
    known = rhythm.from_text(feed.rhythm) if feed.rhythm else None
    until = min(feed.last_success_at or feed.added_at, now)
    if known is None or sum(known.day_counts) < QUIET_KNOWN:
        return None
    since = rhythm.last_learned(known)
    if until - since < QUIET_TIME:
        return None
    entries = rhythm.usual_entries(known, until)
    return _Expected(since, entries) if entries >= QUIET_ENTRIES else None


def _feed_is_back(kind: CoverageKind, feed: Feed, opened_at: datetime, now: datetime) -> bool:
    if kind is CoverageKind.FEED_DEAD:
        return feed.state is FeedState.ACTIVE and not feed.error_count and feed.last_success_at is not None
    if kind is CoverageKind.FEED_GAPS:
        return feed.gap_at is None or now - feed.gap_at >= GAP_TIME
    known = rhythm.from_text(feed.rhythm) if feed.rhythm else None
    return known is None or rhythm.last_learned(known) > opened_at


def _yield_ratio(tally: Tally) -> float:
    recent, past = tally.recent_good / max(tally.recent, 1), tally.past_good / max(tally.past, 1)
    return recent / past if past else 1.0


def _yield_words(host: str, tally: Tally) -> str:
    return (
        f"{tally.recent_good} of the last {tally.recent} pages of {host} gave their text, "
        f"{tally.past_good} of {tally.past} in the two weeks before; the others fell back to what the feed says."
    )


def _expected(tally: Tally, found: Mapping[str, Tally]) -> float:
    """Say how many articles a subject would have had now with the share it had."""
    past, recent = (sum(getattr(each, name) for each in found.values()) for name in ("past", "recent"))
    return recent * tally.past / past if past else 0.0


def _share_words(kind: CoverageKind, name: str, tally: Tally, expected: float) -> str:
    what = "language" if kind is CoverageKind.LANGUAGE_SHARE else "folder"
    return (
        f"The {what} “{name or 'none'}” has {tally.recent} articles of the last two days; with its share of the two "
        f"weeks before, {expected:.0f} were to be expected."
    )


def _name(feed: Feed) -> str:
    address = masked_url(feed.url)
    return f"“{feed.title}” ({address})" if feed.title else address


def _instant(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M UTC")
