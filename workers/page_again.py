"""Look at an article's page again, and take in what changed.

In: a task whose entry has its article. Out: a revision, or the entry done as before. Trap: a look that fails is over
and not tried again, whatever the failure: the article is there, and the next look is planned or comes with the feed's
next change.
"""

import asyncio
from datetime import datetime, timedelta

import structlog

from config.settings import Settings
from pipeline.articles import article_from_feed
from pipeline.articles.edits import cause_of, newer, next_look_at
from pipeline.errors import Failure
from pipeline.model import Article, FetchTask, Validators
from pipeline.revise import Edit, revise
from pipeline.store import articles, updates
from pipeline.store.articles import StoredArticle
from pipeline.store.database import Database
from pipeline.store.page_checks import Planned
from pipeline.stories import sketch
from workers.clock import Clock
from workers.current_index import CurrentIndex
from workers.insisting import Insisting
from workers.limits import lease_seconds, page_timeout_seconds
from workers.page_reading import PageRead, PageReader, heed

log = structlog.get_logger(__name__)


class PagesAgain:
    """Looks at pages again."""

    def __init__(
        self, database: Database, reader: PageReader, index: CurrentIndex, settings: Settings, clock: Clock
    ) -> None:
        self._insisting = Insisting(database, "look_waits", clock)
        self._lease = timedelta(seconds=lease_seconds(page_timeout_seconds(settings)))
        self._reader = reader
        self._index = index
        self._clock = clock
        self._window = timedelta(hours=settings.stories.window_hours)
        self._hours = settings.fetch.look_again_hours

    def plan(self, article: Article, validators: Validators, stored_at: datetime) -> Planned:
        """Say when the page of an article is looked at next, and with what."""
        return Planned(validators, next_look_at(article, stored_at, self._hours, self._clock()))

    async def look(self, task: FetchTask, article_id: int) -> None:
        """Look once, and end the entry; raises StoreUnavailable after its lease, and the row is then the sweeper's."""
        stored = await self._insisting.look(self._until(task), articles.get, article_id)
        try:
            read = await self._reader.read(task)
        except Failure as failure:
            log.info("look_failed", entry_id=task.entry_id, host=task.host, reason=failure.reason, error=str(failure))
            await self._insisting.run(self._until(task), heed, task.host, failure, self._clock())
            read = PageRead(article_from_feed(task, failure.reason), task.validators)
        except asyncio.CancelledError:
            await self._end(task, stored, None, task.validators)
            raise
        await self._end(task, stored, await self._edit(task, stored, read.article), read.validators)

    async def leave(self, task: FetchTask, article_id: int) -> None:
        """End the entry as it was, without touching its page."""
        stored = await self._insisting.look(self._until(task), articles.get, article_id)
        await self._end(task, stored, None, task.validators)

    def _until(self, task: FetchTask) -> datetime:
        """Say when the lease ends, after which nothing of it can be stored."""
        return task.start_at + self._lease

    async def _edit(self, task: FetchTask, stored: StoredArticle, seen: Article | None) -> Edit | None:
        made = newer(stored.article, seen, task.entry.title)
        if made is None:
            return None
        history = await self._insisting.look(self._until(task), updates.history, task.entry_id)
        feed_changed = any(one.updated_at > stored.read_at for one in history)
        cause = cause_of(stored.article, made, feed_changed=feed_changed)
        return Edit(made, sketch(made.title, made.text, made.language), cause)

    async def _end(self, task: FetchTask, stored: StoredArticle, edit: Edit | None, validators: Validators) -> None:
        planned = self.plan(stored.article, validators, stored.stored_at)
        index = await self._index.get()
        rest = (task, edit, planned, index, self._window, self._clock())
        revised = await self._insisting.run(self._until(task), revise, *rest)
        if revised is None:
            log.info("entry_no_longer_ours", entry_id=task.entry_id)
        elif edit is None:
            log.info("page_unchanged", entry_id=task.entry_id, host=task.host)
        else:
            told = {"number": revised.number, "cause": edit.cause, "alerts": len(revised.alerts)}
            log.info("article_revised", article_id=revised.article_id, host=task.host, **told)
