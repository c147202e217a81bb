"""What entries come out of a document, whatever its format and state of repair."""

import json
from datetime import UTC, datetime

import pytest

from pipeline.errors import Permanent
from pipeline.feeds.parse import CONTENT_LENGTH, SUMMARY_LENGTH, TITLE_LENGTH
from pipeline.model import Reason
from tests.feeds.documents import atom, numbered, read, rss

RSS = rss(
    "<item><guid isPermaLink='false'>g1</guid><link>https://gazette.example/1</link><title>Flood &amp;amp; fire</title>"
    "<description>&lt;p&gt;Short.&lt;/p&gt;</description><dc:creator>Ada Bell</dc:creator>"
    "<content:encoded><![CDATA[<p>One.</p><p>Two.</p>]]></content:encoded>"
    "<pubDate>Mon, 02 Nov 2026 11:00:00 +0100</pubDate></item>",
    channel="<language>en-GB</language>",
    root='xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/"',
)
ATOM = atom(
    '<entry xml:lang="en-GB"><id>g1</id><link href="https://gazette.example/1"/>'
    '<title type="html">Flood &amp;amp; fire</title>'
    "<summary>Short.</summary><author><name>Ada Bell</name></author>"
    '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>One.</p><p>Two.</p></div></content>'
    "<published>2026-11-02T10:00:00Z</published><updated>2026-11-03T10:00:00Z</updated></entry>"
)
JSON = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "The Gazette",
        "language": "en-GB",
        "items": [
            {
                "id": "g1",
                "url": "https://gazette.example/1",
                "title": "Flood & fire",
                "summary": "Short.",
                "content_html": "<p>One.</p><p>Two.</p>",
                "authors": [{"name": "Ada Bell"}],
                "date_published": "2026-11-02T10:00:00Z",
            }
        ],
    }
)


@pytest.mark.parametrize(
    ("document", "kind"), [(RSS, "rss20"), (ATOM, "atom10"), (JSON, "json11")], ids=["rss", "atom", "json"]
)
def test_every_format_says_the_same(document: str, kind: str) -> None:
    """One entry comes out alike, whichever format carried it (F30, F43: by content alone)."""
    parsed = read(document, "text/html; charset=utf-8")
    (entry,) = parsed.entries
    assert (parsed.title, parsed.format, parsed.complete) == ("The Gazette", kind, True)
    assert (entry.identity, entry.guid, entry.url) == ("g1", "g1", "https://gazette.example/1")
    assert (entry.title, entry.summary, entry.content) == ("Flood & fire", "Short.", "One.\nTwo.")
    assert (entry.author, entry.language) == ("Ada Bell", "en-GB")
    assert entry.published_at == datetime(2026, 11, 2, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/octet-stream", "image/png", "no type; at; all"]
)
@pytest.mark.parametrize("document", [RSS, ATOM, JSON], ids=["rss", "atom", "json"])
def test_the_media_type_decides_nothing(document: str, content_type: str) -> None:
    """F30: a feed is what reads as one, whatever its server calls it."""
    assert [entry.identity for entry in read(document, content_type).entries] == ["g1"]


NOT_FEEDS = {
    "empty": b"",
    "spaces": b" \n ",
    "a challenge page": b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>wait</body></html>",
    "a login page": b"<html><body><form action=/login></form></body></html>",
    "an error in JSON": b'{"error": "maintenance", "items": []}',
    "JSON cut short": JSON.encode()[:-20],
    "JSON that is a list": b"[1, 2]",
    "JSON too deep": b'{"a":' * 100_000,
    "a sitemap": b'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"></urlset>',
    "OPML": b'<opml version="2.0"><body><outline text="a" xmlUrl="https://a.example/"/></body></opml>',
    "plain words": b"Service unavailable",
    "an image": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
}


@pytest.mark.parametrize("body", NOT_FEEDS.values(), ids=NOT_FEEDS)
def test_what_is_no_feed_says_so(body: bytes) -> None:
    """F19: a page that answers 200 in a feed's place is an error, whatever it is called."""
    with pytest.raises(Permanent) as caught:
        read(body, "application/rss+xml")
    assert caught.value.reason is Reason.NOT_A_FEED
    assert str(caught.value)


def test_an_empty_feed_is_a_feed() -> None:
    """A feed without entries is no error."""
    assert read(numbered()).entries == ()


DAMAGED = {
    "bare ampersand": numbered(1, 2).replace("Story 1", "Salt & Pepper"),
    "HTML's entities": numbered(1, 2).replace("Story 1", "Caf&eacute;&nbsp;&mdash; Story 1"),
    "control character": numbered(1, 2).replace("Story 1", "Story\x0b 1"),
    "control reference": numbered(1, 2).replace("Story 1", "Story&#0; 1"),
    "words before it": "<br />\nWarning: out of memory\n" + numbered(1, 2),
    "blank line before the declaration": '\n\n<?xml version="1.0"?>' + numbered(1, 2),
    "undeclared prefix": numbered(1, 2).replace("<title>Story 1", "<media:thing/><title>Story 1"),
    "words after it": numbered(1, 2) + "<!-- cached --> 0.3 s",
    "a tag never closed": numbered(1, 2).replace("Story 1", "Story <b>1"),
    "its own prefix undeclared": numbered(1, 2)
    .replace("<item", "<rss:item").replace("</item", "</rss:item").replace("<title", "<rss:title")
    .replace("</title", "</rss:title").replace("<link", "<rss:link").replace("</link", "</rss:link")
    .replace("<guid", "<rss:guid").replace("</guid", "</rss:guid"),
}  # fmt: skip


