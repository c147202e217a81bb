"""What the origin answers over a real socket."""

import json
import re
from datetime import timedelta
from html import unescape
from io import BytesIO
from typing import Any
from xml.etree import ElementTree as ET

import feedparser
import pytest

from demo.content import TEASER_WORD, load_content
from demo.feeds import ENTRY_COUNT
from demo.model import FeedContent, FeedFormat, Outlet, Piece, Validator
from demo.newsroom import Newsroom
from tests.demo.conftest import START, WRITTEN, Clock, Visitor

OUTLETS = list(load_content().outlets.values())
EACH_OUTLET = pytest.mark.parametrize("outlet", OUTLETS, ids=[outlet.name for outlet in OUTLETS])
XML_OUTLETS = [outlet for outlet in OUTLETS if outlet.format is not FeedFormat.JSON]
JSON_OUTLETS = [outlet for outlet in OUTLETS if outlet.format is FeedFormat.JSON]
VERSIONS = {"rss20": "rss20", "rss092": "rss092", "rdf": "rss10", "atom": "atom10"}


def _newest(newsroom: Newsroom, outlet: Outlet) -> list[Piece]:
    return newsroom.newest_of(outlet, WRITTEN, ENTRY_COUNT)


def _parsed(body: bytes) -> Any:
    return feedparser.parse(BytesIO(body))


def _paragraphs(html: str) -> list[str]:
    return [unescape(paragraph) for paragraph in re.findall("<p>(.*?)</p>", html)]


def _path(piece: Piece, outlet: Outlet) -> str:
    return outlet.article_path.replace("{slug}", piece.slug)


@pytest.mark.parametrize("outlet", XML_OUTLETS, ids=[outlet.name for outlet in XML_OUTLETS])
async def test_xml_feed_parses(newsroom: Newsroom, visitor: Visitor, outlet: Outlet) -> None:
    """Each XML feed is well-formed, of its format, and lists the outlet's newest pieces with their dates."""
    answer = await visitor.get(outlet, outlet.feed_path)
    parsed = _parsed(answer.body)
    pieces = _newest(newsroom, outlet)
    assert (answer.status, parsed.bozo, parsed.version) == (200, False, VERSIONS[outlet.format])
    assert [entry.title for entry in parsed.entries] == [piece.title for piece in pieces]
    links = [newsroom.url(piece, visitor.port) + outlet.link_suffix for piece in pieces]
    assert [entry.link for entry in parsed.entries] == links
    field = "published_parsed" if "published_parsed" in parsed.entries[0] else "updated_parsed"
    dates = [entry[field][:6] for entry in parsed.entries if field in entry]
    dated = outlet.format is not FeedFormat.RSS092
    assert dates == ([piece.published_at.timetuple()[:6] for piece in pieces] if dated else [])


@pytest.mark.parametrize("outlet", XML_OUTLETS, ids=[outlet.name for outlet in XML_OUTLETS])
async def test_xml_feed_shows_what_the_outlet_offers(newsroom: Newsroom, visitor: Visitor, outlet: Outlet) -> None:
    """A feed shows title and link, a summary too, or all of the text; HTML in it is escaped exactly once."""
    entry = _parsed((await visitor.get(outlet, outlet.feed_path)).body).entries[0]
    piece = _newest(newsroom, outlet)[0]
    assert (re.sub("</?p>", "", entry.get("summary", "")) == piece.summary) == (outlet.content != FeedContent.BARE)
    content = entry.content[0].value if "content" in entry else ""
    assert _paragraphs(content) == (list(piece.paragraphs) if outlet.content is FeedContent.FULL else [])


