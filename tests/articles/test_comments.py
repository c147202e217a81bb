"""Readers' comments are not the article, however their section is built."""

from collections import Counter

import pytest

from pipeline.articles.extract import extract_page
from pipeline.articles.hint import Hint
from tests.articles.comment_sections import BUILDS, PAPERS, Paper, commented_pages, pages_without

URL = "https://paper.example/2026/story"
PAGES = list(commented_pages())


def said_in(paper: Paper, html: str) -> tuple[int, int]:
    """Count the comments in a page's text, and the article's sentences that are not."""
    text = extract_page(html, URL, Hint(title=paper.headline)).text
    taken = sum(comment.said in text for comment in paper.comments)
    return taken, sum(sentence not in text for sentence in paper.article)


@pytest.mark.parametrize("build", BUILDS)
def test_of_comments_hardly_any_is_taken_and_of_the_article_next_to_nothing_lost(build: str) -> None:
    """In five languages, boxed, beside the article's paragraphs, in old layout tables: under a fifth and a fiftieth."""
    counts = Counter[str]()
    for name, paper, html in PAGES:
        if f": {build}, " in name:
            taken, lost = said_in(paper, html)
            counts.update(taken=taken, lost=lost, all=len(paper.comments), sentences=len(paper.article))
    assert counts["lost"] <= 0.02 * counts["sentences"]
    assert counts["taken"] <= 0.2 * counts["all"]


def test_of_all_comments_under_a_tenth_is_taken() -> None:
    """Over all pages together; most of what is left is named and dated paragraphs beside the article's own."""
    taken = sum(said_in(paper, html)[0] for _, paper, html in PAGES)
    assert taken <= 0.1 * len(BUILDS) * 3 * sum(len(paper.comments) for paper in PAPERS)


@pytest.mark.parametrize(("kept", "html"), [page[1:] for page in pages_without()], ids=[p[0] for p in pages_without()])
def test_what_is_built_like_comments_stays(kept: list[str], html: str) -> None:
    """Interviews, sections with headings and live tickers are articles."""
    text = extract_page(html, URL, Hint()).text
    assert not [sentence for sentence in kept if sentence not in text]
