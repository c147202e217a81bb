"""Bringing an entry to its end: what becomes of it for every kind of page."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from config.settings import FetchSettings, Settings, WorkerSettings
from pipeline.articles import Extractor
from pipeline.errors import StoreUnavailable
from pipeline.model import Article, EntryState, Reason, TextSource
from pipeline.store import articles, crashes, entries, repeats
from pipeline.store.database import Database
from pipeline.transport import Policy, Transport
from tests.origin.answer import Answer
from tests.origin.server import Origin
from tests.store.making import NO_PACE, NOW, after, entry, show
from tests.workers.support import eventually
from workers import page_job
from workers.crash_notes import TRACEBACK_BYTES, crash_text
from workers.current_index import CurrentIndex
from workers.page_job import PageJobs
from workers.page_reading import media_type

SETTINGS = Settings(
    fetch=FetchSettings(total_seconds=5, page_bytes=200_000, robots=False),
    worker=WorkerSettings(attempts=3, extractors=1, extract_seconds=15),
)
SUMMARY = "The feed says in short that the old bridge of Tarvo was closed for good on Monday."
STORY = (
    "The old bridge of Tarvo was closed to all traffic on Monday after engineers found cracks in two of its piers. "
    "The mayor said that a ferry would carry people across the river until a new bridge is built in the spring. "
    "Shopkeepers on the east bank fear for their trade, and the school has moved its lessons to the town hall. "
) * 3
PAGE = (
    "<!doctype html><html><head><title>Bridge closed</title></head>"
    f"<body><article><h1>Bridge closed</h1><p>{STORY}</p></article></body></html>"
)
HTML = [("Content-Type", "text/html; charset=utf-8")]


@dataclass
class Desk:
    """A store, a client and the jobs over them."""

    database: Database
    transport: Transport
    extractor: Extractor
    now: datetime = NOW

    def jobs(self) -> PageJobs:
        index = CurrentIndex(self.database)
        return PageJobs(
            self.database, self.transport, self.extractor, index, SETTINGS, holder="worker", clock=lambda: self.now
        )

    def show(self, url: str, **values: object) -> None:
        with self.database.write() as tx:
            show(tx, entry(1, url=url, title="Bridge closed in Tarvo", **values))

    async def run(self, seconds: float = 0) -> None:
        """Release and work on the entry as if that many seconds had passed."""
        with self.database.write() as tx:
            [row] = entries.release(tx, after(seconds), 10, 60, NO_PACE)
        await self.jobs().fetch_page(row.id, row.token)

    def crash(self) -> crashes.Crash | None:
        with self.database.read() as tx:
            return crashes.find(tx, "127.0.0.1")

    def stored(self) -> tuple[EntryState, Article | None]:
        with self.database.read() as tx:
            [state] = [state for state, count in entries.count_by_state(tx).items() if count]
            return state, _article(tx)


def _article(tx: Connection) -> Article | None:
    found = articles.recent(tx, 1)
    return found[0].article if found else None


@pytest.fixture
async def desk(sqlite_database: Database) -> AsyncIterator[Desk]:
    policy = Policy(5, frozenset(), ("127.0.0.0/8", "localhost"), "Storywatch/test")
    worker = SETTINGS.worker
    extractor = Extractor(worker.extractors, worker.extract_seconds, worker.extract_megabytes)
    async with Transport(policy) as transport:
        yield Desk(sqlite_database, transport, extractor)
    await extractor.close()


async def test_a_page_becomes_an_article(desk: Desk, origin: Origin) -> None:
    """A page that can be had ends as an article with the page's text."""
    desk.show(origin.serve("/bridge", PAGE, headers=HTML), summary=SUMMARY)
    await desk.run()
    state, article = desk.stored()
    assert state is EntryState.DONE
    assert article
    assert article.text_source is TextSource.PAGE
    assert "cracks in two of its piers" in article.text