@pytest.mark.parametrize("outlet", JSON_OUTLETS, ids=[outlet.name for outlet in JSON_OUTLETS])
async def test_json_feed_parses(newsroom: Newsroom, visitor: Visitor, outlet: Outlet) -> None:
    """Each JSON feed is JSON Feed 1.1 with id, address, title and date of the newest pieces."""
    answer = await visitor.get(outlet, outlet.feed_path)
    feed = json.loads(answer.body)
    pieces = _newest(newsroom, outlet)
    assert answer.headers["Content-Type"].startswith("application/feed+json")
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert [item["url"] for item in feed["items"]] == [newsroom.url(piece, visitor.port) for piece in pieces]
    full = [_paragraphs(item.get("content_html", "")) for item in feed["items"]]
    shown = outlet.content is FeedContent.FULL
    assert full == [list(piece.paragraphs) if shown else [] for piece in pieces]


@EACH_OUTLET
async def test_conditional_get(visitor: Visitor, outlet: Outlet) -> None:
    """F1: what a feed gave as validators is answered with 304 and no body; without validators always 200."""
    first = await visitor.get(outlet, outlet.feed_path)
    assert ("Etag" in first.headers) == (Validator.ETAG in outlet.validators)
    assert ("Last-Modified" in first.headers) == (Validator.LAST_MODIFIED in outlet.validators)
    again = {"If_None_Match": first.headers.get("Etag"), "If_Modified_Since": first.headers.get("Last-Modified")}
    second = await visitor.get(outlet, outlet.feed_path, **{k: v for k, v in again.items() if v})
    assert second.status == (304 if outlet.validators else 200)
    assert (second.body == b"") == bool(outlet.validators)
    assert second.headers.get("Etag") == first.headers.get("Etag")


@pytest.mark.parametrize("name", ["harbour-courier", "eastern-ledger"])
async def test_news_ends_the_304(newsroom: Newsroom, visitor: Visitor, clock: Clock, name: str) -> None:
    """As soon as an outlet has news, old validators bring the new document."""
    outlet = newsroom.outlets[name]
    clock.now = START
    first = await visitor.get(outlet, outlet.feed_path)
    clock.now = WRITTEN
    again = {"If_None_Match": first.headers.get("Etag"), "If_Modified_Since": first.headers.get("Last-Modified")}
    second = await visitor.get(outlet, outlet.feed_path, **{k: v for k, v in again.items() if v})
    assert second.status == 200
    assert second.body != first.body


async def test_etag_rules_over_date(newsroom: Newsroom, visitor: Visitor) -> None:
    """A wrong entity tag brings the document even when the date says unchanged (RFC 9110, 13.2.2)."""
    outlet = newsroom.outlets["signal-radio"]
    first = await visitor.get(outlet, outlet.feed_path)
    since = first.headers["Last-Modified"]
    second = await visitor.get(outlet, outlet.feed_path, If_None_Match='"old"', If_Modified_Since=since)
    assert second.status == 200


@EACH_OUTLET
async def test_page_shows_article_in_its_theme(newsroom: Newsroom, visitor: Visitor, outlet: Outlet) -> None:
    """Each article's page holds title, every paragraph, the outlet's noise, and the reserved teaser word."""
    piece = next(each for each in _newest(newsroom, outlet) if not each.walled)
    answer = await visitor.get(outlet, _path(piece, outlet))
    page = answer.text.replace("&#34;", '"').replace("&#39;", "'")
    assert answer.status == 200
    assert piece.title in page
    assert all(paragraph in page for paragraph in piece.paragraphs)
    assert TEASER_WORD in page


async def test_themes_differ(newsroom: Newsroom, visitor: Visitor) -> None:
    """No two outlets share a theme, and one of them uses opaque class names only."""
    pages = {outlet.name: (await visitor.get(outlet, "/")).text for outlet in OUTLETS}
    styles = {re.sub(r"\s+", " ", page.split("</head>")[0].split("<style>")[-1]) for page in pages.values()}
    assert len(styles) == len(OUTLETS)
    page = (await visitor.get(newsroom.outlets["signal-radio"], "/listen-and-read/quay-7-warehouse-lost/")).text
    assert all(re.fullmatch(r"[a-z]\d[a-z]", name) for name in re.findall(r'class="([^"]+)"', page))
    assert "<article" not in page


