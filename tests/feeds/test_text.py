"""What is left of markup, control characters and broken encodings in titles and summaries."""

import time

import pytest

from pipeline.feeds.text import clean_line, clean_text, has_markup, html_to_text

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


HOSTILE = {
    "nested": "<div>" * 50_000 + "deep" + "</div>" * 50_000,
    "unclosed comments": "<!--" * 120_000,
    "unclosed tags": "<a " * 160_000,
    "ampersands": "&" * 500_000,
}


@pytest.mark.parametrize("markup", HOSTILE.values(), ids=HOSTILE)
def test_hostile_markup_takes_linear_time(markup: str) -> None:
    """S30: half a megabyte of nonsense costs a moment, not minutes."""
    started = time.process_time()
    html_to_text(markup)
    assert time.process_time() - started < 5


def test_text_below_deep_nesting_is_found() -> None:
    """S30: what stands deeper than the parser reads is not lost."""
    assert html_to_text("<div>" * 5000 + "deep" + "</div>" * 5000) == "deep"
