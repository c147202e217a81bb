"""Choose the blocks of a page that are its article.

In: the page, as a string and parsed, its address, what page and feed say about the article. Out: `Chosen`.
Hides how: the rules of trafilatura are asked first, a forest of decision trees weighs their word against the page's
structure, and what surely surrounds the article is left out. Trap: the tree is used up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial

from lxml.html import HtmlElement

from pipeline.articles.blocks import Page, read_page
from pipeline.articles.declared import agree
from pipeline.articles.first_pass import Picked, pick
from pipeline.articles.forest import Forest, load
from pipeline.articles.furniture import find_furniture
from pipeline.articles.hint import Hint
from pipeline.articles.kin import kin_of
from pipeline.articles.parse import parse
from pipeline.articles.repeats import marks_of, weigh
from pipeline.articles.traits import About, measure

_LIKELY = 0.6  # of the article: precision and recall of real pages are about equal
_LEAST_KEPT = 0.5
_MOST_BLOCKS = 20_000  # a page of more is not shown to rules that take a minute for it


@dataclass(frozen=True, slots=True)
class Chosen:
    """A page, and the indexes of the blocks that are its article."""

    page: Page
    indexes: list[int]
    marks: tuple[int, ...] = field(default=())  #: of the texts that are the article's but for what the host repeats

    @property
    def texts(self) -> list[str]:
        """Give the texts of the article's blocks."""
        return [self.page.blocks[index].text for index in self.indexes]


def choose(html: str, tree: HtmlElement, url: str, about: About, hint: Hint, asked: Forest | None = None) -> Chosen:
    """Choose the article's blocks, none if the page has none; `asked` replaces the product's forest."""
    page = read_page(tree)
    if not page.blocks:
        return Chosen(page, [])
    picked = first_pass(html, tree, page)
    rows = measure(page, about, picked, len(picked.text))
    likely = (asked or _forest()).ask(rows, [block.length for block in page.blocks], kin_of(page))
    furniture = find_furniture(page, url, hint.summary)
    rest = [index for index in range(len(page.blocks)) if index not in furniture]
    chosen = [index for index in rest if likely[index] >= _LIKELY]
    chosen = agree(about.body, page.blocks, chosen) if chosen else _as_picked(page, rest, picked)
    marks = marks_of(page.blocks[index].text for index in chosen)
    return Chosen(page, _unrepeated(page, chosen, likely, hint.repeated), marks)


def _unrepeated(page: Page, chosen: list[int], likely: Sequence[float], repeated: Mapping[int, int]) -> list[int]:
    """Leave out what other pages of the host say too, unless that is most of the text: then the page is a copy."""
    kept = [index for index in chosen if weigh(likely[index], page.blocks[index].text, repeated) >= _LIKELY]
    whole, rest = (sum(page.blocks[index].length for index in indexes) for indexes in (chosen, kept))
    return kept if rest >= _LEAST_KEPT * whole else chosen


def first_pass(html: str, tree: HtmlElement, page: Page) -> Picked:
    """Ask the rules, unless the page would take them a minute: then every paragraph passes for picked."""
    if len(page.blocks) > _MOST_BLOCKS:
        return Picked("".join(block.squeezed for block in page.blocks if block.is_paragraph))
    return pick(tree, page.containers[0].length, partial(parse, html))


def _as_picked(page: Page, rest: list[int], picked: Picked) -> list[int]:
    """Fall back on the rules' word where the forest finds nothing likely."""
    return [index for index in rest if page.blocks[index].squeezed in picked]


@cache
def _forest() -> Forest:
    return load()
