"""Which address an entry's page has."""

import pytest

from tests.feeds.documents import atom, read, rss

ORIGINAL_LINK = (
    "<f:origLink xmlns:f='http://rssnamespace.org/feedburner/ext/1.0'>https://gazette.example/l</f:origLink>"
)
LINKS = {
    "link before guid": ("<guid>https://gazette.example/g</guid><link>https://gazette.example/l</link>", "/l"),
    "guid is a link": ("<guid>https://gazette.example/g</guid>", "/g"),
    "guid is said to be a link": ("<guid isPermaLink='true'>https://gazette.example/g</guid>", "/g"),
    "guid is said to be no link": ("<guid isPermaLink='false'>https://gazette.example/g</guid>", None),
    "guid is a number": ("<guid>4711</guid>", None),
    "guid is a number, said to be a link": ("<guid isPermaLink='true'>4711</guid>", None),
    "guid is a script": ("<guid>javascript:alert(1)</guid>", None),
    "link is a script": ("<link>javascript:alert(1)</link>", None),
    "link is a file": ("<link>file:///etc/passwd</link>", None),
    "link is a script, guid is a link": (
        "<guid>https://gazette.example/g</guid><link>javascript:alert(1)</link>", "/g"
    ),
    "relative to the site": ("<link>/2026/l</link>", "/2026/l"),
    "relative to xml:base": ("<link xml:base='https://gazette.example/sub/'>l</link>", "/sub/l"),
    "spaces and line ends": ("<link>\n  https://gazette.example/l\n</link>", "/l"),
    "query": ("<link>https://gazette.example/l?a=1&amp;b=2</link>", "/l?a=1&b=2"),
    "query in CDATA": ("<link><![CDATA[https://gazette.example/l?a=1&b=2]]></link>", "/l?a=1&b=2"),
    "only to itself": ("<atom:link rel='self' href='https://gazette.example/x'/>", None),
    "an Atom link": ("<atom:link href='https://gazette.example/l'/>", "/l"),
    "an enclosure": ("<enclosure url='https://gazette.example/a.mp3' type='audio/mpeg' length='1'/>", None),
    "behind a counter": (f"<link>https://counter.example/~3/l</link>{ORIGINAL_LINK}", "/l"),
}  # fmt: skip


@pytest.mark.parametrize(("elements", "path"), LINKS.values(), ids=LINKS)
def test_the_link_of_an_entry(elements: str, path: str | None) -> None:
    """F34: link, or a guid that is an address and does not deny it; http(s) only, made absolute."""
    document = rss(f"<item><title>t</title>{elements}</item>", root='xmlns:atom="http://www.w3.org/2005/Atom"')
    (entry,) = read(document).entries
    assert entry.url == (f"https://gazette.example{path}" if path else "")


def test_relative_links_without_a_site() -> None:
    """F34: last, a link is relative to where the feed came from; the guid stays what it is."""
    document = "<rss version='2.0'><channel><item><guid>7</guid><link>a/7.html</link></item></channel></rss>"
    (entry,) = read(document).entries
    assert (entry.identity, entry.url) == ("7", "https://feeds.example/news/a/7.html")


def test_atom_takes_the_alternate_of_several_links() -> None:
    """F34: of an Atom entry's links it is the page."""
    entry = (
        '<entry><id>tag:1</id><title>t</title><link rel="self" href="https://gazette.example/1.atom"/>'
        '<link rel="enclosure" href="https://gazette.example/1.mp3"/><link href="/1" type="text/html"/></entry>'
    )
    (found,) = read(atom(entry, 'xml:base="https://gazette.example/feed/"')).entries
    assert found.url == "https://gazette.example/1"
