"""The naive referee: its own words, its own matching."""

import pytest

from benchmarks.replay.corpus import Page
from benchmarks.replay.questions import Question, choose, expected_alerts, words_of
from pipeline.alerts import SubscriptionIndex
from pipeline.model import Matchable, Subscription


def page(number: int, text: str) -> Page:
    return Page(f"p{number}", f"https://host{number}.example/", "", b"", text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Zürich's FAIR", ["zurich", "s", "fair"]),
        ("soft\u00adly, snake_case", ["softly", "snake", "case"]),
        ("Łódź 2026", ["łodz", "2026"]),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    """Case and accents do not count, nor do invisible characters; an underscore parts words."""
    assert words_of(text) == words


def test_expected_alerts_are_one_for_each_story() -> None:
    """Two articles of one story that hold a word make one alert due; an exclusion holds for the article alone."""
    asked = [Question("dam", ("broken",), ("repaired",)), Question("both", ("broken", "valley"))]
    stored = [(1, "Broken", "in the valley"), (1, "broken again", ""), (2, "", "broken, then repaired")]
    assert expected_alerts(asked, stored) == {("dam", 1), ("both", 1)}


def test_a_rare_word_is_its_pages_own() -> None:
    """The word asked for is used more than once by its page and by the fewest others."""
    pages = [page(n, f"council council meeting {word} {word}") for n, word in enumerate(["glacier", "orchard"])]
    rare = [question for question in choose(pages) if question.page_id]
    assert [(question.page_id, question.query) for question in rare] == [("p0", "glacier"), ("p1", "orchard")]


def test_its_queries_mean_in_the_product_what_they_mean_here() -> None:
    """The language of subscriptions reads them as the referee does."""
    question = Question("x", ("broken", "valley"), ("repaired",))
    index = SubscriptionIndex([Subscription(1, "x", question.query, ())])
    for text in ("broken in the valley", "broken", "broken valley repaired", "valley"):
        assert bool(index.match(Matchable("", text))) == question.is_met(frozenset(words_of(text)))
