"""The jobs that bring an entry to its end: fetch its page, or do without it.

In: an entry's id and token from the queue. Out: an article with its story and alerts, or the entry waiting for
another try, dropped or quarantined; each in one transaction. Trap: whatever cannot be had of the page, the feed's
own text is used, so that a story is late or thin but never missed.
"""

import asyncio
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from config.settings import Settings
from pipeline.accept import Accepted, accept
from pipeline.alerts import SubscriptionIndex
from pipeline.articles import Extractor, article_from_feed
from pipeline.errors import Failure, StorywatchError, Transient
from pipeline.model import Article, EntryState, FetchTask, Reason, Sketch, Validators
from pipeline.store import entries, page_checks
from pipeline.store.database import Database
from pipeline.store.durations import Timed
from pipeline.store.page_checks import Planned
from pipeline.stories import sketch
from pipeline.transport import Transport
from workers.clock import Clock, utc_now
from workers.concurrent import JobFunction
from workers.crash_notes import note_crash
from workers.current_index import CurrentIndex
from workers.insisting import Insisting
from workers.lanes import FETCH_PAGE, QUARANTINE_PAGE
from workers.limits import lease_seconds, pace_of, page_timeout_seconds
from workers.outcomes import Outcome, Step, page_outcome
from workers.page_again import PagesAgain
from workers.page_reading import Lesson, PageRead, PageReader, learn
from workers.timing import TIMING

log = structlog.get_logger(__name__)

NO_VALIDATORS = Validators()


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
        self._index = index
        self._settings = settings
        self._holder = holder
        self._clock = clock
        self._insisting = Insisting(database, "page_note_waits", clock)
        self._lease_seconds = lease_seconds(page_timeout_seconds(settings))
        self._window = timedelta(hours=settings.stories.window_hours)
        self._reader = PageReader(database, transport, extractor, settings, clock)
        self._again = PagesAgain(database, self._reader, index, settings, clock)

    @property
    def functions(self) -> dict[str, JobFunction]:
        """Give the allow-list for the worker."""
        return {FETCH_PAGE: self.fetch_page, QUARANTINE_PAGE: self.quarantine_page}

    async def fetch_page(self, entry_id: int, token: int) -> None:
        """Work on one entry if the token still holds.

        Raises StoreUnavailable if the store is away at the start, or for as long as the lease lasts; the row is then
        the sweeper's. So it is after an exception nobody foresaw, whose traceback is kept.
        """
        pace = pace_of(self._settings)
        task = await self._database.run(
            entries.start, entry_id, token, self._holder, self._clock(), self._lease_seconds, pace
        )
        if task is None:
            return
        try:
            await self._bring_on(task)
        except StorywatchError:
            raise
        except Exception as error:
            await note_crash(self._database, task, error, self._clock())
            raise

    async def _bring_on(self, task: FetchTask) -> None:
        """Fetch the task's page, or look at it again, and store what became of it."""
        if task.article_id is not None:
            await self._again.look(task, task.article_id)
            return
        try:
            with TIMING.measured(Timed.FETCH):
                read = await self._reader.read(task)
        except Failure as failure:
            await self._fail(task, failure)
        except asyncio.CancelledError:
            await self._fail(task, Transient(Reason.TIMED_OUT, "the job was stopped"))
            raise
        else:
            await self._end(task, read, EntryState.DONE, None)

    async def quarantine_page(self, entry_id: int, token: int) -> None:
        """End an entry that crashed its workers, with the feed's text and without touching its page again."""
        task = await self._database.look(entries.task_of, entry_id, token)
        if task is not None and task.article_id is not None:
            await self._again.leave(task, task.article_id)
        elif task is not None:
            await self._end_with_feed(task, EntryState.QUARANTINED, Reason.WORKER_LOST)

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
                await self._insisting.run(self._until(task), _put_back, task, failure, outcome, self._clock())
            case Step.QUARANTINE:
                await self._end_with_feed(task, EntryState.QUARANTINED, outcome.reason)
            case _:
                await self._end_with_feed(task, EntryState.DONE, outcome.reason)

    async def _end_with_feed(self, task: FetchTask, state: EntryState, reason: Reason) -> None:
        await self._end(task, PageRead(article_from_feed(task, reason), NO_VALIDATORS), state, reason)

    async def _end(self, task: FetchTask, read: PageRead, state: EntryState, reason: Reason | None) -> None:
        """Store the article and all that follows from it, or the end of an entry that has none."""
        article = read.article
        if article is None:
            await self._end_without(task, state, reason, read.lesson)
            return
        made = sketch(article.title, article.text, article.language)
        index = await self._index.get()
        now = self._clock()
        planned = self._again.plan(article, read.validators, now) if state is EntryState.DONE else None
        rest = (task, article, made, index, self._window, now)
        accepted = await self._insisting.run(
            self._until(task), _take, *rest, state=state, reason=reason, planned=planned, lesson=read.lesson
        )
        if accepted is not None:
            TIMING.note(Timed.ARTICLE, (now - task.first_seen_at).total_seconds())
        _tell(task, state if accepted else None, reason, accepted)

    async def _end_without(
        self, task: FetchTask, state: EntryState, reason: Reason | None, lesson: Lesson | None
    ) -> None:
        end = state if state is EntryState.QUARANTINED else EntryState.DROPPED
        why = reason if reason and state is EntryState.QUARANTINED else Reason.NO_TEXT
        ours = await self._insisting.run(self._until(task), _finish, task, end, why, lesson, self._clock())
        _tell(task, end if ours else None, why, None)

    def _until(self, task: FetchTask) -> datetime:
        """Say when the lease ends, after which nothing of it can be stored."""
        return task.start_at + timedelta(seconds=self._lease_seconds)


def _take(
    tx: Connection,
    task: FetchTask,
    article: Article,
    made: Sketch,
    index: SubscriptionIndex,
    window: timedelta,
    now: datetime,
    *,
    state: EntryState,
    reason: Reason | None,
    planned: Planned | None,
    lesson: Lesson | None,
) -> Accepted | None:
    """Store an article and all that follows, when its page is looked at again, and what it taught of its host."""
    accepted = accept(tx, task, article, made, index, window, now, state=state, reason=reason)
    if accepted is not None and planned is not None:
        page_checks.plan(tx, task.entry_id, planned)
    if accepted is not None and lesson is not None:
        learn(tx, lesson, now)
    return accepted


def _finish(
    tx: Connection, task: FetchTask, end: EntryState, why: Reason, lesson: Lesson | None, now: datetime
) -> bool:
    """End an entry without an article, and keep what its page taught of its host."""
    ours = entries.finish(tx, task.entry_id, task.token, end, why, now)
    if ours and lesson is not None:
        learn(tx, lesson, now)
    return ours


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
