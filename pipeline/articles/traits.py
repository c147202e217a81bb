"""Measure each block of a page by what tells articles from what surrounds them.

In: the page's blocks, what the page says about itself, what the first pass picked. Out: one row of numbers for each
block, in the order of `NAMES`. Hides nothing; pure. No class name, no word of any language and no site is looked at.
Trap: the forest was grown on exactly these numbers; whoever changes one must grow it anew (benchmarks/text_model).
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import log1p
from typing import Protocol

from pipeline.articles.blocks import KINDS, Block, Container, Page

NAMES = (
    "length",
    "links",
    "bold",
    "ends",
    "upper",
    "tag",
    "inner_links",
    "outer_length",
    "outer_links",
    "outer_count",
    "outer_paragraphs",
    "second_length",
    "second_links",
    "second_paragraphs",
    "levels_up",
    "same_shape",
    "same_parent",
    "hidden",
    "quoted",
    "listed",
    "tabled",
    "pictured",
    "beside",
    "heading",
    "before",
    "after",
    "from_title",
    "length_before",
    "links_before",
    "length_after",
    "links_after",
    "repeated",
    "description",
    "title",
    "picked",
    "picked_length",
    "paragraphs",
    "outer_purity",
    "outer_picked",
    "second_picked",
    "shape_purity",
    "picked_before",
    "picked_after",
)

_TAGS = {"p": 0, "h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6, "li": 7, "div": 8, "td": 9, "th": 9}
_TAGS |= {"blockquote": 10, "figcaption": 11, "figure": 11, "section": 12, "article": 13, "dd": 14, "dt": 15, "pre": 16}
_OTHER_TAG = 17
_SENTENCE_END = re.compile(r"""[.!?…。！？؟।։](?:["'”’»」』)\]]|\s)*$""")
_WORD = re.compile(r"\w+")
_MAIN_SHARE = 0.6  # of its parent's paragraphs: so much and it is still the main container
_NO_NEIGHBOUR = -1.0
_TITLE_CHARACTERS = 300
_CASE_CHARACTERS = 200  # of a block that are looked at for capitals
_NO_CAPITALS = bytes(code for code in range(128) if not chr(code).isupper())
_BITS = [[float(inside >> bit & 1) for bit in range(len(KINDS))] for inside in range(1 << len(KINDS))]
_SAME_DESCRIPTION, _LIKE_DESCRIPTION = 1.0, 0.5
_SHORTEST_DESCRIPTION = 40


class Holds(Protocol):
    """Something that says of a text without spaces whether it holds it."""

    def __contains__(self, squeezed: str, /) -> bool: ...


@dataclass(frozen=True, slots=True)
class About:
    """What is known of the article beside the page's blocks."""

    title: str = ""
    description: str = ""
    body: str = ""  #: the text that the page declares; no trait, see declared.py


def measure(page: Page, about: About, picked: Holds, picked_length: int) -> list[list[float]]:
    """Give the row of each block."""
    if not page.blocks:
        return []
    taken = [block.length if block.squeezed in picked else 0 for block in page.blocks]
    places = _Places(page, taken)
    title_words = tuple(set(_WORD.findall(about.title.casefold())))
    description = " ".join(about.description.split())
    start = _title_index(page, title_words)
    own = [_own(block, page.containers[block.container].tag) for block in page.blocks]
    sums = _running_sums(page.blocks, taken)
    repeats = Counter(block.text for block in page.blocks)
    last = [log1p(picked_length), log1p(places.total_paragraphs)]
    around = zip(own, _positions(sums, start), _neighbours(own), _between(sums), strict=True)
    return [
        [
            *alone,
            *places.row(block.container),
            *position,
            *neighbours,
            1.0 if repeats[block.text] > 1 else 0.0,
            _likeness(block.text, description) if description else 0.0,
            _title_share(block, title_words),
            1.0 if length else 0.0,
            *last,
            *places.picked_row(block.container),
            *between,
        ]
        for block, length, (alone, position, neighbours, between) in zip(page.blocks, taken, around, strict=True)
    ]


def _own(block: Block, tag: str) -> list[float]:
    text, length = block.text, block.length
    return [
        log1p(length),
        block.link_length / length,
        block.bold_length / length,
        1.0 if _SENTENCE_END.search(text, max(0, length - 12)) else 0.0,
        _upper_share(text[:_CASE_CHARACTERS]),
        float(_TAGS.get(tag, _OTHER_TAG)),
    ]


def _upper_share(text: str) -> float:
    if text.isascii():
        return len(text.encode("ascii").translate(None, _NO_CAPITALS)) / len(text)
    return sum(map(str.isupper, text)) / len(text)


class _Places:
    """What a block's place in the page's tree says of it; worked out once for each container."""

    def __init__(self, page: Page, taken: list[int]) -> None:
        self._page = page
        self._total = max(page.containers[0].length, 1) if page.containers else 1
        self.total_paragraphs = page.containers[0].paragraph_length if page.containers else 0
        self._divisor = max(self.total_paragraphs, 1)
        self._levels = _levels_up(page.containers)
        self._shapes, self._parents = self._alike()
        self._rows: dict[int, list[float]] = {}
        self._shape_lengths, self._shape_taken = self._taken_by_shape(taken)
        self._taken = _summed(page, taken)
        self._picked_rows: dict[int, list[float]] = {}

    def row(self, container: int) -> list[float]:
        """Give the numbers of a block's container and those around it."""
        found = self._rows.get(container)
        if found is None:
            found = self._rows[container] = self._measure(container)
        return found

    def _measure(self, index: int) -> list[float]:
        containers = self._page.containers
        inner = containers[index]
        outer = containers[inner.parent] if inner.parent >= 0 else inner
        second = containers[outer.parent] if outer.parent >= 0 else outer
        return [
            inner.link_length / max(inner.length, 1),
            outer.length / self._total,
            outer.link_length / max(outer.length, 1),
            log1p(outer.after - outer.first),
            outer.paragraph_length / self._divisor,
            second.length / self._total,
            second.link_length / max(second.length, 1),
            second.paragraph_length / self._divisor,
            float(self._levels[index]),
            self._shapes[inner.shape] / self._divisor,
            self._parents[inner.parent] / self._divisor,
            *_BITS[inner.inside],
        ]

    def picked_row(self, container: int) -> list[float]:
        """Give how much of what surrounds a block the first pass picked, and how much of all it picked is there."""
        found = self._picked_rows.get(container)
        if found is None:
            found = self._picked_rows[container] = self._measure_picked(container)
        return found

    def _measure_picked(self, index: int) -> list[float]:
        containers = self._page.containers
        inner = containers[index]
        outer = inner.parent if inner.parent >= 0 else index
        second = containers[outer].parent if containers[outer].parent >= 0 else outer
        total = max(self._taken[0], 1)
        return [
            self._taken[outer] / max(containers[outer].length, 1),
            self._taken[outer] / total,
            self._taken[second] / total,
            self._shape_taken[inner.shape] / self._shape_lengths[inner.shape],
        ]

    def _taken_by_shape(self, taken: list[int]) -> tuple[defaultdict[int, int], defaultdict[int, int]]:
        lengths: defaultdict[int, int] = defaultdict(int)
        picked: defaultdict[int, int] = defaultdict(int)
        for block, length in zip(self._page.blocks, taken, strict=True):
            shape = self._page.containers[block.container].shape
            lengths[shape] += block.length
            picked[shape] += length
        return lengths, picked

    def _alike(self) -> tuple[defaultdict[int, int], defaultdict[int, int]]:
        """Sum the paragraphs by the shape of their container, and by the container around it."""
        shapes: defaultdict[int, int] = defaultdict(int)
        parents: defaultdict[int, int] = defaultdict(int)
        for block in self._page.blocks:
            if block.is_paragraph:
                container = self._page.containers[block.container]
                shapes[container.shape] += block.length
                parents[container.parent] += block.length
                parents[block.container] += block.length
        return shapes, parents


def _summed(page: Page, taken: list[int]) -> list[int]:
    """Sum what was picked in each container, the inner ones included."""
    sums = [0] * len(page.containers)
    for block, length in zip(page.blocks, taken, strict=True):
        sums[block.container] += length
    for index in range(len(sums) - 1, 0, -1):
        sums[page.containers[index].parent] += sums[index]
    return sums


def _levels_up(containers: list[Container]) -> list[int]:
    """Give for each container how many levels above the main one it is first met, coming from the main one."""
    main = _main(containers)
    path = [main]
    while containers[path[-1]].parent >= 0:
        path.append(containers[path[-1]].parent)
    levels = {index: level for level, index in enumerate(path)}
    found: list[int] = []
    for index, container in enumerate(containers):
        found.append(levels[index] if index in levels else found[container.parent])
    return found


def _main(containers: list[Container]) -> int:
    """Step inwards as long as one container holds most of the paragraphs."""
    inner: defaultdict[int, list[int]] = defaultdict(list)
    for index, container in enumerate(containers):
        inner[container.parent].append(index)
    main = 0
    while True:
        best = max(inner[main], key=lambda index: containers[index].paragraph_length, default=None)
        if best is None:
            return main
        length = containers[best].paragraph_length
        if not length or length < _MAIN_SHARE * containers[main].paragraph_length:
            return main
        main = best


@dataclass(frozen=True, slots=True)
class _Sums:
    """Running sums before each block and after the last: characters, those of paragraphs, those picked."""

    lengths: list[int]
    paragraphs: list[int]
    picked: list[int]


def _running_sums(blocks: list[Block], taken: list[int]) -> _Sums:
    lengths = accumulate((block.length for block in blocks), initial=0)
    paragraphs = accumulate((block.length if block.is_paragraph else 0 for block in blocks), initial=0)
    return _Sums(list(lengths), list(paragraphs), list(accumulate(taken, initial=0)))


def _between(sums: _Sums) -> Iterator[tuple[float, float]]:
    """Give for each block the shares of what was picked that stand before and after it."""
    total = max(sums.picked[-1], 1)
    for before, after in pairwise(sums.picked):
        yield before / total, (sums.picked[-1] - after) / total


def _positions(sums: _Sums, start: int) -> Iterator[tuple[float, float, float]]:
    """Give for each block the shares of the page's paragraphs before and after it, and the way from the title."""
    whole, place = sums.paragraphs[-1], sums.lengths[start]
    total = max(whole, 1)
    for length, (before, after) in zip(sums.lengths, pairwise(sums.paragraphs), strict=False):
        way = length - place
        yield before / total, (whole - after) / total, log1p(way) if way >= 0 else -log1p(-way)


def _neighbours(own: list[list[float]]) -> Iterator[list[float]]:
    """Give for each block the length and links of the one before and the one after."""
    none = [_NO_NEIGHBOUR, _NO_NEIGHBOUR]
    near = [none, *[row[:2] for row in own], none]
    for before, after in zip(near, near[2:], strict=False):
        yield before + after


def _title_index(page: Page, words: tuple[str, ...]) -> int:
    """Find the block where the title stands: the first h1, else the first that repeats most of its words, else 0."""
    for index, block in enumerate(page.blocks):
        if page.containers[block.container].tag == "h1":
            return index
    if not words:
        return 0
    return next((i for i, block in enumerate(page.blocks) if _title_share(block, words) >= 0.7), 0)


def _title_share(block: Block, words: tuple[str, ...]) -> float:
    """Give the share of the title's words that stand in the block."""
    if not words or block.length > _TITLE_CHARACTERS:
        return 0.0
    return sum(map(block.text.casefold().__contains__, words)) / len(words)


def _likeness(text: str, description: str) -> float:
    """Tell whether the block is the page's own description, or its beginning."""
    if text == description:
        return _SAME_DESCRIPTION
    alike = len(description) > _SHORTEST_DESCRIPTION and (
        text.startswith(description[:-5]) or (len(text) > _SHORTEST_DESCRIPTION and description.startswith(text))
    )
    return _LIKE_DESCRIPTION if alike else 0.0
