"""Reading pages as servers really give them: redirects, encodings, walls, and what a host's pages teach."""

import asyncio
import json

import pytest

from pipeline.model import EntryState, Reason, TextSource
from pipeline.store import articles, entries, hosts, repeats
from tests.origin.answer import Answer
from tests.origin.server import Origin
from tests.store.making import NO_PACE, NOW, after, entry, show
from tests.workers.support import eventually
from tests.workers.test_page_job import HTML, PAGE, STORY, SUMMARY, Desk, desk

__all__ = ["desk"]

OFFER = "Readers of this paper travel with us to the islands in May, with a guide and a cabin of their own, for less."


async def test_redirects_lead_to_the_canonical_address(desk: Desk, origin: Origin) -> None:
    """Tracking parameters fall away, and the page's own address wins over the one that was asked."""
    canonical = '<link rel="canonical" href="/2026/bridge?utm_source=rss"></head>'
    origin.serve("/new", PAGE.replace("</head>", canonical), headers=HTML)
    origin.script("/moved", [Answer.redirect("/new?utm_campaign=x", 301)])
    desk.show(origin.script("/old", [Answer.redirect("/moved", 307)]), summary=SUMMARY)
    await desk.run()
    _, article = desk.stored()
    assert article
    assert article.url == origin.url("/2026/bridge")
    assert article.text_source is TextSource.PAGE


async def test_a_page_that_leads_home_is_not_the_article(desk: Desk, origin: Origin) -> None:
    """A deleted article that redirects to the front page leaves the feed's text, and says why."""
    origin.serve("/", PAGE, headers=HTML)
    desk.show(origin.script("/gone", [Answer.redirect("/")]), summary=SUMMARY)
    await desk.run()
    _, article = desk.stored()
    assert article
    assert (article.text, article.note) == (SUMMARY, Reason.INDEX_PAGE)


@pytest.mark.parametrize(
    ("encoding", "headers", "declared"),
    [
        ("windows-1251", [("Content-Type", "text/html; charset=windows-1251")], ""),
        ("koi8-r", [("Content-Type", "text/html")], '<meta charset="koi8-r">'),
        ("utf-16", [("Content-Type", "text/html")], ""),
        ("utf-8-sig", [("Content-Type", "text/html; charset=latin-1")], ""),
    ],
)
async def test_encodings(
    desk: Desk, origin: Origin, encoding: str, headers: list[tuple[str, str]], declared: str
) -> None:
    """Header, meta element and byte order mark are believed in their order."""
    said = "Мост через реку закрыли в понедельник, когда инженеры нашли трещины в двух опорах. " * 6
    html = f"<html><head>{declared}<title>Мост</title></head><body><h1>Мост</h1><p>{said}</p></body></html>"
    desk.show(origin.serve("/most", html.encode(encoding), headers=headers))
    await desk.run()
    _, article = desk.stored()
    assert article
    assert "трещины в двух опорах" in article.text


TOWNS = ("Tarvo", "Velm", "Orrest", "Skarholm", "Pellborg")


async def test_what_a_host_repeats_is_learned_and_left_out(desk: Desk, origin: Origin) -> None:
    """Four pages of a host end with the same offer; on the fifth it is known to be none of the article's."""
    shown = []
    for number, town in enumerate(TOWNS):
        body = "".join(f"<p>In {town}, we hear, {said}.</p>" for said in STORY.split(". ")[:4])
        html = f"<html><head><title>{town}</title></head><body><div>{body}<p>{OFFER}</p></div></body></html>"
        url = origin.serve(f"/{number}", html, headers=HTML)
        shown.append(entry(number, url=url, title=f"A bridge is closed in {town}"))
    with desk.database.write() as tx:
        show(tx, *shown)
        released = entries.release(tx, NOW, 10, 60, NO_PACE)
    jobs = desk.jobs()
    for row in released:
        await jobs.fetch_page(row.id, row.token)
    with desk.database.read() as tx:
        last, *_, first = articles.recent(tx, 10)
    assert OFFER in first.article.text
    assert OFFER not in last.article.text
    assert last.article.text.count("we hear") == 4


async def test_pages_are_counted_by_host_and_kind(desk: Desk, origin: Origin) -> None:
    """What a page was is counted for the operator, with what its article came from kept beside it."""
    data = {"@type": "NewsArticle", "headline": "Closed", "dateModified": "2026-02-28T10:00:00Z"}
    html = PAGE.replace("</head>", f'<script type="application/ld+json">{json.dumps(data)}</script></head>')
    desk.show(origin.serve("/bridge", html, headers=HTML), summary=SUMMARY)
    await desk.run()
    _, article = desk.stored()
    assert article
    assert article.modified_at is not None
    assert dict(article.sources)["modified_at"] == "json-ld"
    assert dict(article.sources)["title"] == "feed"
    with desk.database.read() as tx:
        [seen] = repeats.hosts_seen(tx, 10)
    assert dict(seen.kinds) == {repeats.ARTICLE: 1}


STUB = (
    '<html><head><title>Bridge closed in Tarvo</title><link rel="{rel}" href="{href}"></head>'
    "<body><div><h1>Bridge closed in Tarvo</h1><p>Please wait while the page loads.</p></div></body></html>"
)


