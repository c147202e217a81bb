"""What is left of markup, control characters and broken encodings in titles and summaries."""

from collections.abc import Callable
from pathlib import Path
from random import Random
from zipfile import ZipFile

import pytest
from lxml import etree

from pipeline.feeds.text import clean_line, clean_text, has_markup, html_to_text, parsed_text, simple_text
from tests.feeds.growth import grows_evenly

SEEN = {
    "inline tags join": ("Hello <b>wor</b>ld", "Hello world"),
    "blocks are lines": ("<p>one</p><p>two</p>three<br>four", "one\ntwo\nthree\nfour"),
    "list entries are lines": ("<ul><li>one<li>two</ul>", "one\ntwo"),
    "entities": ("a&nbsp;b &amp; c &#8217; &#x1F600;", "a b & c \u2019 \U0001f600"),
    "a comparison is no tag": ("a < b &amp; c > d", "a < b & c > d"),
    "scripts and styles leave nothing": ("<style>p{}</style>a<script>alert(1)</script>b", "ab"),
    "embedded media leave nothing": ("<svg><title>t</title></svg>a<iframe>b</iframe>", "a"),
    "an event handler is markup": ("<img src=x onerror=alert(1)> a", "a"),
    "comments leave nothing": ("a<!-- b -->c", "ac"),
    "source line ends are spaces": ("<p>one\n  two</p>", "one two"),
    "unclosed": ("<p>one <i>two", "one two"),
    "a body of its own": ("<html><head><title>no</title></head><body>yes</body></html>", "yes"),
    "a frame never closed hides nothing": ("a <iframe src='x'> b", "a b"),
    "an object shows what stands in for it": ("a <object data='x'>b</object>", "a b"),
    "a comment never closed hides nothing": ("<p>a<!-- -- b >c</p>", "ac"),
    "a bang is no declaration": ("<p>a <!' b</p>", "a <!' b"),
    "nothing": ("", ""),
    "only markup": ("<p><img></p>", ""),
}


@pytest.mark.parametrize(("markup", "text"), SEEN.values(), ids=SEEN)
def test_html_becomes_what_a_reader_sees(markup: str, text: str) -> None:
    """Titles and summaries are stored as plain text."""
    assert html_to_text(markup) == text


PIECES = (
    *("<p>", "</p>", "<P class='x'>", "<b>", "</b>", '<a href="x">', "</a>", "<br>", "<br/>", "<img src=x>", "<b/>"),
    *("<p/>", "<span>", "</span>", "<i\nlang=fr>", "</i>", "</br>", "<a title='a<br>b'>", "a", "b c", " ", "  "),
    *("\n", "\t", "\u00e9", "\xad", "\u200b", "\x85", "&amp;", "&lt;", "&#8217;", "&nbsp;", "&#x201c;", "&quot;"),
    *("&rsquo;", "&bogus;", "&#133;"),
)


def test_simple_markup_reads_as_the_parser_reads_it() -> None:
    """The short way gives the parser's text or leaves the markup to it, whatever tags stand in whatever order."""
    chance, simple_count = Random(7), 0
    for _ in range(20_000):
        markup = "".join(chance.choices(PIECES, k=chance.randint(1, 9)))
        found = simple_text(markup)
        if found is not None:
            simple_count += 1
            assert found == parsed_text(markup), markup
    assert simple_count > 1000


@pytest.mark.parametrize(
    "markup",
    ["<b><p>a</b>b", "<p>a</b>b<b>c</p>d", "a</p>b", "<script>a</script>", "a <!-- b -->", "<b/>a", "&#133;", "a\rb"],
)
def test_markup_that_is_not_simple_is_left_to_the_parser(markup: str) -> None:
    """What parsers mend in their own ways has no short way."""
    assert simple_text(markup) is None


@pytest.mark.corpus
def test_simple_markup_of_real_feeds_reads_as_the_parser_reads_it(shared_data: Path) -> None:
    """On every text of the real feeds, and a good part of them is simple."""
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True)
    with ZipFile(shared_data / "feeds" / "real.zip") as real:
        roots = [etree.fromstring(real.read(name), parser) for name in real.namelist()]
    texts = [one.text for root in roots if root is not None for one in root.iter() if one.text and "<" in one.text]
    simple = [(text, found) for text in texts if (found := simple_text(text)) is not None]
    assert len(simple) > len(texts) / 10
    for text, found in simple:
        assert found == parsed_text(text)


CLEAN = {
    "NUL and C0": ("a\x00b\x0bc\x1fd\x7f", "abcd"),
    "lone surrogate": ("a\ud800b", "ab"),
    "Windows quotes in C1": ("\x93yes\x94", "\u201cyes\u201d"),
    "C1 without a meaning": ("a\x81b", "ab"),
    "invisible marks": ("a\u00ad\u200b\ufeffb", "ab"),
    "spaces": (" a\t\u00a0 b \r\n\r\n c ", "a b\nc"),
    "NFC": ("e\u0301", "\u00e9"),
}


@pytest.mark.parametrize(("dirty", "clean"), CLEAN.values(), ids=CLEAN)
def test_unstorable_characters_are_gone(dirty: str, clean: str) -> None:
    """F29: NUL, C0 and lone surrogates never reach the database."""
    assert clean_text(dirty) == clean


def test_a_line_has_no_line_ends() -> None:
    """A title stands on one line."""
    assert clean_line("one\n two\r\nthree") == "one two three"


@pytest.mark.parametrize("text", ["a < b and c > d", "List<String> in Java", "x <3 y", "<Redacted>", "AT&T"])
def test_words_that_are_no_markup_stay(text: str) -> None:
    """Only HTML's own tags make a plain text markup."""
    assert not has_markup(text)


@pytest.mark.parametrize("text", ["<b>a", "a<br/>b", "<img src=x onerror=alert(1)> a", "a</EM>"])
def test_tags_in_a_plain_text_are_found(text: str) -> None:
    """S12: a title with tags is markup even if its feed says it is plain."""
    assert has_markup(text)


HOSTILE: dict[str, Callable[[int], str]] = {
    "nested": lambda n: "<div>" * n + "deep" + "</div>" * n,
    "unclosed comments": lambda n: "<!--" * n,
    "unclosed tags": lambda n: "<a " * n,
    "unclosed quotes": lambda n: "<a b='" * n,
    "spaces in a tag": lambda n: "<a" + " " * n,
    "attributes without end": lambda n: "<p" + " a=b" * n,
    "ampersands": lambda n: "&" * n,
}


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("read", [html_to_text, simple_text, has_markup])
def test_hostile_markup_takes_linear_time(make: Callable[[int], str], read: Callable[[str], object]) -> None:
    """S30: half a megabyte of nonsense costs a moment, not minutes."""
    assert grows_evenly(make, read, 30_000)


def test_text_below_deep_nesting_is_found() -> None:
    """S30: what stands deeper than the parser reads is not lost."""
    assert html_to_text("<div>" * 5000 + "deep" + "</div>" * 5000) == "deep"
