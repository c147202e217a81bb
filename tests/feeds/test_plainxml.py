"""The fast reader of sound documents says what the lenient one says, or nothing."""

import zipfile
from pathlib import Path

import pytest

from pipeline.errors import Permanent
from pipeline.feeds.decode import decode
from pipeline.feeds.mending import cut_entries, mend
from pipeline.feeds.plainxml import read_plain
from pipeline.feeds.raw import RawFeed
from pipeline.feeds.text import clean_text
from pipeline.feeds.xmlfeed import read_lenient
from tests.feeds.documents import ITEM, URL, atom, numbered, rss

NAMESPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:atom="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/"'
    ' xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"'
    ' xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'
)


def both(text: str, limit: int = 2000) -> tuple[RawFeed | None, RawFeed | None]:
    """Read by the fast reader and by the lenient one; None where a reader refuses."""
    cut, skipped_count = cut_entries(mend(text), limit)
    try:
        return read_plain(cut, URL, skipped_count), read_lenient(text, URL, limit)
    except Permanent:
        return read_plain(cut, URL, skipped_count), None


def item(inside: str) -> str:
    """Give an RSS document with one item in it."""
    return rss(f"<item>{inside}</item>", root=NAMESPACES)


def entry(inside: str, root: str = "") -> str:
    """Give an Atom document with one entry in it."""
    return atom(f"<link href='https://gazette.example/'/><entry>{inside}</entry>", root)


SAME = {
    "plain": numbered(1, 2),
    "markup in a title": item("<title>&lt;b&gt;Flood&lt;/b&gt; &amp;amp; fire</title>"),
    "what only looks like markup": item("<title>a &lt; b, List&lt;String&gt;</title>"),
    "entities in a title": item("<title>Caf&amp;eacute;</title>"),
    "UTF-8 taken for Latin-1": item("<title>CafÃ© in MÃ¼nchen</title>"),
    "Windows' quotes": item("<title>\x93yes\x94</title>"),
    "content and summary": item("<content:encoded>&lt;p&gt;a&lt;/p&gt;</content:encoded><description>b</description>"),
    "only content": item("<content:encoded>&lt;p&gt;a&lt;/p&gt;</content:encoded>"),
    "a guid that is the page": item("<guid>https://gazette.example/1</guid>"),
    "a guid that is none": item("<guid isPermaLink='false'>https://gazette.example/1</guid>"),
    "a guid before the link": item("<guid>https://gazette.example/1</guid><link>https://gazette.example/2</link>"),
    "a permanent link in capitals": item("<guid isPermaLink='TRUE'>https://gazette.example/1</guid>"),
    "two links": item("<link>https://gazette.example/1</link><link>https://gazette.example/2</link>"),
    "an Atom link": item("<atom:link href='https://gazette.example/1'/><link>https://gazette.example/2</link>"),
    "a relative link": item("<link>/1?a=1&amp;amp;b=2</link>"),
    "FeedBurner": item(
        "<link>https://f.example/1</link><feedburner:origLink>https://o.example/1</feedburner:origLink>"
    ),
    "a creator": item("<dc:creator>Ada Bell</dc:creator><dc:date>2026-11-02</dc:date>"),
    "an author with an address": item("<author>ada@gazette.example (Ada Bell)</author>"),
    "media": item("<title>a</title><media:content url='x'><media:title>b</media:title></media:content>"),
    "an enclosure": item("<enclosure url='https://e.example/a.mp3' type='audio/mpeg' length='1'/>"),
    "what the channel says": rss(
        ITEM.format(n=1),
        "<ttl>60</ttl><sy:updatePeriod>daily</sy:updatePeriod><language>en-gb</language><skipHours><hour>3</hour>"
        "</skipHours><atom:link rel='self' href='/self'/><atom:link rel='hub' href='https://hub.example/'/>"
        "<image><title>x</title><url>https://e.example/i</url><link>https://e.example/</link></image>",
        root=NAMESPACES,
    ),
    "Atom": entry("<id>1</id><title type='html'>&lt;i&gt;a&lt;/i&gt;</title><updated>2026-11-02T10:00:00Z</updated>"),
    "an Atom title with a tag": entry("<id>1</id><title>&lt;b&gt;</title>"),
    "Atom content": entry("<id>1</id><content type='html' xml:lang='de_AT'>&lt;p&gt;a&lt;/p&gt;</content>"),
    "a language with a space before its sign": item("<title xml:lang ='de'>a</title>"),
    "an Atom author": entry("<id>1</id><author><name>Ada</name><email>ada@e.example</email><uri>x</uri></author>"),
    "Atom links": entry("<id>1</id><link rel='edit' href='/e'/><link href='/a'/><link rel='enclosure' href='/m'/>"),
    "an Atom id that is the page": entry("<id>https://gazette.example/1</id>"),
    "a base that is not needed": entry(
        "<id>a:1</id><link href='https://e.example/1'/>", 'xml:base="https://x.example/"'
    ),
    "instructions": "<?xml-stylesheet href='x'?>" + numbered(1),
    "comments": numbered(1).replace("<title>Story 1", "<!-- a --><title>Story<!-- b --> 1"),
    "CDATA": item("<title><![CDATA[a & b]]></title><description><![CDATA[<p>a</p>]]></description>"),
}