@EACH_OUTLET
async def test_front_page_lists_articles_that_answer(newsroom: Newsroom, visitor: Visitor, outlet: Outlet) -> None:
    """Every link to an article on a front page answers 200."""
    front = (await visitor.get(outlet, "/")).text.replace("&amp;", "&")
    paths = {_path(piece, outlet) for piece in _newest(newsroom, outlet)}
    assert paths <= set(re.findall(r'(?i)href="([^"]+)"', front))
    assert {(await visitor.get(outlet, path)).status for path in paths} == {200}


async def test_consent_wall_stands_until_consent(newsroom: Newsroom, visitor: Visitor) -> None:
    """A walled page shows the wall and not one paragraph; after consent it shows the article."""
    outlet = newsroom.outlets["daily-lantern"]
    piece = next(each for each in newsroom.published(WRITTEN) if each.walled)
    path = _path(piece, outlet)
    wall = await visitor.get(outlet, path)
    assert wall.status == 200
    assert "partners" in wall.text
    assert not any(paragraph in wall.text for paragraph in piece.paragraphs)
    consented = await visitor.get(outlet, f"{path}?consent=yes")
    assert (consented.status, consented.headers["Location"]) == (303, path)
    cookie = consented.headers["Set-Cookie"].split(";")[0]
    assert piece.paragraphs[0] in (await visitor.get(outlet, path, Cookie=cookie)).text


async def test_link_with_campaign_parameters_answers(newsroom: Newsroom, visitor: Visitor) -> None:
    """The link that a feed gives, campaign parameters included, leads to the page that names its canonical address."""
    outlet = newsroom.outlets["daily-lantern"]
    page = await visitor.get(outlet, f"/stories/four-minute-heist{outlet.link_suffix}")
    assert f'rel="canonical" href="{outlet.root(visitor.port)}/stories/four-minute-heist"' in page.text


async def test_counter_moves_and_comments_stay(newsroom: Newsroom, visitor: Visitor, clock: Clock) -> None:
    """Asked twice a page differs only in what counts visits and in what is related."""
    outlet = newsroom.outlets["harbour-courier"]
    first = (await visitor.get(outlet, "/news/solberg-bridge-closed")).text
    clock.now += timedelta(seconds=70)
    second = (await visitor.get(outlet, "/news/solberg-bridge-closed")).text
    counter = re.compile(r"Visited (\d+) times")
    assert int(counter.findall(second)[0]) == int(counter.findall(first)[0]) + 10
    comments = re.compile(r'class="comment-list".*?</ol>', re.DOTALL)
    assert comments.findall(first) == comments.findall(second)


@EACH_OUTLET
async def test_unknown_page_is_404(visitor: Visitor, outlet: Outlet) -> None:
    """An address nobody gave out is answered 404, and robots.txt allows articles."""
    assert (await visitor.get(outlet, "/no/such/page")).status == 404
    robots = await visitor.get(outlet, "/robots.txt")
    assert (robots.status, "User-agent: *" in robots.text) == (200, True)


async def test_plain_host_lists_outlets_and_opml(visitor: Visitor) -> None:
    """The plain host lists every outlet, and its OPML names every feed with the port that answers."""
    index = (await visitor.get(None, "/")).text
    opml = ET.fromstring((await visitor.get(None, "/newsroom.opml")).body)  # noqa: S314 - our own document
    feeds = [outline.get("xmlUrl") for outline in opml.iter("outline") if outline.get("xmlUrl")]
    assert feeds == [outlet.root(visitor.port) + outlet.feed_path for outlet in OUTLETS]
    assert all(outlet.root(visitor.port) in index for outlet in OUTLETS)
    assert (await visitor.get(None, "/elsewhere")).status == 404


async def test_reserved_word_leads_nowhere_in_feeds(visitor: Visitor) -> None:
    """No feed holds the reserved word, so that only noise on pages could ever alert."""
    bodies = [(await visitor.get(outlet, outlet.feed_path)).text for outlet in OUTLETS]
    assert not [body for body in bodies if TEASER_WORD in body]
