"""The readers of foreign text: what each is given, and how long it may take.

In: nothing. Out: `ENTRY_POINTS`, each with seeds of its own. Trap: an error of our tree is a good answer; a page is
read in a child process, whose death by any other exception costs that page a second try.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from pipeline.alerts.channels.targets import WebhookTarget
from pipeline.alerts.channels.webhook import failure_of
from pipeline.alerts.query.notes import notes
from pipeline.alerts.query.spell import spell
from pipeline.alerts.query.syntax import parse_query
from pipeline.alerts.subscriptions_file import read_subscriptions
from pipeline.articles import Hint, decode
from pipeline.articles.extract import extract_page
from pipeline.articles.robots import delay_seconds, judge, renewed
from pipeline.errors import StorywatchError
from pipeline.feeds.feedlinks import feed_links
from pipeline.feeds.opml import read_opml
from pipeline.feeds.parse import parse
from pipeline.model import Response

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
URL = "https://paper.example/feed"

RSS = b"""<?xml version="1.0"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"
xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:media="http://search.yahoo.com/mrss/"><channel>
<title>Paper</title><link>https://paper.example/</link><language>en</language><ttl>60</ttl>
<skipHours><hour>3</hour></skipHours><item><title>Ferry &amp; harbour</title><link>/a/1?x=1</link>
<guid isPermaLink="false">g1</guid><pubDate>Tue, 24 Nov 2026 10:00:00 +0100</pubDate><dc:creator>A. Writer</dc:creator>
<description><![CDATA[<p>The ferry is <b>late</b>.</p>]]></description>
<content:encoded>&lt;p&gt;Late.&lt;/p&gt;</content:encoded>
<media:content url="/p.jpg" width="10"/></item></channel></rss>"""
ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://paper.example/x/"><title type="html">P</title>
<link rel="hub" href="https://hub.example/"/><link rel="self" href="feed"/><entry><id>urn:1</id><title>One</title>
<link href="../a/1"/><updated>2026-11-24T10:00:00.5Z</updated><content type="xhtml"><div>Text</div></content>
</entry></feed>"""
JSON_FEED = b"""{"version": "https://jsonfeed.org/version/1.1", "title": "P", "items": [{"id": 1, "url": "/a/1",
"content_html": "<p>x</p>", "date_published": "2026-11-24T10:00:00Z", "authors": [{"name": "A"}], "tags": ["t"]}]}"""
SITEMAP = b"""<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>https://paper.example/a/1</loc><news:news>
<news:publication><news:name>P</news:name><news:language>en</news:language></news:publication>
<news:publication_date>2026-11-24</news:publication_date><news:title>One</news:title></news:news></url></urlset>"""
OPML = b"""<opml version="2.0"><head><title>mine</title></head><body><outline text="World"><outline type="rss"
text="Herald" title="H" xmlUrl="https://herald.example/rss" category="/a/b"/></outline></body></opml>"""
PAGE = (
    b"""<!doctype html><html lang=en><head><meta charset=utf-8><title>Ferry late</title><link rel=canonical href="/a/1">
<meta property="article:published_time" content="2026-11-24T10:00:00Z"><script type="application/ld+json">
{"@type":"NewsArticle","headline":"Ferry late","datePublished":"2026-11-24","author":[{"name":"A"}]}</script></head>
<body><nav><a href="/">Front</a></nav><main><article><h1>Ferry late</h1>"""
    + b"<p>The ferry to the island left an hour late on Tuesday, the harbour office said, because of fog.</p>" * 8
    + b"<table><tr><td>1</td></tr></table></article></main><div class=comments><p>So late!</p></div></body></html>"
)
ROBOTS = b"User-agent: *\nCrawl-delay: 5\nDisallow: /private/*.html$\nAllow: /\nSitemap: https://paper.example/s.xml\n"
QUERIES = (
    b'harbour AND (ferry OR "late boat"~3) NOT title:rumour', b"NEAR/5(ferry, harbour) lang:en site:paper.example",
    b"ferr* colour~1 /fer+y/ date:>2026-01-01 folder:world", b'"ferry harbour" OR (a AND NOT b)',
    "ёлка OR 渡船".encode(),
)  # fmt: skip
RULES = b"""[[subscription]]
name = "Harbour"
query = "harbour AND ferry"
channels = ["desk"]
[subscription.rule]
quiet = ["22:00-06:00"]
digest_minutes = 30
"""
HEADERS = (b"retry-after: 120\nlink: <https://h.example/>; rel=hub", b"retry-after: Tue, 24 Nov 2026 10:00:00 GMT")


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """One reader."""

    name: str
    read: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    seconds: float  #: of processor, for documents of `mutate.LONGEST_BYTES`

    def answer(self, document: bytes) -> None:
        """Let it read; returns if it gave a value or an error of our tree, raises what else it raised."""
        with suppress(StorywatchError):
            self.read(document)


def _query(document: bytes) -> None:
    text = document.decode("utf-8", "replace")
    spell(parse_query(text))
    notes(text)


def _page(document: bytes) -> None:
    extract_page(decode(document, "text/html"), "https://paper.example/a/1", Hint("Ferry late", "The ferry is late."))


def _rules(document: bytes) -> None:
    read_subscriptions(document.decode("utf-8", "replace"), None)


def _robots(document: bytes) -> None:
    copy = renewed("https://paper.example", None, Response(URL, 200, {}, document, 0), NOW)
    judge(copy, "https://paper.example/a/1", "storywatch", NOW)
    delay_seconds(copy, "storywatch")


def _answer(document: bytes) -> None:
    lines = document.decode("latin-1").split("\n")
    headers = {name: value for name, _, value in (line.partition(":") for line in lines)}
    failure_of(Response(URL, 503, headers, document, 0), WebhookTarget(URL, "whsec_x"), NOW)
    feed_links(document, URL, headers)


ENTRY_POINTS = (
    EntryPoint("feed", lambda document: parse(document, url=URL, now=NOW), (RSS, ATOM, JSON_FEED, SITEMAP), 5),
    EntryPoint("opml", read_opml, (OPML,), 5),
    EntryPoint("page", _page, (PAGE,), 20),
    EntryPoint("query", _query, QUERIES, 2),
    EntryPoint("rules", _rules, (RULES,), 5),
    EntryPoint("robots", _robots, (ROBOTS,), 5),
    EntryPoint("answer", _answer, (*HEADERS, PAGE), 5),
)
