"""News sitemaps and indexes of sitemaps are feeds too."""

from datetime import UTC, datetime

import pytest

from pipeline.errors import Permanent
from tests.feeds.documents import URL, read

ROOT = (
    '<?xml version="1.0" encoding="UTF-8"?><!-- made by hand -->\n'
    '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    ' xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">{}</urlset>'
)
PAGE = (
    "<url><loc>https://gazette.example/{n}?a=1&amp;b=2</loc><news:news><news:publication><news:name>The Gazette"
    "</news:name><news:language>en</news:language></news:publication><news:publication_date>2026-11-2{n}T08:00:00+01:00"
    "</news:publication_date><news:title>Dam &amp; bridge {n}</news:title></news:news></url>"
)
PLAIN = "<url><loc>https://gazette.example/about</loc><lastmod>2026-01-01</lastmod></url>"
INDEX = '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{}</sitemapindex>'


def part(path: str, at: str = "", host: str = "feeds.example") -> str:
    """Give one line of an index."""
    return f"<sitemap><loc>https://{host}/{path}</loc><lastmod>{at}</lastmod></sitemap>"


@pytest.mark.parametrize("media_type", ["application/xml", "text/html", "text/plain", "application/octet-stream"])
def test_a_news_sitemap_is_a_feed(media_type: str) -> None:
    """F30: title, page, time and language of each news page, whatever the server calls it; other pages are none."""
    parsed = read(ROOT.format(PAGE.format(n=1) + PLAIN + PAGE.format(n=2)), content_type=media_type)
    assert (parsed.format, parsed.title, parsed.language, parsed.complete) == ("newssitemap", "The Gazette", "en", True)
    first, second = parsed.entries
    assert (first.title, first.url) == ("Dam & bridge 1", "https://gazette.example/1?a=1&b=2")
    assert first.identity == first.url
    assert second.published_at == datetime(2026, 11, 22, 7, 0, tzinfo=UTC)


def test_an_empty_news_sitemap_is_a_feed() -> None:
    """A quiet weekend leaves none: a news sitemap holds two days only."""
    assert read(ROOT.format("")).entries == ()


def test_prefixes_are_the_publishers() -> None:
    """Another prefix, or one for the sitemap itself, means the same."""
    document = ROOT.format(PAGE.format(n=1)).replace("news:", "n:").replace("xmlns:n:", "xmlns:n").replace(":n=", ":n=")
    assert len(read(document.replace("<url", "<s:url").replace("</url", "</s:url")).entries) == 1


def test_a_sitemap_without_news_is_refused_in_words() -> None:
    """F19: it lists every page a site ever had."""
    plain = ROOT.replace(' xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"', "")
    with pytest.raises(Permanent, match="sitemap without news"):
        read(plain.format(PLAIN))


def test_a_sitemap_cut_short_is_not_complete() -> None:
    """F4: what was lost comes with the next poll."""
    parsed = read(ROOT.format(PAGE.format(n=1) + PAGE.format(n=2))[:-120])
    assert not parsed.complete
    assert len(parsed.entries) >= 1


def test_an_index_names_its_parts() -> None:
    """News first, then the newest; parts of other owners are none."""
    lines = (
        part("old.xml", "2026-01-01") + part("new.xml", "2026-11-01") + part("news/1.xml") + part("x", host="o.example")
    )
    parsed = read(INDEX.format(lines))
    expected = [f"https://feeds.example/{path}" for path in ("news/1.xml", "new.xml", "old.xml")]
    assert (parsed.format, parsed.entries, list(parsed.parts)) == ("sitemapindex", (), expected)


@pytest.mark.parametrize("doctype", ['<!DOCTYPE x [<!ENTITY a "b">]>', f'<!DOCTYPE x [<!ENTITY a SYSTEM "{URL}">]>'])
def test_entities_are_refused(doctype: str) -> None:
    """S17: no sitemap needs them."""
    with pytest.raises(Permanent):
        read(doctype + ROOT.partition("\n")[2].format(PAGE.format(n=1)))


def test_entries_are_capped() -> None:
    """S30: beyond the limit they are counted, not read."""
    parsed = read(ROOT.format(PAGE.format(n=1) * 5), entry_limit=2)
    assert (len(parsed.entries), parsed.skipped_count) == (1, 4)
