"""Every page as a screen reader takes it, without a browser: headings, names, tables, titles."""

import re
from collections import Counter
from collections.abc import Callable

import pytest
from fastapi import FastAPI

from tests.dashboard.conftest import PASSWORD
from tests.dashboard.newsroom import Newsroom
from tests.dashboard.serving import Site, serving
from tests.dashboard.test_door import session_of, sign_in
from tests.dashboard.test_pages import Outline
from tests.dashboard.walking import Walk, fill


@pytest.fixture
def pages(make_app: Callable[..., FastAPI], newsroom: Newsroom) -> dict[str, str]:
    """Give every page of a filled newsroom by its address, and those that say no."""
    fill(newsroom, "The ferry strike goes on")
    app = make_app(password=PASSWORD)
    with serving(app) as site:
        session = session_of(sign_in(site))
        walk = Walk(app, site, session)
        assert walk.missed == []
        found = {address: site.page(address, cookie=session).body for address in walk.pages}
        return found | {"/login": site.page("/login").body, "/no-such-page": _missing(site, session)}


def _missing(site: Site, session: str) -> str:
    return site.page("/no-such-page", cookie=session).body


def test_every_page_can_be_read_without_eyes(pages: dict[str, str]) -> None:
    """One main, one first heading, no level skipped, every label there, no id twice, no inline style or script."""
    assert len(pages) > 25
    for address, page in pages.items():
        outline = Outline(page)
        assert outline.tags.count("main") == 1, address
        assert outline.headings[0] == 1, address
        assert outline.headings.count(1) == 1, address
        pairs = zip(outline.headings, outline.headings[1:], strict=False)
        assert all(later - earlier <= 1 for earlier, later in pairs), (address, outline.headings)
        assert outline.labelled_by <= set(outline.ids), address
        assert [one for one, count in Counter(outline.ids).items() if count > 1] == [], address
        assert "#main" in outline.links, address
        assert "style" not in {*outline.tags, *outline.attributes}, address
        assert page.startswith('<!doctype html>\n<html lang="en">'), address


def test_every_head_of_a_table_says_what_it_is_of(pages: dict[str, str]) -> None:
    """WCAG 1.3.1: no table without heads, no head without its scope, no cell of heads that is empty."""
    seen = 0
    for address, page in pages.items():
        for table in re.findall(r"<table.*?</table>", page, re.DOTALL):
            heads = re.findall(r"<th\b([^>]*)>(.*?)</th>", table, re.DOTALL)
            assert heads, address
            assert [text for marks, text in heads if "scope=" not in marks or not text.strip()] == [], address
            seen += 1
    assert seen > 8


def test_every_page_has_a_title_of_its_own(pages: dict[str, str]) -> None:
    """WCAG 2.4.2: two different addresses never share a title; filters of one page may."""
    heads = {address: page.partition("</head>")[0] for address, page in pages.items()}
    titles = {address: re.findall(r"<title>(.*?)</title>", head) for address, head in heads.items()}
    assert [address for address, found in titles.items() if len(found) != 1 or not found[0].strip()] == []
    by_path = {address: found[0] for address, found in titles.items() if "?" not in address}
    # What an article, a story, a feed and a subscription are called is the same here, since one text fills all.
    named = Counter(title for address, title in by_path.items() if not re.search(r"/\d", address))
    assert {title for title, count in named.items() if count > 1} == set()
