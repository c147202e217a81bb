"""Read the pages with gold text, and label the blocks of each.

In: the folder of the sets. Out: `LabelledPage`: the rows of its blocks, and for each block whether it is the article's,
or None where nobody said. Each page comes twice: as it is, and *opaque*, with every name and every telling element
taken out, as themes with made-up names are. Trap: labels come from aligning words, so a line that the article repeats
elsewhere counts as its own.
"""

import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from lxml.html import HtmlElement, tostring

from pipeline.articles.blocks import Block, read_page
from pipeline.articles.choose import first_pass
from pipeline.articles.decode import decode
from pipeline.articles.kin import Kin, kin_of
from pipeline.articles.metadata import read_metadata
from pipeline.articles.parse import parse
from pipeline.articles.traits import About, measure

SETS = ("articles", "segments")
_TELLING = {"article", "main", "section", "header", "footer", "aside", "nav"}
_HEAD = {"html", "head", "meta", "link", "title", "script"}
_KEPT = ("href", "style", "src", "hidden")
_WORD = re.compile(r"\w+")
_SURE_RUN = 3  # words in a row that are no chance


@dataclass
class LabelledPage:
    """One page of a set, as it is or opaque."""

    of: str
    name: str
    opaque: bool
    lengths: list[int]
    rows: list[list[float]]
    labels: list[bool | None]
    word_counts: list[int]
    kin: Kin


def read_set(folder: Path, of: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Give name, page and gold of each page of a set."""
    gold = json.loads((folder / f"{of}.json").read_text(encoding="utf-8"))
    with zipfile.ZipFile(folder / f"{of}.zip") as pages:
        names = set(pages.namelist())
        for name, want in gold.items():
            yield name, decode(pages.read(name if name in names else f"{name}.html")), want


def label(of: str, name: str, html: str, want: dict[str, Any]) -> Iterator[LabelledPage]:
    """Measure and label a page, as it is and opaque; nothing for a page that cannot be parsed."""
    labels: list[bool | None] = []
    for opaque in (False, True):
        tree = parse(html)
        if tree is None:
            return
        found = read_metadata(tree)
        if opaque:
            make_opaque(tree)
            html = tostring(tree, encoding="unicode")
        page = read_page(tree)
        labels = labels or (_aligned(page.blocks, want["text"]) if of == "articles" else _said(page.blocks, want))
        if page.blocks:
            picked = first_pass(html, tree, page)
            rows = measure(page, About(found.title, found.description), picked, len(picked.text))
            word_counts = [len(block.text.split()) for block in page.blocks]
            lengths = [block.length for block in page.blocks]
            yield LabelledPage(of, name, opaque, lengths, rows, labels, word_counts, kin_of(page))


def make_opaque(tree: HtmlElement) -> None:
    """Take out every name, and make every element that says what it is for a plain one."""
    for element in tree.iter():
        if element.tag in _HEAD:
            continue
        kept = {name: element.get(name) for name in _KEPT if element.get(name) is not None}
        element.attrib.clear()  # type: ignore[attr-defined]
        for name, value in kept.items():
            element.set(name, value)  # type: ignore[attr-defined]
        if element.tag in _TELLING:
            element.tag = "div"


def _aligned(blocks: list[Block], gold: str) -> list[bool | None]:
    """Label each block by whether most of its words are the gold text's, in its order."""
    words = [_WORD.findall(block.text) for block in blocks]
    owners = [index for index, own in enumerate(words) for _ in own]
    hits = [0] * len(blocks)
    matcher = SequenceMatcher(None, [word for own in words for word in own], _WORD.findall(gold), autojunk=False)
    for start, _, size in matcher.get_matching_blocks():
        for position in range(start, start + size):
            owner = owners[position]
            hits[owner] += size >= _SURE_RUN or len(words[owner]) <= size
    return [bool(own) and hit * 2 > len(own) for hit, own in zip(hits, words, strict=True)]


def _said(blocks: list[Block], want: dict[str, Any]) -> list[bool | None]:
    """Label the blocks that hold a wanted or an unwanted string."""
    labels: list[bool | None] = []
    for block in blocks:
        wanted = any(part in block.text for part in want["with"])
        unwanted = any(part in block.text for part in want["without"])
        labels.append(wanted if wanted or unwanted else None)
    return labels
