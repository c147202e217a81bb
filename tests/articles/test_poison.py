"""Pages that cost far more than they are worth."""

from typing import NoReturn

import pytest

from pipeline.articles import choose
from pipeline.articles.extract import extract_page
from pipeline.articles.hint import Hint
from tests.articles.test_furniture import PAGE_URL, page


def test_a_page_of_very_many_paragraphs_is_not_shown_to_slow_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """R11: 100,000 short paragraphs cost the rules 24 seconds; a page beyond the limit is read without them."""

    def refuse(*_: object) -> NoReturn:
        raise AssertionError("the rules were asked")

    monkeypatch.setattr(choose, "_MOST_BLOCKS", 200)
    long_page = page("".join(f"<p>Line {number} of a very long list.</p>" for number in range(201)))
    monkeypatch.setattr(choose, "pick", refuse)
    extract_page(long_page, PAGE_URL, Hint())
    with pytest.raises(AssertionError, match="the rules were asked"):
        extract_page(page("<p>Line 1 of a short list.</p>"), PAGE_URL, Hint())