@pytest.mark.parametrize("text", SAME.values(), ids=SAME)
def test_both_readers_agree(text: str) -> None:
    """What the fast reader takes on, it reads as the lenient one does, member by member."""
    fast, lenient = both(decode(text.encode()))
    assert fast is not None
    assert fast == lenient


UNUSUAL = {
    "damaged": numbered(1)[:-5],
    "a document type": "<!DOCTYPE rss>" + numbered(1),
    "RDF": '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"/>',
    "another version": numbered(1).replace("2.0", "0.91"),
    "markup not escaped": item("<title>a <b>b</b></title>"),
    "two titles": item("<title/><title>a</title>"),
    "two summaries": item("<description>a</description><description>b</description>"),
    "an element that may mean something": item("<id>x</id>"),
    "an unknown namespace": item('<x:y xmlns:x="urn:x"><title>a</title></x:y>'),
    "a medium's description": item("<media:description>a</media:description>"),
    "a medium's title first": item("<media:group><media:title>a</media:title></media:group><title>b</title>"),
    "an entry in an entry": item("<item><title>a</title></item>"),
    "XHTML": entry('<id>1</id><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">a</div></content>'),
    "a source": entry("<id>1</id><source><title>a</title></source>"),
    "base64": entry("<id>1</id><content type='image/png'>AAAA</content>"),
    "a base that is needed": entry("<id>1</id><link href='1'/>", 'xml:base="https://x.example/"'),
    "an author with more than a name": entry("<id>1</id><author><name>a</name><summary>b</summary></author>"),
    "an Atom author without a name": entry("<id>1</id><author>Ada</author>"),
    "a second title behind the entries": numbered(1).replace("</channel>", "<title>x</title></channel>"),
    "a language without its prefix": item("<title lang='fr'>a</title>"),
    "a type in RSS": item("<description type='text'>&lt;p&gt;</description>"),
    "words in the channel's author": atom("<link href='/'/><author><title>x</title></author><entry><id>1</id></entry>"),
    "a web page": "<html><body>x</body></html>",
}


@pytest.mark.parametrize("text", UNUSUAL.values(), ids=UNUSUAL)
def test_what_is_unusual_is_left_to_the_lenient_reader(text: str) -> None:
    """The fast reader knows when it does not know."""
    assert both(decode(text.encode()))[0] is None


def test_content_is_no_summary() -> None:
    """An Atom entry without a summary has none; the lenient parser gives a copy of the content, markup and all."""
    _, lenient = both(
        entry("<id>1</id><content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>a</div></content>")
    )
    assert lenient is not None
    assert (lenient.entries[0].summary, lenient.entries[0].content) == ("", "a")


@pytest.mark.parametrize(
    "text", ["plain words", "caf\u00e9", "e\u0301", " a", "a  b", "a\u00a0b", "a\nb", "a\u00adb", "\ud800"]
)
def test_clean_texts_are_told_from_others(text: str) -> None:
    """The short way through `clean_text` gives what the long way gives."""
    assert clean_text(text) == clean_text(f"{text}  \n")


@pytest.mark.corpus
@pytest.mark.slow
@pytest.mark.parametrize("archive", ["real.zip", "conformance.zip"])
def test_both_readers_agree_on_everything_there_is(shared_data: Path, archive: str) -> None:
    """94 real feeds and 5,000 odd documents: equal wherever the fast reader speaks, which is on most real ones."""
    path = shared_data / "feeds" / archive
    if not path.is_file():
        pytest.skip(f"{archive} is not beside this checkout")
    all_count = fast_count = 0
    with zipfile.ZipFile(path) as opened:
        for name in opened.namelist():
            text = decode(opened.read(name)) if name.endswith(".xml") else ""
            if not text or text.startswith("{"):
                continue
            all_count += 1
            cut, skipped_count = cut_entries(mend(text), 2000)
            fast = read_plain(cut, URL, skipped_count)
            if fast is not None:
                fast_count += 1
                assert fast == read_lenient(text, URL, 2000), name
    assert fast_count > (0.75 if archive == "real.zip" else 0.3) * all_count
