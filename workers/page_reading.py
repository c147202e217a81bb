"""Read one page: ask robots.txt, fetch, extract, and put its article together.

In: a `FetchTask`. Out: `PageRead`, or the failure that it ended with. Hides the transport and the extractor, and that
a page which a script would have to fill is asked for in its other build (AMP) too, in a slot of its own. Trap: with
validators in the task the server may answer that nothing changed, and then there is no article. A page that has come is
not lost to a store that is away for a moment.
"""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy import Connection

from config.settings import Settings
from pipeline.articles import Extractor, Hint, article_from_page, decode, find_version, fuller
from pipeline.errors import Failure, Permanent, Transient
from pipeline.model import Article, Extract, FetchTask, Reason, Response, Validators
from pipeline.store import hosts, repeats
from pipeline.store.database import Database
from pipeline.transport import Transport, failure_of_status
from pipeline.urls import registrable_host
from workers.clock import Clock
from workers.insisting import Insisting
from workers.limits import lease_seconds, pace_of, page_timeout_seconds
from workers.outcomes import LONGEST_RETRY_AFTER
from workers.robots import RobotsGate
from workers.turn import wait_for_turn

log = structlog.get_logger(__name__)

ACCEPT = "text/html,application/xhtml+xml;q=0.9,text/plain;q=0.5,*/*;q=0.1"
HTML_TYPES = frozenset({"text/html", "application/xhtml+xml", "application/xml", "text/xml", ""})
PLAIN_TYPE = "text/plain"
_NOT_MODIFIED = 304
_LONGEST_VALIDATOR = 1000
_VERSION_SECONDS = 15.0  # for the other build of a stub, its slot included; the job has its own limit


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a page teaches of its host: what kind it was, and, if an article, the marks of its texts."""

    host: str
    url: str
    kind: str
    marks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PageRead:
    """What a page gave."""

    article: Article | None  #: None: neither page nor feed has a word, or nothing changed
    validators: Validators
    lesson: Lesson | None = None  #: to be kept with the article; None of a page that was read before


class PageReader:
    """Reads pages for the jobs."""

    def __init__(
        self, database: Database, transport: Transport, extractor: Extractor, settings: Settings, clock: Clock
    ) -> None:
        self._insisting = Insisting(database, "page_reading_waits", clock)
        self._lease = timedelta(seconds=lease_seconds(page_timeout_seconds(settings)))
        self._transport = transport
        self._extractor = extractor
        self._clock = clock
        self._page_bytes = settings.fetch.page_bytes
        self._pace = pace_of(settings)
        self._robots = RobotsGate(database, transport, self._pace, clock) if settings.fetch.robots else None

    async def read(self, task: FetchTask) -> PageRead:
        """Fetch and extract at the host's slot; raises Failure."""
        if not task.entry.url:
            raise Permanent(Reason.URL_REFUSED, "the feed names no page for this entry")
        await asyncio.sleep(max((task.start_at - self._clock()).total_seconds(), 0))
        if self._robots is not None:
            await self._robots.check(task.entry.url, task.host, task.start_at + self._lease)
        response = await self._transport.get(
            task.entry.url, max_bytes=self._page_bytes, accept=ACCEPT, validators=task.validators
        )
        failure = failure_of_status(response, self._clock())
        if failure:
            raise failure
        if response.status == _NOT_MODIFIED and task.article_id is not None:
            return PageRead(None, task.validators)
        fetched_at = self._clock()
        host = registrable_host(response.url) or task.host
        extract = await self._extract(task, response, host)
        if version_url := find_version(task.entry, extract, response.url):
            extract = await self._with_version(task, extract, version_url, host)
        article = article_from_page(task, extract, response.url)
        lesson = lesson_of(host, response.url, extract, article) if task.article_id is None else None
        read = replace(article, fetched_at=fetched_at) if article else None
        return PageRead(read, validators_of(response), lesson)

    async def _with_version(self, task: FetchTask, extract: Extract, url: str, host: str) -> Extract:
        """Ask for the same article in its other build; whatever comes of it, the page's own answer holds."""
        try:
            async with asyncio.timeout(_VERSION_SECONDS):
                response = await self._get_version(url, host, task.start_at + self._lease)
            return fuller(task.entry, extract, await self._extract(task, response, host))
        except (Failure, TimeoutError) as error:
            log.info("version_not_read", entry_id=task.entry_id, host=task.host, error=str(error))
            return extract

    async def _get_version(self, url: str, host: str, until: datetime) -> Response:
        await wait_for_turn(partial(self._insisting.run, until), host, self._pace, self._clock())
        if self._robots is not None:
            await self._robots.check(url, host, until)
        response = await self._transport.get(url, max_bytes=self._page_bytes, accept=ACCEPT)
        if failure := failure_of_status(response, self._clock()):
            await self._insisting.run(until, heed, host, failure, self._clock())
            raise failure
        if registrable_host(response.url) != host:
            raise Permanent(Reason.OTHER_PAGE, "the other build leads to another outlet")
        return response

    async def _extract(self, task: FetchTask, response: Response, host: str) -> Extract:
        content_type = response.headers.get("Content-Type", "")
        kind = media_type(content_type)
        if kind != PLAIN_TYPE and kind not in HTML_TYPES:
            raise Permanent(Reason.NOT_HTML, f"the page is {kind[:80]}", response.status)
        text = decode(response.body, content_type)
        if kind == PLAIN_TYPE:
            return Extract(text=text.strip())
        again = task.article_id is not None
        until = task.start_at + self._lease
        repeated = await self._insisting.look(until, repeats.repeated_on, host, response.url, counted=again)
        return await self._extractor.extract(text, response.url, Hint(task.entry.title, task.entry.summary, repeated))


def lesson_of(host: str, url: str, extract: Extract, article: Article | None) -> Lesson:
    """Say what a page teaches of its host."""
    note = article.note if article else Reason.NO_TEXT
    return Lesson(host, url, note.value) if note else Lesson(host, url, repeats.ARTICLE, extract.marks)


def learn(tx: Connection, lesson: Lesson, now: datetime) -> None:
    """Keep what a page taught; in the transaction that ends its entry, so that it is learned once."""
    repeats.note_page(tx, lesson.host, lesson.kind, now)
    if lesson.kind == repeats.ARTICLE:
        repeats.learn(tx, lesson.host, lesson.url, lesson.marks, now)


def heed(tx: Connection, host: str, failure: Failure, now: datetime) -> None:
    """Let a whole host rest if it asked for that: Retry-After (F8), or any 429 (F9)."""
    if isinstance(failure, Transient) and failure.retry_after:
        hosts.extend(tx, host, now + timedelta(seconds=min(failure.retry_after, LONGEST_RETRY_AFTER)))
    if failure.reason is Reason.HTTP_THROTTLED:
        hosts.widen(tx, host, now)


def media_type(content_type: str) -> str:
    """Give the type without its parameters, in lower case; empty if the server named none."""
    return content_type.partition(";")[0].strip().lower()


def validators_of(response: Response) -> Validators:
    """Give what an answer says identifies it; what is too long to be kept counts as not said."""
    etag, modified = (response.headers.get(name, "") for name in ("etag", "last-modified"))
    said = [value if 0 < len(value) <= _LONGEST_VALIDATOR else None for value in (etag, modified)]
    return Validators(said[0], said[1], response.url)