async def test_a_store_that_is_away_is_waited_for_at_the_end(
    desk: Desk, origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R30, R38: the article is stored when the store is back; its page is not asked for again."""
    desk.show(origin.serve("/bridge", PAGE, headers=HTML), summary=SUMMARY)
    store, failures = page_job.accept, iter([StoreUnavailable("away"), StoreUnavailable("away")])

    def flaky(*args: Any, **kwargs: Any) -> object:
        for failure in failures:
            raise failure
        return store(*args, **kwargs)

    monkeypatch.setattr(page_job, "accept", flaky)
    await desk.run()
    assert desk.stored()[0] is EntryState.DONE
    assert len(origin.requests) == 1


async def test_a_page_that_is_closed_to_us_is_not_asked_for(desk: Desk, origin: Origin) -> None:
    """F26: robots.txt keeps our token out: no request for the page, and the article has the feed's text."""
    origin.serve("/robots.txt", "User-agent: storywatch\nDisallow: /", headers=[("Content-Type", "text/plain")])
    desk.show(origin.serve("/bridge", PAGE, headers=HTML), summary=SUMMARY)
    asking = Settings(fetch=FetchSettings(total_seconds=5, host_gap_seconds=0), worker=SETTINGS.worker)
    with desk.database.write() as tx:
        [row] = entries.release(tx, NOW, 10, 60, NO_PACE)
    index = CurrentIndex(desk.database)
    jobs = PageJobs(
        desk.database, desk.transport, desk.extractor, index, asking, holder="worker", clock=lambda: desk.now
    )
    await jobs.fetch_page(row.id, row.token)
    state, article = desk.stored()
    assert article
    assert (state, article.text, article.note) == (EntryState.DONE, SUMMARY, Reason.ROBOTS_DISALLOWED)
    assert [seen.path for seen in origin.requests] == ["/robots.txt"]


@pytest.mark.parametrize("verb", ["repeated_on", "note_page"])
async def test_a_store_that_is_away_while_a_page_is_read_is_waited_for(
    desk: Desk, origin: Origin, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    """R30, R38: what a host repeats is asked and learned when the store is back; the page is not asked for again."""
    desk.show(origin.serve("/bridge", PAGE, headers=HTML), summary=SUMMARY)
    store, failures = getattr(repeats, verb), iter([StoreUnavailable("away"), StoreUnavailable("away")])

    def flaky(*args: Any, **kwargs: Any) -> object:
        for failure in failures:
            raise failure
        return store(*args, **kwargs)

    monkeypatch.setattr(repeats, verb, flaky)
    await desk.run()
    assert desk.stored()[0] is EntryState.DONE
    assert len(origin.requests) == 1


async def test_plain_text_is_taken_as_it_is(desk: Desk, origin: Origin) -> None:
    """A page of type text/plain needs no extraction."""
    desk.show(origin.serve("/bridge", STORY, headers=[("Content-Type", "text/plain")]))
    await desk.run()
    state, article = desk.stored()
    assert (state, article and article.text) == (EntryState.DONE, STORY.strip())


@pytest.mark.parametrize(
    ("answer", "note"),
    [
        pytest.param(Answer(status=404), Reason.HTTP_NOT_FOUND, id="404"),
        pytest.param(Answer(status=410), Reason.HTTP_GONE, id="410"),
        pytest.param(Answer(status=403), Reason.HTTP_REFUSED, id="403"),
        pytest.param(Answer(body=b"%PDF", headers=[("Content-Type", "application/pdf")]), Reason.NOT_HTML, id="pdf"),
        pytest.param(Answer(body="x" * 300_000, headers=HTML), Reason.TOO_LARGE, id="too large"),
    ],
)
async def test_a_page_that_cannot_be_had_is_replaced_by_the_feeds_text(
    desk: Desk, origin: Origin, answer: Answer, note: Reason
) -> None:
    """A story is never missed: for a lasting failure the feed's own text is used at once, and the note says why."""
    desk.show(origin.script("/bridge", [answer]), summary=SUMMARY)
    await desk.run()
    state, article = desk.stored()
    assert state is EntryState.DONE
    assert article
    assert (article.text, article.text_source, article.note) == (SUMMARY, TextSource.FEED, note)


async def test_an_entry_without_a_page_uses_the_feeds_text(desk: Desk) -> None:
    """An entry whose link is no web address still becomes an article."""
    desk.show("", summary=SUMMARY)
    await desk.run()
    state, article = desk.stored()
    assert state is EntryState.DONE
    assert article
    assert (article.text, article.note) == (SUMMARY, Reason.URL_REFUSED)


async def test_a_private_address_is_not_asked(desk: Desk) -> None:
    """S1: a page on a private address is refused, and the feed's text is used."""
    desk.show("http://10.1.2.3/secret", summary=SUMMARY)
    await desk.run()
    _, article = desk.stored()
    assert article
    assert article.note is Reason.ADDRESS_DENIED


async def test_nothing_anywhere_is_dropped(desk: Desk, origin: Origin) -> None:
    """Without a word from page or feed the entry is dropped, and counted as such."""
    with desk.database.write() as tx:
        show(tx, entry(1, url=origin.script("/none", [Answer(status=404)]), title=""))
    await desk.run()
    assert desk.stored() == (EntryState.DROPPED, None)


async def test_a_passing_failure_is_tried_again_and_at_last_replaced(desk: Desk, origin: Origin) -> None:
    """R7: after as many tries as the settings say the feed's text is used."""
    desk.show(origin.script("/bridge", [Answer(status=500)]), summary=SUMMARY)
    for attempt in range(1, SETTINGS.worker.attempts + 1):
        await desk.run(86_400 * (attempt - 1))
        state, article = desk.stored()
        assert state is (EntryState.DONE if attempt == SETTINGS.worker.attempts else EntryState.WAITING)
    assert article
    assert (article.text, article.note) == (SUMMARY, Reason.HTTP_TEMPORARY)
    assert len(origin.requests) == SETTINGS.worker.attempts


async def test_retry_after_is_obeyed_for_the_whole_host(desk: Desk, origin: Origin) -> None:
    """F8: a host that asks for quarter of an hour is left alone that long, by this entry and by others."""
    busy = Answer(status=429, headers=[("Retry-After", "890")])
    desk.show(origin.script("/bridge", [busy]))
    await desk.run()
    assert desk.stored()[0] is EntryState.WAITING
    with desk.database.write() as tx:
        other = entry(2, url=origin.url("/other"))
        show(tx, other, url="https://feeds.example/2")
        assert not entries.release(tx, after(880), 10, 60, NO_PACE)
        # The gap that its 429 has taught lets one go at a time.
        assert [len(entries.release(tx, after(900), 10, 60, NO_PACE)) for _ in range(3)] == [1, 1, 0]


async def test_a_stale_job_does_not_even_ask(desk: Desk, origin: Origin) -> None:
    """R6: a job whose row was given back meanwhile changes nothing and troubles nobody."""
    desk.show(origin.serve("/bridge", PAGE, headers=HTML))
    with desk.database.write() as tx:
        [row] = entries.release(tx, NOW, 10, 60, NO_PACE)
        entries.give_back(tx, [(row.id, row.token)], NOW)
    await desk.jobs().fetch_page(row.id, row.token)
    assert desk.stored() == (EntryState.WAITING, None)
    assert not origin.requests


async def test_a_job_that_lost_its_row_stores_nothing(desk: Desk, origin: Origin) -> None:
    """R6: an article whose row went to another worker meanwhile is not stored, nor what its page taught."""
    hold = asyncio.Event()
    desk.show(origin.script("/bridge", [Answer(body=PAGE, headers=HTML, hold=hold)]))
    job = asyncio.create_task(desk.run())
    await eventually(lambda: origin.requests)
    with desk.database.write() as tx:
        assert entries.sweep(tx, NOW + timedelta(days=1), (), 3).returned_count == 1
    hold.set()
    await job
    assert desk.stored() == (EntryState.WAITING, None)
    with desk.database.read() as tx:
        assert repeats.hosts_seen(tx, 10) == []


async def test_a_stopped_job_lets_its_entry_wait(desk: Desk, origin: Origin) -> None:
    """R13: a job cancelled in the middle of a page puts its row back at once."""
    desk.show(origin.script("/bridge", [Answer(silent=True)]))
    job = asyncio.create_task(desk.run())
    await eventually(lambda: origin.requests)
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    assert desk.stored()[0] is EntryState.WAITING


async def test_a_page_that_hangs_its_extractor_is_quarantined(desk: Desk, origin: Origin) -> None:
    """R11: the first time it is tried again, the second time quarantined with the feed's text."""
    desk.show(origin.serve("/poison", PAGE, headers=HTML), summary=SUMMARY)
    desk.extractor = Extractor(1, 0.0001, SETTINGS.worker.extract_megabytes)  # any page takes longer, and is killed
    await desk.run()
    assert desk.stored() == (EntryState.WAITING, None)
    await desk.run(86_400)
    await desk.extractor.close()
    state, article = desk.stored()
    assert state is EntryState.QUARANTINED
    assert article
    assert (article.text, article.note) == (SUMMARY, Reason.EXTRACTION_TIMED_OUT)


async def test_an_entry_that_crashed_its_workers_keeps_the_feeds_text(desk: Desk, origin: Origin) -> None:
    """R11: what the sweeper hands over ends quarantined, with the feed's text, its page untouched."""
    desk.show(origin.serve("/bridge", PAGE, headers=HTML), summary=SUMMARY)
    with desk.database.write() as tx:
        [row] = entries.release(tx, NOW, 10, 60, NO_PACE)
        assert entries.start(tx, row.id, row.token, "dead", NOW, 60, NO_PACE)
        [(entry_id, token)] = entries.sweep(tx, NOW, ("dead",), 1).quarantine
    await desk.jobs().quarantine_page(entry_id, token)
    state, article = desk.stored()
    assert state is EntryState.QUARANTINED
    assert article
    assert (article.text, article.note) == (SUMMARY, Reason.WORKER_LOST)
    assert not origin.requests


async def test_an_exception_nobody_foresaw_leaves_its_traceback(
    desk: Desk, origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job fails, its row is the sweeper's; the crash is kept as its host's last, masked."""
    secret = "https://me:hush@inner.example/x?api_key=opensesame"

    def broken(*_args: Any, **_kwargs: Any) -> object:
        raise ZeroDivisionError(secret)

    monkeypatch.setattr(page_job, "sketch", broken)
    desk.show(origin.serve("/bridge", PAGE, headers=HTML), summary=SUMMARY)
    with pytest.raises(ZeroDivisionError):
        await desk.run()
    assert desk.stored() == (EntryState.FETCHING, None)
    kept = desk.crash()
    assert kept
    assert (kept.at, kept.attempts) == (NOW, 1)
    assert kept.traceback.startswith("Traceback")
    assert "ZeroDivisionError: https://***@inner.example/x?api_key=***" in kept.traceback


async def test_a_store_that_is_away_is_no_crash(desk: Desk, origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    """What has a name in the tree of errors is no bug and keeps no traceback."""

    def away(*_args: Any, **_kwargs: Any) -> object:
        raise StoreUnavailable("away")

    monkeypatch.setattr(page_job, "sketch", away)
    desk.show(origin.serve("/bridge", PAGE, headers=HTML), summary=SUMMARY)
    with pytest.raises(StoreUnavailable):
        await desk.run()
    assert desk.crash() is None


def test_the_end_of_a_long_traceback_is_kept() -> None:
    """The exception stands at the end, so the beginning goes; no half of a sign is left."""
    text = crash_text(ValueError("é" * 9000))
    assert len(text.encode()) <= TRACEBACK_BYTES
    assert text.strip("é\n") == ""


@pytest.mark.parametrize(
    ("header", "expected"),
    [("Text/HTML; charset=utf-8", "text/html"), ("text/plain", "text/plain"), ("", ""), (" ; x", "")],
)
def test_media_types(header: str, expected: str) -> None:
    """The type is read without its parameters and in any case."""
    assert media_type(header) == expected
