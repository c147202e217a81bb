"""What a page's head says about itself."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from pipeline.articles.metadata import Metadata, parse_date, read_metadata
from pipeline.articles.parse import parse


def read(head: str, body: str = "<p>x</p>", html: str = "") -> Metadata:
    tree = parse(f"<html {html}><head>{head}</head><body>{body}</body></html>")
    assert tree is not None
    return read_metadata(tree)


def ld(value: object) -> str:
    return f'<script type="application/ld+json">{json.dumps(value)}</script>'


ARTICLE = {
    "@type": "NewsArticle",
    "headline": "Lock closes",
    "author": [{"@type": "Person", "name": "Ida Berg"}, {"@type": "Person", "name": "Ola Ek"}],
    "publisher": {"@type": "Organization", "name": "Harbour Post"},
    "datePublished": "2025-04-27T08:00:00+02:00",
    "inLanguage": "sv-SE",
}


@pytest.mark.parametrize(
    "value",
    [ARTICLE, [{"@type": "WebSite"}, ARTICLE], {"@graph": [{"@type": "WebPage"}, ARTICLE]}, {"mainEntity": ARTICLE}],
    ids=["alone", "in a list", "in a graph", "as main entity"],
)
def test_reads_json_ld(value: object) -> None:
    """The article's own node is found wherever publishers put it."""
    found = read(ld(value))
    assert (found.title, found.byline, found.site, found.language) == (
        "Lock closes",
        "Ida Berg, Ola Ek",
        "Harbour Post",
        "sv",
    )
    assert found.published_at == datetime(2025, 4, 27, 6, tzinfo=UTC)


def test_reads_meta_and_link() -> None:
    """Open Graph, meta and link are read where there is no JSON-LD."""
    found = read(
        '<meta property="og:title" content="Lock &amp; gate"><meta property="og:site_name" content="Harbour Post">'
        '<meta name="author" content="Ida Berg"><link rel="canonical" href="https://harbour.example/lock">'
        '<meta property="article:published_time" content="2025-04-27T08:00:00Z">',
        html='lang="en-GB"',
    )
    assert found == Metadata(
        title="Lock & gate",
        byline="Ida Berg",
        site="Harbour Post",
        language="en",
        canonical_url="https://harbour.example/lock",
        published_at=datetime(2025, 4, 27, 8, tzinfo=UTC),
        sources=dict.fromkeys(("title", "byline", "site", "language", "published_at"), "meta"),
    )


SILENT = {
    "broken json": '<script type="application/ld+json">{"@type": "NewsArticle", </script>',
    "deep json": f'<script type="application/ld+json">{"[" * 100_000}</script>',
    "json of another kind": ld({"@type": "Product", "headline": "A chair", "datePublished": "2020-01-01"}),
    "values of wrong types": ld({"@type": "NewsArticle", "headline": 7, "author": 3.5, "datePublished": {"a": []}}),
    "author that is an address": '<meta property="article:author" content="https://social.example/ida">',
}


@pytest.mark.parametrize("head", SILENT.values(), ids=SILENT.keys())
def test_nonsense_says_nothing(head: str) -> None:
    """What cannot be read is passed over."""
    found = read(head)
    assert (found.title, found.byline, found.published_at) == ("", "", None)


def test_title_falls_back_on_the_one_heading() -> None:
    """One first heading is the title; several are not, and the title element is read."""
    assert read("<title>Lock - Post</title>", "<h1>Lock</h1>").title == "Lock"
    assert read("<title>Lock - Post</title>", "<h1>Lock</h1><h1>Post</h1>").title == "Lock - Post"


def test_json_with_raw_line_ends_is_read() -> None:
    """Publishers put raw line ends into JSON strings."""
    head = '<script type="application/ld+json">{"@type": "Article", "headline": "Two\nlines"}</script>'
    assert read(head).title == "Two lines"


DATES = {
    "zone": ("2025-04-27T08:00:00+02:00", datetime(2025, 4, 27, 8, tzinfo=timezone(timedelta(hours=2)))),
    "without zone is UTC": ("2025-04-27T08:00:00", datetime(2025, 4, 27, 8, tzinfo=UTC)),
    "day": ("2025-04-27", datetime(2025, 4, 27, tzinfo=UTC)),
    "impossible day": ("2025-02-31", None),
    "impossible hour": ("2025-02-01T25:61:00Z", None),
    "seconds of an epoch": ("1700000000", None),
    "beyond the calendar": ("0001-01-01T00:00:00+14:00", None),
    "words": ("yesterday", None),
    "empty": ("", None),
}


@pytest.mark.parametrize(("text", "date"), DATES.values(), ids=DATES.keys())
def test_dates(text: str, date: datetime | None) -> None:
    """F23: a date is read if it is one, else there is none."""
    assert parse_date(text) == date


def test_each_value_keeps_where_it_stood() -> None:
    """JSON-LD, meta and the page's own text are told apart, and the time of the last change is read."""
    data = (
        '{"@type": "NewsArticle", "headline": "Lock closes", "datePublished": "2025-04-27T08:00Z",'
        ' "dateModified": "2025-04-28T09:30:00+02:00"}'
    )
    found = read(f'<meta name="author" content="Ida Berg"><script type="application/ld+json">{data}</script>')
    assert found.modified_at == datetime(2025, 4, 28, 7, 30, tzinfo=UTC)
    assert found.sources == {
        "title": "json-ld",
        "byline": "meta",
        "published_at": "json-ld",
        "modified_at": "json-ld",
    }
    assert read("<title>Lock closes</title>").sources == {"title": "text"}
