"""The jobs that bring an entry to its end: fetch its page, or do without it.

In: an entry's id and token from the queue. Out: an article with its story and alerts, or the entry waiting for
another try, dropped or quarantined; each in one transaction. Trap: whatever cannot be had of the page, the feed's
own text is used, so that a story is late or thin but never missed.
"""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from config.settings import Settings
from pipeline.accept import Accepted, accept
from pipeline.articles import Extractor, Hint, article_from_feed, article_from_page, decode
from pipeline.errors import Failure, Permanent, Transient
from pipeline.model import Article, EntryState, Extract, FetchTask, Reason, Response
from pipeline.store import entries
from pipeline.store.database import Database
from pipeline.stories import sketch
from pipeline.transport import Transport, failure_of_status
from workers.clock import Clock, utc_now
from workers.concurrent import JobFunction
from workers.current_index import CurrentIndex
from workers.lanes import FETCH_PAGE, QUARANTINE_PAGE, lease_seconds, pace_of, page_timeout_seconds
from workers.outcomes import Outcome, Step, page_outcome
from workers.robots import RobotsGate

log = structlog.get_logger(__name__)

ACCEPT = "text/html,application/xhtml+xml;q=0.9,text/plain;q=0.5,*/*;q=0.1"
HTML_TYPES = frozenset({"text/html", "application/xhtml+xml", "application/xml", "text/xml", ""})
PLAIN_TYPE = "text/plain"


