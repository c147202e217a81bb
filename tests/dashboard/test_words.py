"""How values are written on the pages."""

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.words import ago, compact, counted, marked, number, safe_link, shown_address, spoken, until

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("url", "linked"),
    [
        pytest.param("https://paper.example/a?b=c#d", True, id="https"),
        pytest.param("HTTP://paper.example/", True, id="scheme in capitals"),
        pytest.param("javascript:alert(1)", False, id="javascript"),
        pytest.param("JaVaScRiPt:alert(1)", False, id="javascript, mixed case"),
        pytest.param(" javascript:alert(1)", False, id="leading space"),
        pytest.param("java\nscript:alert(1)", False, id="line feed that browsers drop"),
        pytest.param("\x01javascript:alert(1)", False, id="control sign that browsers drop"),
        pytest.param("data:text/html,<script>1</script>", False, id="data"),
        pytest.param("vbscript:x", False, id="vbscript"),
        pytest.param("//paper.example/", False, id="without a scheme"),
        pytest.param("/relative", False, id="relative"),
        pytest.param("http:///nowhere", False, id="without a host"),
        pytest.param("http:\\\\paper.example", False, id="backslashes"),
        pytest.param("http://[::1", False, id="malformed"),
        pytest.param("", False, id="empty"),
    ],
)
def test_only_web_addresses_become_links(url: str, linked: bool) -> None:
    """S12: nothing but http and https is ever put into an href."""
    assert bool(safe_link(url)) is linked


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://paper.example/feed.xml", "paper.example/feed.xml"),
        ("https://user:canary@paper.example:8443/feed/", "paper.example:8443/feed"),
        ("https://paper.example/feed?token=canary", "paper.example/feed?…"),
        ("http://[::1", "(unreadable address)"),
    ],
)
def test_addresses_are_shown_without_their_secrets(url: str, shown: str) -> None:
    """S21: what stands in the user part or the query stays off the page."""
    assert shown_address(url) == shown


@pytest.mark.parametrize(
    ("passage", "words", "expected"),
    [
        pytest.param("near Kursk today", ["Kursk"], ["near ", "[Kursk]", " today"], id="one word"),
        pytest.param("Kursk, Kursk", ["Kursk"], ["[Kursk]", ", ", "[Kursk]"], id="twice"),
        pytest.param("Kurskaya and Kursk", ["Kursk"], ["Kurskaya and ", "[Kursk]"], id="not inside another word"),
        pytest.param("向库尔斯克推进", ["库尔斯克"], ["向", "[库尔斯克]", "推进"], id="script without spaces"),
        pytest.param("New York Times", ["New York", "York"], ["[New York]", " Times"], id="longest first"),
        pytest.param("a.b axb", ["a.b"], ["[a.b]", " axb"], id="no pattern signs"),
        pytest.param("<b>Kursk</b>", ["Kursk"], ["<b>", "[Kursk]", "</b>"], id="markup stays text"),
        pytest.param("nothing", ["absent", ""], ["nothing"], id="not there"),
        pytest.param("", ["Kursk"], [], id="empty"),
    ],
)
def test_matched_words_are_marked(passage: str, words: list[str], expected: list[str]) -> None:
    """Pieces put together are the passage, and the matched words are marked pieces."""
    pieces = marked(passage, words)
    assert [f"[{piece.text}]" if piece.marked else piece.text for piece in pieces] == expected
    assert "".join(piece.text for piece in pieces) == passage


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "now"),
        (1.9, "now"),
        (2, "2 s ago"),
        (59, "59 s ago"),
        (61, "1 min ago"),
        (7300, "2 h ago"),
        (9e5, "10 d ago"),
    ],
)
def test_times_past_are_short(seconds: float, text: str) -> None:
    """The largest sensible unit is enough."""
    assert ago(NOW - timedelta(seconds=seconds), NOW) == text


def test_times_without_a_value_say_so() -> None:
    """Never polled and never due are words, not blanks."""
    assert ago(None, NOW) == "never"
    assert until(None, NOW) == "–"
    assert until(NOW, NOW) == "due"
    assert until(NOW + timedelta(minutes=3), NOW) == "in 3 min"
    assert ago(NOW + timedelta(hours=1), NOW) == "now"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (9_999, "9\u202f999"),
        (99_999, "99\u202f999"),
        (100_000, "100 k"),
        (1_234_567, "1.23 M"),
        (45_600_000, "45.6 M"),
    ],
)
def test_large_counts_are_shortened(value: int, text: str) -> None:
    """A station of the way has room for six figures."""
    assert compact(value) == text


def test_counts_agree_with_their_nouns() -> None:
    """One outlet, two outlets, no entries."""
    assert [counted(1, "outlet"), counted(2000, "outlet"), counted(0, "entry", "entries")] == [
        "1 outlet",
        "2\u202f000 outlets",
        "0 entries",
    ]
    assert number(1234567) == "1\u202f234\u202f567"


@pytest.mark.parametrize(
    ("word", "said"),
    [("receiver_refused", "receiver refused"), ("http_not_found", "HTTP not found"), ("not_html", "not HTML")],
)
def test_words_of_closed_lists_are_said_as_words(word: str, said: str) -> None:
    """No underscore reaches a page, and what is written in capitals stays so."""
    assert spoken(word) == said