@pytest.mark.parametrize("document", DAMAGED.values(), ids=DAMAGED)
def test_damaged_feeds_lose_no_entry(document: str) -> None:
    """F4: a feed that is damaged but goes to its end is whole, and all its entries are there."""
    parsed = read(document)
    assert [entry.identity for entry in parsed.entries] == ["1", "2"]
    assert all(entry.title and entry.url for entry in parsed.entries)
    assert parsed.complete


CUTS = {
    "behind the last entry": ("</channel></rss>", ["1", "2", "3"]),
    "in the last end tag": ("m></channel></rss>", ["1", "2"]),
    "in a title": ("ory 3</title>", ["1", "2"]),
    "in a guid": ("</guid><link>https://gazette.example/3", ["1", "2"]),
    "before the last entry": ("<item><guid isPermaLink='false'>3", ["1", "2"]),
}


@pytest.mark.parametrize(("end", "whole"), CUTS.values(), ids=CUTS)
def test_a_document_that_ends_early_is_not_complete(end: str, whole: list[str]) -> None:
    """F4: the entries it has whole are read, half an entry is not, and that it was cut is known."""
    document = numbered(1, 2, 3)
    parsed = read(document[: document.rindex(end)])
    assert [entry.identity for entry in parsed.entries] == whole
    assert not parsed.complete


def test_two_entries_with_one_link_stay_two() -> None:
    """F20: no guid, one link, two titles: two entries, with the same identities at every poll."""
    item = "<item><link>https://gazette.example/live</link><title>{}</title></item>"
    document = rss(item.format("Flood") + item.format("Fire"))
    found = [tuple(entry.identity for entry in read(document).entries) for _ in range(5)]
    assert len(set(found[0])) == 2
    assert len(set(found)) == 1


def test_the_first_of_repeated_guids_wins() -> None:
    """F33: the first wins, the others are counted."""
    parsed = read(numbered(1, 2).replace("</channel>", "<item><guid>2</guid><title>Other</title></item></channel>"))
    assert [entry.title for entry in parsed.entries] == ["Story 1", "Story 2"]
    assert (parsed.skipped_count, parsed.repeated_count) == (1, 1)


def test_an_entry_with_nothing_but_words_is_kept() -> None:
    """F20: neither id nor link: still an entry."""
    (entry,) = read(rss("<item><description>Only words.</description></item>")).entries
    assert entry.identity
    assert (entry.url, entry.summary) == ("", "Only words.")


def test_atom_text_is_taken_at_its_word() -> None:
    """An Atom title of type text that shows a tag means the tag."""
    (entry,) = read(atom("<entry><id>1</id><title>The &lt;b&gt; element</title></entry>")).entries
    assert entry.title == "The <b> element"


def test_markup_in_titles_is_no_markup_any_more() -> None:
    """S12: a title is text, whatever it tries."""
    (entry,) = read(rss("<item><title>&lt;img src=x onerror=alert(1)&gt; a</title></item>")).entries
    assert entry.title == "a"


def test_control_characters_do_not_reach_the_store() -> None:
    """F29: NUL and C0 are gone from every member."""
    record = {"id": "a\u0000", "title": "b\u0000\ud800", "content_text": "c\u000b", "url": "https://g.example/\u0000"}
    document = {"version": "https://jsonfeed.org/version/1", "title": "d\u0001", "items": [record]}
    parsed = read(json.dumps(document))
    (entry,) = parsed.entries
    assert (parsed.title, entry.guid, entry.title, entry.content, entry.url) == (
        "d",
        "a",
        "b",
        "c",
        "https://g.example/",
    )


def test_json_ids_may_be_numbers() -> None:
    """F43: a number is the same id as its digits; whatever has the wrong type counts as absent."""
    items = [{"id": 7, "title": "a"}, {"id": "7"}, {"id": 8.0, "title": ["x"]}, {"id": True, "title": "c"}, "nonsense"]
    parsed = read(json.dumps({"version": "https://jsonfeed.org/version/1", "items": items}))
    assert [entry.identity for entry in parsed.entries][:2] == ["7", "8"]
    assert (len(parsed.entries), parsed.skipped_count, parsed.format) == (3, 2, "json10")


def test_dates_are_kept_as_written_and_as_meant() -> None:
    """F23: raw and parsed; what cannot be right is None."""
    items = "<item><guid>1</guid><pubDate>1700000000</pubDate></item><item><guid>2</guid><pubDate>soon</pubDate></item>"
    first, second = read(rss(items)).entries
    assert (first.published_raw, first.published_at) == ("1700000000", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC))
    assert (second.published_raw, second.published_at) == ("soon", None)


def test_long_texts_are_cut() -> None:
    """S30: no entry is larger than what is kept."""
    words = "word " * 200_000
    item = f"<item><title>{words}</title><description>{words}</description>"
    item += f"<content:encoded>{words}</content:encoded></item>"
    (entry,) = read(rss(item, root='xmlns:content="http://purl.org/rss/1.0/modules/content/"')).entries
    assert (len(entry.title), len(entry.summary), len(entry.content)) == (TITLE_LENGTH, SUMMARY_LENGTH, CONTENT_LENGTH)


def test_entries_beyond_the_limit_are_counted() -> None:
    """S30: the first entries count, the document's end is not lost with the others."""
    document = numbered(*range(30)).replace("</channel>", "<ttl>90</ttl></channel>")
    parsed = read(document, entry_limit=10)
    assert [entry.identity for entry in parsed.entries] == [str(n) for n in range(10)]
    assert (parsed.skipped_count, parsed.minimum_interval_seconds, parsed.complete) == (20, 5400, True)


def test_a_document_of_a_million_entries_costs_little() -> None:
    """S30: what is beyond the limit is not even parsed."""
    parsed = read(rss("<item/>" * 1_000_000), entry_limit=100)
    assert parsed.skipped_count == 999_999  # all of them say the same: nothing
