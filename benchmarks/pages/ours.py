"""Storywatch over the pages: `storywatch run` with Valkey, SQLite and all services, entries waiting in the store.

In: published pages, the origin that serves them. Out: `Timed`, from the first release to the last end. Everything is
as an operator has it, with two exceptions: the local origin is not spared (no gap between two pages of a host), and the
release is paused until all entries are stored. Trap: processes start for seconds; some pages before the clock runs see
to it that workers and extractors are there.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import groupby
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import func, select

from benchmarks.faults.process_tree import cpu_seconds
from benchmarks.pages.published import Published, made_up
from benchmarks.pages.timed import Timed
from benchmarks.replay.installation import Installation, installed, running, write_files
from benchmarks.replay.origin import Origin
from benchmarks.replay.stored import ENDED
from pipeline.alerts.subscriptions_file import SubscriptionDraft
from pipeline.model import Entry, ParsedFeed, PollResult, TextSource, Validators
from pipeline.store import feeds, pauses, polls
from pipeline.store.database import Database
from pipeline.store.tables import articles, entries, in_state
from workers.clock import utc_now
from workers.queue import PAGES

SUBSCRIPTION_COUNT = 1_000
WARM_COUNT = 16
LONGEST_SECONDS = 1800.0
FEED = "bench.localhost"


async def ours(folder: Path, origin: Origin, pages: Sequence[Published]) -> Timed:
    """Run an installation and let it bring all pages to their end; raises RuntimeError if it does not."""
    drafts = [SubscriptionDraft(f"name {n}", f'"Orla{n} Quenby{n}"', ("log",)) for n in range(SUBSCRIPTION_COUNT)]
    warm = list(made_up(origin.port, WARM_COUNT))
    origin.serve((page.url, "text/html", page.body) for page in [*warm, *pages])
    settings_file = write_files(folder, origin, [], drafts)
    with installed(settings_file) as installation:
        database = installation.database
        async with running(installation) as pid:
            show(database, warm, "warm")
            await _ended(installation, len(warm))
            _pause(database, paused=True)
            show(database, pages, "pages")
            began_cpu = cpu_seconds(pid)
            _pause(database, paused=False)
            await _ended(installation, len(warm) + len(pages))
            cpu = cpu_seconds(pid) - began_cpu
        return _timed(database, len(warm), cpu)


def show(database: Database, pages: Iterable[Published], name: str) -> None:
    """Store the entries that feeds would have shown, one feed for each host."""
    now = utc_now()
    by_host = groupby(sorted(pages, key=_host), key=_host)
    with database.write() as tx:
        for host, group in by_host:
            shown = tuple(Entry(page.url, page.url, page.title, published_at=now) for page in group)
            feed = feeds.add(tx, f"http://{host}/{name}.xml", now=now)
            lease = feeds.claim_new(tx, feed, now, 60)
            assert lease is not None
            parsed = ParsedFeed(host, "", "en", shown, "rss20")
            polls.record_poll(tx, lease, PollResult(now, now + timedelta(days=1), Validators(), 200, parsed), 24, now)


def _host(page: Published) -> str:
    return urlsplit(page.url).netloc


def _pause(database: Database, *, paused: bool) -> None:
    with database.write() as tx:
        pauses.set_paused(tx, PAGES, paused=paused)


async def _ended(installation: Installation, count: int) -> None:
    """Wait until so many entries have ended."""
    if not await installation.until(lambda store: _ended_count(store) >= count, LONGEST_SECONDS):
        raise RuntimeError(f"not all of {count} entries ended; see {installation.log_file}")


def _ended_count(database: Database) -> int:
    with database.read() as tx:
        wanted = select(func.count()).select_from(entries).where(in_state(entries, *ENDED))
        return int(tx.execute(wanted).scalar_one())


def _timed(database: Database, warm_count: int, cpu: float) -> Timed:
    """Read the instants that the store keeps of every entry after the first ones."""
    seen = select(entries.c.id).order_by(entries.c.id).offset(warm_count)
    of_these = entries.c.id.in_(seen.scalar_subquery())
    span = select(func.count(), func.min(entries.c.queued_at), func.max(entries.c.finished_at)).where(of_these)
    from_page = select(func.count()).select_from(articles).where(articles.c.text_source == TextSource.PAGE)
    with database.read() as tx:
        count, first, last = tx.execute(span).one()
        text_count = tx.execute(from_page).scalar_one() - warm_count
    return Timed(count, text_count, (last - first).total_seconds(), cpu)