@pytest.mark.parametrize(("rel", "marks"), [("amphtml", ""), ("canonical", "amp"), ("canonical", "⚡")])
async def test_a_stub_is_read_in_its_other_build(desk: Desk, origin: Origin, rel: str, marks: str) -> None:
    """A page that a script would fill gives its AMP copy's text, and an AMP copy that says nothing its page's."""
    stub = STUB.format(rel=rel, href="/2026/bridge").replace("<html>", f"<html {marks}>")
    asked = origin.serve("/asked", stub, headers=HTML)
    origin.serve("/2026/bridge", PAGE, headers=HTML)
    desk.show(asked, summary=SUMMARY)
    await desk.run()
    _, article = desk.stored()
    assert article
    assert "cracks in two of its piers" in article.text
    assert (article.text_source, article.note) == (TextSource.PAGE, None)
    assert article.url == (asked if rel == "amphtml" else origin.url("/2026/bridge"))
    assert [seen.path for seen in origin.requests] == ["/asked", "/2026/bridge"]


@pytest.mark.parametrize("href", ["/gone", "https://elsewhere.example/a", "/asked", "http://[", "javascript:void(0)"])
async def test_without_another_build_a_stub_gives_way_to_the_feed(desk: Desk, origin: Origin, href: str) -> None:
    """A build that is gone, of another outlet, the page itself or no address costs nothing but the request."""
    desk.show(origin.serve("/asked", STUB.format(rel="amphtml", href=href), headers=HTML), content=STORY)
    await desk.run()
    _, article = desk.stored()
    assert article
    assert (article.text.strip(), article.note) == (STORY.strip(), Reason.NO_TEXT)
    assert [seen.path for seen in origin.requests] == ["/asked", *(["/gone"] if href == "/gone" else [])]


async def test_another_build_that_leads_elsewhere_is_not_taken(desk: Desk, origin: Origin) -> None:
    """The text of another outlet, to which the address of the copy redirects, is not this article's."""
    elsewhere = origin.serve("/else", PAGE, headers=HTML, host="elsewhere.localhost")
    origin.script("/amp", [Answer.redirect(elsewhere)])
    desk.show(origin.serve("/asked", STUB.format(rel="amphtml", href="/amp"), headers=HTML), content=STORY)
    await desk.run()
    _, article = desk.stored()
    assert article
    assert (article.text.strip(), article.note) == (STORY.strip(), Reason.NO_TEXT)


async def test_another_build_is_not_asked_for_at_a_host_that_rests(desk: Desk, origin: Origin) -> None:
    """F8: a host that asked to be left alone while the page was on its way gets no second request."""
    hold = asyncio.Event()
    stub = STUB.format(rel="amphtml", href="/amp")
    desk.show(origin.script("/asked", [Answer(body=stub, headers=HTML, hold=hold)]), content=STORY)
    job = asyncio.create_task(desk.run())
    await eventually(lambda: origin.requests)
    with desk.database.write() as tx:
        hosts.extend(tx, "127.0.0.1", after(3600))
    hold.set()
    await job
    assert desk.stored()[0] is EntryState.DONE
    assert [seen.path for seen in origin.requests] == ["/asked"]


async def test_what_a_host_asks_for_with_another_build_is_heeded(desk: Desk, origin: Origin) -> None:
    """F8, F9: a 429 to the second request lets the whole host rest."""
    origin.script("/amp", [Answer(status=429, headers=[("Retry-After", "890")])])
    desk.show(origin.serve("/asked", STUB.format(rel="amphtml", href="/amp"), headers=HTML), content=STORY)
    await desk.run()
    assert desk.stored()[0] is EntryState.DONE
    with desk.database.read() as tx:
        rest = hosts.rest_of(tx, "127.0.0.1", NOW)
    assert rest.not_before_at == after(890)
    assert rest.gap_seconds > 0


async def test_a_page_with_its_text_is_asked_for_once(desk: Desk, origin: Origin) -> None:
    """Where the page is no stub, its AMP copy is left alone."""
    page = PAGE.replace("</head>", '<link rel="amphtml" href="/amp"></head>')
    desk.show(origin.serve("/bridge", page, headers=HTML), summary=SUMMARY)
    await desk.run()
    assert [seen.path for seen in origin.requests] == ["/bridge"]


async def test_a_wall_is_not_gone_around(desk: Desk, origin: Origin) -> None:
    """A page that asks for a login is answered by the feed's text, whatever other builds it has."""
    wall = STUB.format(rel="amphtml", href="/amp").replace(
        "<p>Please wait while the page loads.</p>",
        "<form><p>Log in to read on. Forgot your password? Create an account.</p>"
        '<input type="email"><input type="password"><button>Log in</button></form>',
    )
    desk.show(origin.serve("/bridge", wall, headers=HTML), summary=SUMMARY)
    await desk.run()
    _, article = desk.stored()
    assert article
    assert article.note is Reason.LOGIN_WALL
    assert [seen.path for seen in origin.requests] == ["/bridge"]
