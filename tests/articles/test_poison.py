"""Pages that cost far more than they are worth."""

import time

from pipeline.articles.choose import _MOST_BLOCKS
from pipeline.articles.extract import extract_page
from pipeline.articles.hint import Hint
from tests.articles.test_furniture import PAGE_URL, page


def test_a_page_of_very_many_paragraphs_is_not_shown_to_slow_rules() -> None:
    """R11: a page of 100,000 short paragraphs costs the rules 24 seconds; it is read without them, in linear time."""

    def cost(count: int) -> float:
        body = "".join(f"<p>Line {number} of a very long list.</p>" for number in range(count))
        started = time.process_time()
        extract_page(page(body), PAGE_URL, Hint())
        return time.process_time() - started

    small = cost(_MOST_BLOCKS + 1)
    assert cost(3 * _MOST_BLOCKS) < 12 * small
