"""The head of an article's text."""

import pytest

from pipeline.articles.edges import trim_edges

BODY = "The council agreed on Tuesday to close the lock for eleven weeks.\nSkippers had asked for a closure in winter."


@pytest.mark.parametrize(
    "head",
    ["The lock closes\n", "HARBOUR\nThe Lock Closes\n", "12 May\nBy Ida Berg\n“The lock closes”\n", ""],
    ids=["headline", "kicker and headline", "date, byline and headline", "nothing"],
)
def test_a_repeated_headline_goes(head: str) -> None:
    """The headline, however it is written, goes with the short lines that stand before it."""
    assert trim_edges(head + BODY, "The lock closes") == BODY


@pytest.mark.parametrize("title", ["", "Another headline", "The lock closes"])
def test_everything_else_stays(title: str) -> None:
    """Without the headline among the first lines nothing is cut, and a text is never cut to nothing."""
    assert trim_edges(BODY, title) == BODY
    assert trim_edges("The lock closes", title) == "The lock closes"


def test_a_headline_after_a_paragraph_is_text() -> None:
    """What follows a paragraph is the article, whatever it says."""
    text = f"{BODY.splitlines()[0]} It said no more than that.\nThe lock closes\nMore."
    assert trim_edges(text, "The lock closes") == text
