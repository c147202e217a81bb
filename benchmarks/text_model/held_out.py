"""Judge the texts of pages that the trees never saw.

In: labelled pages, and the folder of sets and scorers. Out: each set's score, made of five parts; each part's texts are
chosen as the product chooses them, by trees grown on the other four. Trap: what is learned of a host is left out (a set
has one page of most hosts), and the rules around the trees were written with these pages at hand.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.scorers import load_scorer
from benchmarks.text_model.grow import forest_of, grow, hash_of
from benchmarks.text_model.pages import SETS, LabelledPage, read_set
from pipeline.articles.choose import choose
from pipeline.articles.cleaning import clean_text
from pipeline.articles.declared import stands_in
from pipeline.articles.extract import shown_text
from pipeline.articles.forest import Forest
from pipeline.articles.hint import Hint
from pipeline.articles.metadata import read_metadata
from pipeline.articles.parse import parse
from pipeline.articles.traits import About

PARTS = 5

PartOf = Callable[[str], int]


def part_of(seed: int) -> PartOf:
    """Give a way to part pages by name, another one for each seed."""
    return lambda name: hash_of(name, seed) % PARTS


def score(pages: Sequence[LabelledPage], shared: Path, part: PartOf) -> Iterator[tuple[str, dict[str, float]]]:
    """Give each set's score over all five parts; takes minutes."""
    forests = [forest_of(grow([page for page in pages if part(page.name) != number])) for number in range(PARTS)]
    scorer = load_scorer(shared, "score_extraction")
    for of in SETS:
        gold: dict[str, Any] = {}
        texts: dict[str, str] = {}
        for name, html, want in read_set(shared / "data" / "extraction", of):
            gold[name], texts[name] = want, _text(html, want.get("url", ""), forests[part(name)])
        yield of, getattr(scorer, of)(texts, gold)


def _text(html: str, url: str, forest: Forest) -> str:
    """Get the text of a page as the product does, with other trees."""
    tree = parse(html)
    if tree is None:
        return ""
    found = read_metadata(tree)
    about = About(found.title, found.description, found.body)
    shown = shown_text(choose(html, tree, url, about, Hint(), forest), found.title)
    return clean_text(stands_in(found.body, shown, found.title)) or shown
