"""Every page of the dashboard, found by its routes and by the links between pages, so that a new one is not forgotten.

In: an application and a session on the site it runs on. Out: addresses, one of each kind of page. Trap: a route whose
first example cannot be shown must fail whoever walks; it is not left out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

from fastapi import FastAPI
from starlette.routing import BaseRoute, Route

from dashboard.rules import HUB_FOLDER, SECRET_FOLDERS
from pipeline.model import EditCause, EntryState, Grouping, GroupingKind, Reason
from pipeline.store import articles, entries, revisions
from tests.dashboard.newsroom import Newsroom
from tests.dashboard.serving import Answer, Site

#: What machines read, parts of pages, and what is shown to nobody who has a session.
NOT_PAGES = frozenset({"/live", "/livez", "/readyz", "/metrics", "/login"})
LINK = re.compile(r'href="(/[^"#]*)')


def fill(newsroom: Newsroom, words: str, feed_url: str = "https://gazette.example/rss") -> None:
    """Put something of everything into a newsroom, `words` in every field that comes from elsewhere."""
    at = newsroom.now
    gazette, courier = newsroom.feed(feed_url, words), newsroom.feed("https://courier.example/rss", words)
    broken = newsroom.feed("https://broken.example/rss", words)
    newsroom.poll(broken, at=at - timedelta(minutes=50), reason=Reason.TIMED_OUT, error=words, status=None)
    why = Grouping(GroupingKind.FIRST, None, None, 0.0, words)
    first, story = newsroom.publish(gazette, words, f"{words}\n\n{words}", at - timedelta(minutes=30), why)
    _edit(newsroom, first, words)
    joined = Grouping(GroupingKind.REPORT, story, first, 0.7, words)
    newsroom.publish(courier, f"{words} 2", words * 2, at - timedelta(minutes=20), joined)
    subscription = newsroom.subscription(words, "ferry", "desk", words)
    alert = newsroom.alert(subscription, first, words, (words.split(maxsplit=1)[0],), at - timedelta(minutes=19))
    newsroom.deliver(alert, at - timedelta(minutes=18), **{words: Reason.RECEIVER_REFUSED})
    _leave_work(newsroom, words)
    for kind in ("poller", "dispatcher", "worker"):
        newsroom.beat(kind, at, host=words)


def _edit(newsroom: Newsroom, article_id: int, words: str) -> None:
    """Let an article read otherwise."""
    with newsroom.database.write() as tx:
        stored, at = articles.get(tx, article_id), newsroom.now - timedelta(minutes=25)
        revisions.keep(tx, stored, EditCause.CHECKED, at)
        made = replace(stored.article, text=f"{stored.article.text} Edited. {words}", byline=words, site=words)
        articles.renew(tx, article_id, made, articles.sketch_of(tx, article_id), at)


def _leave_work(newsroom: Newsroom, words: str) -> None:
    """Leave entries that wait, that failed and that are in work."""
    at, early = newsroom.now, newsroom.now - timedelta(minutes=10)
    wharf = newsroom.feed("https://wharf.example/rss", words)
    newsroom.poll(wharf, *(newsroom.entry(f"https://wharf.example/{n}", words, at) for n in range(6)), at=early)
    taken = newsroom.take(3, at - timedelta(minutes=5))
    with newsroom.database.write() as tx:
        later = at + timedelta(minutes=25)
        entries.put_back(tx, taken[0].entry_id, taken[0].token, at, later, Reason.TIMED_OUT, words)
        entries.finish(tx, taken[1].entry_id, taken[1].token, EntryState.QUARANTINED, Reason.EXTRACTION_CRASHED, at)


def routes_of(app: FastAPI) -> Iterator[BaseRoute]:
    """Give every route, those of the included routers too."""
    for route in app.routes:
        included = getattr(route, "original_router", None)
        yield from included.routes if included else [route]


def page_routes(app: FastAPI) -> list[Route]:
    """Give the routes that show a page to somebody who is signed in."""
    found = [route for route in routes_of(app) if isinstance(route, Route) and "GET" in (route.methods or ())]
    secret = (*SECRET_FOLDERS, HUB_FOLDER)
    return [route for route in found if route.path not in NOT_PAGES and not route.path.startswith(secret)]


@dataclass
class Walk:
    """A walk through a site: `pages` are the addresses found, `missed` the routes of which none could be shown."""

    app: FastAPI
    site: Site
    session: str
    pages: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Look at one address of each kind: an example of each route, and what the pages link to."""
        routes = page_routes(self.app)
        pending = [re.sub(r"\{[^}]+\}", "1", route.path) for route in routes]
        seen: dict[tuple[str, frozenset[str]], bool] = {}
        while pending:
            address = pending.pop(0)
            kind = _kind(routes, address)
            if kind is None or seen.get(kind):
                continue
            answer = self._look(address)
            seen[kind] = answer.status == 200
            if answer.status == 200 and answer.headers["content-type"].startswith("text/html"):
                self.pages.append(address)
                pending += [unescape(link) for link in LINK.findall(answer.body)]
        shown = {path for (path, _), was_shown in seen.items() if was_shown}
        self.missed = sorted({route.path for route in routes} - shown)

    def _look(self, address: str) -> Answer:
        return self.site.page(address, cookie=self.session)


def _kind(routes: list[Route], address: str) -> tuple[str, frozenset[str]] | None:
    """Tell pages of one kind: the same route, asked with the same names."""
    parts = urlsplit(address)
    for route in routes:
        if route.path_regex.match(parts.path):
            return route.path, frozenset(parse_qs(parts.query, keep_blank_values=True))
    return None
