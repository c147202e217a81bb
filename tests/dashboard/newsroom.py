"""A small newsroom in a real database, made by the store's own functions, for pages to show."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import count

from pipeline.alerts import fast_terms
from pipeline.model import (
    Alert,
    Article,
    Entry,
    EntryState,
    Feed,
    FetchTask,
    Grouping,
    GroupingKind,
    Match,
    Pace,
    ParsedFeed,
    PollResult,
    Reason,
    Sketch,
    Span,
    TextSource,
    Validators,
)
from pipeline.store import (
    alerts,
    articles,
    deliveries,
    entries,
    feeds,
    polls,
    processes,
    search,
    stories,
    subscriptions,
)
from pipeline.store.database import Database
from pipeline.urls import registrable_host

PACE = Pace(gap_seconds=0.0, concurrency=1000)
LEASE_SECONDS = 600.0
HOLDER = "newsroom"


@dataclass
class Newsroom:
    """Fills one database as the service would, at instants of the caller's choice."""

    database: Database
    now: datetime
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def feed(self, url: str, title: str = "") -> Feed:
        """Add a feed."""
        with self.database.write() as tx:
            return feeds.add(tx, url, title=title, now=self.now - timedelta(days=30))

    def poll(self, feed: Feed, *shown: Entry, at: datetime | None = None, **result: object) -> None:
        """Store one poll of `feed`; without `reason` it succeeds and shows these entries."""
        at = at or self.now
        plain: dict[str, object] = {"attempted_at": at, "next_poll_at": at + timedelta(hours=1), "status": 200}
        if "reason" not in result:
            plain["parsed"] = ParsedFeed(feed.title, "", "en", shown, "rss20")
        with self.database.write() as tx:
            feeds.make_due(tx, feed.id, at)
            leases = feeds.claim_due(tx, at, 1000, LEASE_SECONDS, PACE)
            lease = next(lease for lease in leases if lease.feed.id == feed.id)
            made = PollResult(validators=Validators(), **(plain | result))  # type: ignore[arg-type]  # named by the test
            assert polls.record_poll(tx, lease, made, 24, at) is not None
            for other in leases:
                if other.feed.id != feed.id:
                    polls.record_poll(tx, other, PollResult(at, at + timedelta(hours=1), Validators(), 304), 24, at)

    def entry(self, url: str, title: str, at: datetime) -> Entry:
        """Make an entry as a feed would show it."""
        return Entry(identity=url, url=url, title=title, published_at=at)

    def take(self, limit: int, at: datetime) -> list[FetchTask]:
        """Release waiting entries and take them in hand."""
        with self.database.write() as tx:
            released = entries.release(tx, at, limit, LEASE_SECONDS, PACE)
            started = [entries.start(tx, one.id, one.token, HOLDER, at, LEASE_SECONDS, PACE) for one in released]
        return [task for task in started if task]

    def article(
        self, task: FetchTask, text: str, at: datetime, grouping: Grouping | None = None, **changes: object
    ) -> tuple[int, int]:
        """Store the article of `task` and finish its entry; gives the ids of article and story."""
        plain: dict[str, object] = {
            "url": task.entry.url,
            "title": task.entry.title,
            "text": text,
            "outlet": registrable_host(task.entry.url) or "unknown",
            "language": "en",
            "published_at": at,
            "first_seen_at": at,
            "text_source": TextSource.PAGE,
        }
        article = Article(**(plain | changes))  # type: ignore[arg-type]  # named by the test
        sketch = Sketch(blake2b(text.encode(), digest_size=16).digest(), (), (), {}, len(text.split()))
        chosen = grouping or Grouping(GroupingKind.FIRST, None, None, 0.0, "Nothing in the last 72 hours was like it.")
        with self.database.write() as tx:
            article_id = articles.insert(tx, task.entry_id, article, sketch, at)
            search.add(tx, article_id, fast_terms(article.title), fast_terms(article.text))
            story_id = stories.place(tx, article_id, chosen, at)
            assert entries.finish(tx, task.entry_id, task.token, EntryState.DONE, None, at)
        return article_id, story_id

    def publish(
        self, feed: Feed, title: str, text: str, at: datetime, grouping: Grouping | None = None
    ) -> tuple[int, int]:
        """Show one entry in `feed` and bring it all the way; gives the ids of article and story."""
        url = f"https://{feed.host}/{next(self._numbers)}"
        self.poll(feed, self.entry(url, title, at), at=at)
        [task] = [task for task in self.take(1000, at) if task.entry.url == url]
        return self.article(task, text, at, grouping)

    def subscription(self, name: str, query: str, *channels: str) -> int:
        """Add a subscription."""
        with self.database.write() as tx:
            return subscriptions.add(tx, name, query, channels, self.now).id

    def alert(self, subscription_id: int, article_id: int, passage: str, matched: Sequence[str], at: datetime) -> Alert:
        """Raise an alert."""
        match = Match(subscription_id, (Span("text", 0, 1),))
        with self.database.write() as tx:
            stored = articles.get(tx, article_id)
            assert stored.story_id is not None
            raised = alerts.raise_for(tx, match, article_id, stored.article, stored.story_id, passage, matched, at)
        assert raised is not None
        return raised

    def deliver(self, alert: Alert, at: datetime, **parked: Reason) -> None:
        """Send the alert on each of its channels, or park it on those named."""
        with self.database.write() as tx:
            for one in deliveries.release(tx, at, 1000, LEASE_SECONDS):
                task = deliveries.start(tx, one.id, one.token, HOLDER, at, LEASE_SECONDS)
                assert task is not None
                if task.channel in parked:
                    deliveries.park(tx, one.id, one.token, parked[task.channel], "", at)
                elif task.notice.id == alert.id:
                    deliveries.sent(tx, one.id, one.token, at, "200")

    def beat(self, kind: str, at: datetime, **detail: object) -> None:
        """Write a heartbeat of one process of `kind`."""
        with self.database.write() as tx:
            processes.beat(tx, f"{kind}@host:{800 + next(self._numbers)}", kind, 800, at, detail)
