"""Article text: real pages against their gold text, and pages of our own that are no articles.

In: `data/extraction` and its scorer, and tests/articles/made_pages.py. Out: F1 and precision of the text, the time it
takes beside trafilatura's fast mode, and how well other pages are told. Trap: the forest that comes with the product
was grown on these very pages; `python -m benchmarks.text_model --check` judges pages that the trees never saw.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.extraction.race import race
from benchmarks.quality.figure import Figure
from benchmarks.scorers import load_scorer
from benchmarks.text_model.pages import read_set
from pipeline.articles.extract import extract_page
from pipeline.articles.hint import Hint
from tests.articles.made_pages import made_pages
from tests.articles.other_pages import other_pages

#: Each set's target of F1, and the best that others publish: the scorer's docstring.
SETS = {"articles": (0.975, "rs-trafilatura, Zyte", "0.970"), "segments": (0.935, "trafilatura 2.2", "0.924")}
PRECISION = 0.97
MOST_TIME = 1.3
FALSE_ALARMS = 0.02


def measure(shared: Path) -> Iterator[Figure]:
    """Measure text, time and the gate."""
    for of, (target, rival, theirs) in SETS.items():
        yield from _of_set(shared, of, target, rival, theirs)
    yield from _gate()


def _of_set(shared: Path, of: str, target: float, rival: str, theirs: str) -> Iterator[Figure]:
    gold: dict[str, Any] = {}
    texts: dict[str, str] = {}
    refused = 0
    pages: list[tuple[str, str]] = []
    for name, html, want in read_set(shared / "data" / "extraction", of):
        pages.append((html, want.get("url", "")))
        found = extract_page(*pages[-1], Hint())
        gold[name], texts[name] = want, found.text
        refused += found.kind is not None
    score = getattr(load_scorer(shared, "score_extraction"), of)(texts, gold)
    detail = f"precision {score['precision']:.3f}, recall {score['recall']:.3f}"
    yield Figure(f"text: F1 on {of} (the forest knows these pages)", score["f1"], target, detail, rival, theirs)
    if of == "articles":
        yield Figure("text: precision on articles", score["precision"], PRECISION)
        ours, fast = race(pages)
        yield Figure("text: time", ours / fast, MOST_TIME, "", "trafilatura's fast mode", "1", at_most=True)
    yield Figure(f"gate: real pages of {of} told to be none", refused / len(gold), FALSE_ALARMS, at_most=True)


def _gate() -> Iterator[Figure]:
    """Count on pages of our own: what is told to be a wall, what is one, and what is told by its right kind."""
    for name, pages in {"pages the rules know": made_pages, "pages they never saw": other_pages}.items():
        said = right = walls = 0
        for _, kind, html in pages():
            found = extract_page(html, "https://news.example/2026/ferry", Hint()).kind
            walls += kind is not None
            said += found is not None
            right += kind is not None and found is kind
        yield Figure(f"gate: precision on {name}", right / max(said, 1), 0.95)
        yield Figure(f"gate: recall on {name}", right / max(walls, 1), 0.9)
