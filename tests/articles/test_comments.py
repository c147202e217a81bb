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


FAR_FEWER = {"named", "boxes", "threads", "definitions", "lines", "bold paragraphs"}


@pytest.mark.parametrize("build", sorted(FAR_FEWER))
def test_of_usual_builds_hardly_any_comment_is_taken(build: str) -> None:
    """In five languages, boxed, beside the article's paragraphs, in old layout tables: under a fifth of a build."""
    counts = Counter[str]()
    for name, paper, html in PAGES:
        if f": {build}, " in name:
            taken, lost = said_in(paper, html)
            counts.update(taken=taken, lost=lost, all=len(paper.comments))
    assert counts["lost"] == 0
    assert counts["taken"] <= 0.2 * counts["all"]


def test_of_all_comments_under_a_quarter_is_taken() -> None:
    """Over all eleven builds together; what is left stands in old layout tables, or is signed at its end."""
    taken = sum(said_in(paper, html)[0] for _, paper, html in PAGES)
    assert taken <= 0.25 * len(BUILDS) * 3 * sum(len(paper.comments) for paper in PAPERS)


@pytest.mark.parametrize(("kept", "html"), [page[1:] for page in pages_without()], ids=[p[0] for p in pages_without()])
def test_what_is_built_like_comments_stays(kept: list[str], html: str) -> None:
    """Interviews, sections with headings and live tickers are articles."""
    text = extract_page(html, URL, Hint()).text
    assert not [sentence for sentence in kept if sentence not in text]