class PageJobs:
    """The functions a page worker may run; `holder` is the process's name."""

    def __init__(
        self,
        database: Database,
        transport: Transport,
        extractor: Extractor,
        index: CurrentIndex,
        settings: Settings,
        *,
        holder: str,
        clock: Clock = utc_now,
    ) -> None:
        self._database = database
        self._transport = transport
        self._extractor = extractor
        self._index = index
        self._settings = settings
        self._holder = holder
        self._clock = clock
        self._lease_seconds = lease_seconds(page_timeout_seconds(settings))
        self._window = timedelta(hours=settings.stories.window_hours)
        self._robots = RobotsGate(database, transport, pace_of(settings), clock) if settings.fetch.robots else None

    @property
    def functions(self) -> dict[str, JobFunction]:
        """Give the allow-list for the worker."""
        return {FETCH_PAGE: self.fetch_page, QUARANTINE_PAGE: self.quarantine_page}

    async def fetch_page(self, entry_id: int, token: int) -> None:
        """Work on one entry if the token still holds; raises StoreUnavailable, and the row is then the sweeper's."""
        pace = pace_of(self._settings)
        task = await self._database.run(
            entries.start, entry_id, token, self._holder, self._clock(), self._lease_seconds, pace
        )
        if task is None:
            return
        try:
            article = await self._article(task)
        except Failure as failure:
            await self._fail(task, failure)
        except asyncio.CancelledError:
            await self._fail(task, Transient(Reason.TIMED_OUT, "the job was stopped"))
            raise
        else:
            await self._end(task, article, EntryState.DONE, None)

    async def quarantine_page(self, entry_id: int, token: int) -> None:
        """End an entry that crashed its workers, with the feed's text and without touching its page again."""
        task = await self._database.look(entries.task_of, entry_id, token)
        if task is not None:
            await self._end_with_feed(task, EntryState.QUARANTINED, Reason.WORKER_LOST)

    # The page

    async def _article(self, task: FetchTask) -> Article | None:
        """Fetch and extract; None if neither page nor feed has a word."""
        if not task.entry.url:
            raise Permanent(Reason.URL_REFUSED, "the feed names no page for this entry")
        await asyncio.sleep(max((task.start_at - self._clock()).total_seconds(), 0))
        if self._robots is not None:
            await self._robots.check(task.entry.url, task.host)
        response = await self._transport.get(task.entry.url, max_bytes=self._settings.fetch.page_bytes, accept=ACCEPT)
        failure = failure_of_status(response, self._clock())
        if failure:
            raise failure
        fetched_at = self._clock()
        article = article_from_page(task, await self._extract(task, response), response.url)
        return replace(article, fetched_at=fetched_at) if article else None

    async def _extract(self, task: FetchTask, response: Response) -> Extract:
        content_type = response.headers.get("Content-Type", "")
        kind = media_type(content_type)
        if kind != PLAIN_TYPE and kind not in HTML_TYPES:
            raise Permanent(Reason.NOT_HTML, f"the page is {kind[:80]}", response.status)
        text = decode(response.body, content_type)
        if kind == PLAIN_TYPE:
            return Extract(text=text.strip())
        return await self._extractor.extract(text, response.url, Hint(task.entry.title, task.entry.summary))

    # The end

    async def _fail(self, task: FetchTask, failure: Failure) -> None:
        outcome = page_outcome(failure, task.attempts, task.last_reason, self._settings.worker.attempts)
        log.info(
            "page_failed",
            entry_id=task.entry_id,
            host=task.host,
            step=outcome.step,
            reason=outcome.reason,
            attempts=task.attempts,
            error=str(failure),
        )
        match outcome.step:
            case Step.RETRY:
                await self._database.run(_put_back, task, failure, outcome, self._clock())
            case Step.QUARANTINE:
                await self._end_with_feed(task, EntryState.QUARANTINED, outcome.reason)
            case _:
                await self._end_with_feed(task, EntryState.DONE, outcome.reason)

    async def _end_with_feed(self, task: FetchTask, state: EntryState, reason: Reason) -> None:
        await self._end(task, article_from_feed(task, reason), state, reason)

    async def _end(self, task: FetchTask, article: Article | None, state: EntryState, reason: Reason | None) -> None:
        """Store the article and all that follows from it, or the end of an entry that has none."""
        if article is None:
            await self._end_without(task, state, reason)
            return
        made = sketch(article.title, article.text, article.language)
        index = await self._index.get()
        accepted = await self._database.run(
            accept, task, article, made, index, self._window, self._clock(), state=state, reason=reason
        )
        _tell(task, state if accepted else None, reason, accepted)

    async def _end_without(self, task: FetchTask, state: EntryState, reason: Reason | None) -> None:
        end = state if state is EntryState.QUARANTINED else EntryState.DROPPED
        why = reason if reason and state is EntryState.QUARANTINED else Reason.NO_TEXT
        ours = await self._database.run(entries.finish, task.entry_id, task.token, end, why, self._clock())
        _tell(task, end if ours else None, why, None)


def media_type(content_type: str) -> str:
    """Give the type without its parameters, in lower case; empty if the server named none."""
    return content_type.partition(";")[0].strip().lower()


def _put_back(tx: Connection, task: FetchTask, failure: Failure, outcome: Outcome, now: datetime) -> None:
    """Let the entry wait, and its whole host if that asked for it: Retry-After (F8), or any 429 (F9)."""
    not_before = now + timedelta(seconds=outcome.wait_seconds)
    entries.put_back(tx, task.entry_id, task.token, now, not_before, outcome.reason, str(failure))
    if isinstance(failure, Transient) and failure.retry_after:
        entries.extend_host(tx, task.host, not_before)
    if failure.reason is Reason.HTTP_THROTTLED:
        entries.widen_host(tx, task.host, now)


def _tell(task: FetchTask, state: EntryState | None, reason: Reason | None, accepted: Accepted | None) -> None:
    """Log the end of an entry; None as state means that it was somebody else's by then."""
    if state is None:
        log.info("entry_no_longer_ours", entry_id=task.entry_id)
        return
    story_id = accepted.story_id if accepted else None
    log.info(f"entry_{state}", entry_id=task.entry_id, host=task.host, reason=reason, story_id=story_id)  # noqa: G004 - the word of the state is the word of the log (design D10)
