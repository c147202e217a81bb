"""Looking at pages again: politely, and never to the article's harm."""

import asyncio

import pytest

from pipeline.model import Article, EditCause, EntryState, Reason, TextSource, Validators
from pipeline.store import articles, entries, page_checks, revisions
from pipeline.store.database import Database
from pipeline.store.page_checks import Planned
from tests.origin.answer import Answer
from tests.origin.server import Origin
from tests.store.making import NO_PACE, NOW, after
from tests.workers.support import eventually
from tests.workers.test_page_job import HTML, PAGE, STORY, SUMMARY, Desk, desk

__all__ = ["desk"]

HOUR = 3600.0
EDITED = PAGE.replace("cracks in two of its piers", "cracks in all of its piers")
MARKED = [*HTML, ("ETag", '"first"')]


async def again(desk: Desk, hours: float = 1.0) -> None:
    """Look again as if that many hours had passed."""
    with desk.database.write() as tx:
        assert page_checks.begin_due(tx, after(hours * HOUR)) == 1
    desk.now = after(hours * HOUR)
    await desk.run(hours * HOUR)


def texts(database: Database) -> list[tuple[int, str, EditCause | None]]:
    with database.read() as tx:
        [stored] = articles.recent(tx, 9)
        return [(one.number, one.text, one.cause) for one in revisions.all_of(tx, stored.id)]


def article_of(desk: Desk) -> Article:
    state, article = desk.stored()
    assert state is EntryState.DONE
    assert article is not None
    return article


async def test_an_edited_page_is_a_revision(desk: Desk, origin: Origin) -> None:
    """The first look sends back the validators the page gave, and stores what reads otherwise beside what was."""
    answers = [Answer(body=PAGE, headers=MARKED), Answer(body=EDITED, headers=HTML)]
    desk.show(origin.script("/bridge", answers), summary=SUMMARY)
    await desk.run()
    await again(desk)
    assert origin.requests[-1].header("If-None-Match") == '"first"'
    (one, before, cause), (two, newest, _) = texts(desk.database)
    assert (one, two, cause) == (1, 2, EditCause.CHECKED)
    assert "cracks in two" in before
    assert "cracks in all" in newest
    assert article_of(desk).text == newest


UNCHANGED = [
    Answer(status=304),
    Answer(body=PAGE.replace("<p>", "<p>\n  "), headers=HTML),
    Answer(status=404),
    Answer(status=503),
    Answer(body=b"%PDF", headers=[("Content-Type", "application/pdf")]),
    Answer(body=f"<html><body><article><p>{STORY[:100]}</p></article></body></html>", headers=HTML),
]


async def test_whatever_else_the_page_answers_the_article_stays(desk: Desk, origin: Origin) -> None:
    """Unchanged, gone, failing, of another kind or cut: one request each, no retry, and the entry is done as before."""
    desk.show(origin.script("/bridge", [Answer(body=PAGE, headers=MARKED), *UNCHANGED]), summary=SUMMARY)
    await desk.run()
    first = article_of(desk)
    await again(desk, 1)
    await again(desk, 8)
    with desk.database.read() as tx:
        assert not page_checks.has_due(tx, after(100 * HOUR))
    for hours in range(9, 9 + len(UNCHANGED) - 2):
        with desk.database.write() as tx:
            page_checks.plan(tx, 1, Planned(Validators(), after(HOUR)))
        await again(desk, hours)
        assert article_of(desk) == first
    assert (len(texts(desk.database)), len(origin.requests)) == (1, 1 + len(UNCHANGED))


async def test_the_page_comes_after_the_feeds_text(desk: Desk, origin: Origin) -> None:
    """A page that could not be had when its entry was new takes the place of the feed's text later."""
    url = origin.script("/bridge", [Answer(status=404), Answer(body=PAGE, headers=HTML)])
    desk.show(url, summary=SUMMARY)
    await desk.run()
    assert article_of(desk).note is Reason.HTTP_NOT_FOUND
    await again(desk)
    article = article_of(desk)
    assert (article.text_source, article.note) == (TextSource.PAGE, None)
    assert [cause for _, _, cause in texts(desk.database)] == [EditCause.PAGE_CAME, None]


async def test_a_host_that_asks_for_rest_gets_it(desk: Desk, origin: Origin) -> None:
    """F8: Retry-After holds for the whole host when it answers a look, too."""
    busy = Answer(status=429, headers=[("Retry-After", "890")])
    desk.show(origin.script("/bridge", [Answer(body=PAGE, headers=HTML), busy]), summary=SUMMARY)
    await desk.run()
    await again(desk)
    with desk.database.write() as tx:
        assert page_checks.begin_due(tx, after(9 * HOUR)) == 1
        assert not entries.release(tx, after(600), 10, 60, NO_PACE)


async def test_a_stopped_look_leaves_the_article(desk: Desk, origin: Origin) -> None:
    """R13: a look cancelled in the middle ends its entry as it was."""
    desk.show(origin.script("/bridge", [Answer(body=PAGE, headers=HTML), Answer(silent=True)]), summary=SUMMARY)
    await desk.run()
    first = article_of(desk)
    job = asyncio.create_task(again(desk))
    await eventually(lambda: len(origin.requests) == 2)
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    assert article_of(desk) == first


async def test_a_look_that_crashes_its_workers_leaves_the_article(desk: Desk, origin: Origin) -> None:
    """R11: what the sweeper hands over ends done, its page untouched."""
    desk.show(origin.serve("/bridge", PAGE, headers=HTML), summary=SUMMARY)
    await desk.run()
    first = article_of(desk)
    with desk.database.write() as tx:
        page_checks.begin_due(tx, after(HOUR))
        [row] = entries.release(tx, after(HOUR), 10, 60, NO_PACE)
        assert entries.start(tx, row.id, row.token, "dead", NOW, 60, NO_PACE)
        [(entry_id, token)] = entries.sweep(tx, NOW, ("dead",), 1).quarantine
    await desk.jobs().quarantine_page(entry_id, token)
    assert (article_of(desk), len(origin.requests)) == (first, 1)
