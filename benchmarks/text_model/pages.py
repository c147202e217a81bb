"""Read the pages with gold text, and label the blocks of each.

In: the folder of the sets. Out: `LabelledPage`: the rows of its blocks, and for each block whether it is the article's,
or None where nobody said. Each page comes as it is, *opaque*, with every name and every telling element taken out, as
themes with made-up names are, and *commented*, with made-up comments below its article. Trap: labels come from aligning
words, so a line that the article repeats elsewhere counts as its own.
"""

import json
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from random import Random
from typing import Any

from lxml.html import HtmlElement, tostring

from benchmarks.text_model.commented import add_comments
from pipeline.articles.blocks import Block, read_page
from pipeline.articles.choose import first_pass
from pipeline.articles.decode import decode
from pipeline.articles.metadata import read_metadata
from pipeline.articles.parse import parse
from pipeline.articles.traits import About, measure

SETS = ("articles", "segments")
_TELLING = {"article", "main", "section", "header", "footer", "aside", "nav"}
_HEAD = {"html", "head", "meta", "link", "title", "script"}
_KEPT = ("href", "style", "src", "hidden")
_WORD = re.compile(r"\w+")
_SURE_CHARACTERS = 60  # of a block that is found again by its text
_SURE_RUN = 3  # words in a row that are no chance


@dataclass
class LabelledPage:
    """One page of a set, as it is or opaque."""

    of: str
    name: str
    look: str  #: empty as it is, "opaque", "commented"
    lengths: list[int]
    rows: list[list[float]]
    labels: list[bool | None]
    word_counts: list[int]


def read_set(folder: Path, of: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Give name, page and gold of each page of a set."""
    gold = json.loads((folder / f"{of}.json").read_text(encoding="utf-8"))
    with zipfile.ZipFile(folder / f"{of}.zip") as pages:
        names = set(pages.namelist())
        for name, want in gold.items():
            yield name, decode(pages.read(name if name in names else f"{name}.html")), want


def label(of: str, name: str, html: str, want: dict[str, Any]) -> Iterator[LabelledPage]:
    """Measure and label a page in each of its looks; nothing for a page that cannot be parsed."""
    tree = parse(html)
    if tree is None:
        return
    found = read_metadata(tree)
    about = About(found.title, found.description)
    page = read_page(tree)
    labels = _aligned(page.blocks, want["text"]) if of == "articles" else _said(page.blocks, want)
    if not page.blocks:
        return
    yield _measured(of, name, "", html, about, labels)
    make_opaque(tree)
    opaque = tostring(tree, encoding="unicode")
    yield _measured(of, name, "opaque", opaque, about, labels)
    yield from _commented(of, name, (html, opaque), about, labels)


def _measured(of: str, name: str, look: str, html: str, about: About, labels: list[bool | None]) -> LabelledPage:
    """Measure a page."""
    tree = parse(html)
    assert tree is not None
    page = read_page(tree)
    picked = first_pass(html, tree, page)
    rows = measure(page, about, picked, len(picked.text))
    word_counts = [len(block.text.split()) for block in page.blocks]
    return LabelledPage(of, name, look, [b.length for b in page.blocks], rows, labels, word_counts)


def _commented(
    of: str, name: str, looks: Sequence[str], about: About, labels: list[bool | None]
) -> Iterator[LabelledPage]:
    """Measure a page to which comments were added; only those and the article's own blocks are labelled."""
    chance = Random(name)
    html = chance.choice(looks)
    tree = parse(html)
    assert tree is not None
    blocks = read_page(tree).blocks
    if len(blocks) != len(labels):
        return
    own = {block.text: said for block, said in zip(blocks, labels, strict=True)}
    wanted = [block for block, said in zip(blocks, labels, strict=True) if said and block.length >= _SURE_CHARACTERS]
    added = add_comments(tree, wanted[-1].squeezed, chance) if wanted else set()
    if added:
        made = tostring(tree, encoding="unicode")
        again = parse(made)
        assert again is not None
        said = [False if block.text in added else own.get(block.text) for block in read_page(again).blocks]
        yield _measured(of, name, "commented", made, about, said)


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
