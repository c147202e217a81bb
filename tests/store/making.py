"""Records for the store's tests: plain ones, with what a test is about given by name."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection

from pipeline.model import (
    Article,
    Entry,
    FeedLease,
    FetchTask,
    Grouping,
    GroupingKind,
    Pace,
    ParsedFeed,
    PollCounts,
    PollResult,
    Sketch,
    TextSource,
    Validators,
)
from pipeline.store import articles, entries, feeds, stories

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PACE = Pace(gap_seconds=1.0, concurrency=2)
NO_PACE = Pace(gap_seconds=0.0, concurrency=1000)
LEASE = 60.0


def after(seconds: float) -> datetime:
    """Give an instant that many seconds after the tests' noon."""
    return NOW + timedelta(seconds=seconds)


def entry(number: int, *, host: str = "outlet.example", **values: Any) -> Entry:
    """Make an entry with a page of its own."""
    plain: dict[str, Any] = {"identity": f"id-{number}", "url": f"https://{host}/{number}", "title": f"Title {number}"}
    return Entry(**(plain | values))


def document(*shown: Entry, **values: Any) -> ParsedFeed:
    """Make a document that shows these entries."""
    plain: dict[str, Any] = {"title": "A feed", "site_url": "", "language": "en", "entries": shown, "format": "rss20"}
    return ParsedFeed(**(plain | values))


def polled(parsed: ParsedFeed | None = None, **values: Any) -> PollResult:
    """Make the result of a poll at noon, to be repeated an hour later."""
    plain: dict[str, Any] = {
        "attempted_at": NOW,
        "next_poll_at": after(3600),
        "validators": Validators(),
        "status": 200,
        "parsed": parsed,
    }
    return PollResult(**(plain | values))


def lease_of(tx: Connection, url: str = "https://feeds.example/rss", now: datetime = NOW) -> FeedLease:
    """Add a feed, or find it, and claim it, due or not."""
    feed = feeds.add(tx, url, now=now)
    if feed.next_poll_at and feed.next_poll_at > now:
        feeds.make_due(tx, feed.id, now)
    leases = feeds.claim_due(tx, now, 1000, LEASE, NO_PACE)
    return next(lease for lease in leases if lease.feed.id == feed.id)


def show(tx: Connection, *shown: Entry, url: str = "https://feeds.example/rss") -> PollCounts:
    """Add a feed and store one poll that shows these entries."""
    counts = feeds.record_poll(tx, lease_of(tx, url), polled(document(*shown)), 24, NOW)
    assert counts is not None
    return counts


def started(tx: Connection, number: int = 1, **values: Any) -> FetchTask:
    """Bring a new entry of a new feed into a worker's hands."""
    show(tx, entry(number, **values), url=f"https://feeds.example/{number}")
    released = entries.release(tx, NOW, 1000, LEASE, NO_PACE)
    tasks = [entries.start(tx, r.id, r.token, "worker-1", NOW, LEASE, NO_PACE) for r in released]
    return next(task for task in tasks if task and task.entry.identity == f"id-{number}")


def article(number: int = 1, **values: Any) -> Article:
    """Make an article."""
    plain: dict[str, Any] = {
        "url": f"https://outlet.example/{number}",
        "title": f"Title {number}",
        "text": "The dam of Velin broke at dawn.",
        "outlet": "outlet.example",
        "language": "en",
        "published_at": NOW,
        "first_seen_at": NOW,
        "text_source": TextSource.PAGE,
    }
    return Article(**(plain | values))


def sketch(text: str = "one", bands: Sequence[int] = (), terms: Mapping[str, int] | None = None) -> Sketch:
    """Make a sketch; equal `text` means the same text."""
    return Sketch(blake2b(text.encode(), digest_size=16).digest(), (1, 2**32 - 1), tuple(bands), terms or {}, 100)


def stored_article(tx: Connection, number: int, made: Sketch, **values: Any) -> int:
    """Store the article of a new entry."""
    return articles.insert(tx, started(tx, number).entry_id, article(number, **values), made, NOW)


def first(tx: Connection, article_id: int) -> int:
    """Begin a story with an article."""
    return stories.place(tx, article_id, Grouping(GroupingKind.FIRST, None, None, 0.0, "nothing like it"), NOW)
