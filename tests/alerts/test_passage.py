"""The passage shows the match in whole words and about one sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.alerts import SubscriptionIndex, matched_words, passage
from pipeline.alerts.passage import WINDOW
from pipeline.model import Matchable, Span, Subscription

FILLER = "Nothing of note was said about anything else that day. "


def spans_of(query: str, title: str, text: str) -> tuple[Span, ...]:
    return SubscriptionIndex([Subscription(1, "", query, ())]).match(Matchable(title, text))[0].spans


def shown(query: str, title: str, text: str) -> str:
    return passage(title, text, spans_of(query, title, text))


def test_it_begins_with_the_sentence_of_the_match() -> None:
    """Text before and after is left out; only a cut in mid-sentence is marked."""
    text = FILLER * 10 + "Troops moved near Kursk at dawn. " + FILLER * 10
    result = shown("kursk", "", text)
    assert result.startswith("Troops moved near Kursk at dawn. Nothing")
    assert result.endswith(("day.", " …"))


def test_a_long_sentence_is_cut_at_words() -> None:
    """Where the sentence does not fit, the window lies around the match and both cut ends are marked."""
    words = " ".join(f"word{n}" for n in range(200))
    result = shown("word100", "", words)
    assert result.startswith("… word")
    assert result.endswith(" …")
    assert " word100 " in result
    assert set(result.removeprefix("… ").removesuffix(" …").split()) <= set(words.split())


@pytest.mark.parametrize(
    ("title", "text", "expected"),
    [
        pytest.param("Kursk holds", "A short text.", "A short text.", id="match in the title only"),
        pytest.param("Kursk holds", "", "Kursk holds", id="no text"),
        pytest.param("", "Line one\n\nKursk\tis  here", "Kursk is here", id="white space in one line"),
        pytest.param("", "Kursk", "Kursk", id="whole text"),
    ],
)
def test_small_cases(title: str, text: str, expected: str) -> None:
    """There is always something to show."""
    assert shown("kursk", title, text) == expected


def test_text_without_spaces_is_cut_anywhere() -> None:
    """A script without spaces has no word ends to cut at; the match is still inside."""
    result = shown("東京", "", "日本" * 400 + "東京" + "日本" * 400)
    assert "東京" in result
    assert len(result) <= WINDOW + 4


@given(st.lists(st.sampled_from(["kursk", "x", "and.", "so\n", "-", "“he", "said”"]), min_size=1, max_size=300))
def test_it_is_never_long_and_holds_the_match(words: list[str]) -> None:
    """Whatever the text, the passage is short, on one line, and shows the first match."""
    text = " ".join([*words, "kursk"])
    result = shown("kursk", "", text)
    assert len(result) <= WINDOW + 4
    assert "\n" not in result
    assert "kursk" in result


def test_matched_words_stand_as_written_each_once() -> None:
    """Two spellings of one word are one; order is that of the article."""
    title, text = "KURSK burns", "In Kursk, Orbán’s envoy met Orban and North\nKorea."
    spans = spans_of('kursk orban "north korea"', title, text)
    assert matched_words(title, text, spans) == ("KURSK", "Orbán", "North Korea")
