"""Take out of a page what surrounds its article and looks like text: teasers, counters, comment boxes.

In: the parsed page and its address. Out: nothing, the page is smaller. Hides nothing; lxml's elements are cut
here. The rules look at structure only, never at class names (trafilatura knows those) or at sites: a teaser is a
linked heading with a little text, several alike in a row, after the article. Trap: a round-up article is built
alike; it is told by standing among the article's own paragraphs and by texts that are complete sentences.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from statistics import median_low
from urllib.parse import urldefrag, urljoin

from lxml.html import HtmlElement

from pipeline.articles.blocks import Block, read_blocks
from pipeline.articles.trailing import after_the_teasers, comment_sections
from pipeline.urls import registrable_host

_FEWEST_TEASERS = 3
_ARTICLE_CHARACTERS = 500  # of paragraphs, before anything can stand after the article
_PARAGRAPH_CHARACTERS = 80
_TEASER_TITLE_CHARACTERS = range(12, 201)
_TEASER_TEXT_CHARACTERS = 500  # all blocks between two teaser titles together
_TEASER_BLOCK_COUNT = 5
_LABEL_CHARACTERS = 60  # "Related articles", "Visited 12 times"
_BOX_CHARACTERS = 200  # words around a comment form
_TABLE_TAGS = frozenset({"td", "th"})  # tables of results link their names
_SENTENCE_END = re.compile(r"""[.!?。！？؟।։።]["'”’»」』)\]]*$""")
_CUT_OFF = re.compile(r"(?:…|\.\.\.|\[…\]|\[\.\.\.\])\W*$")


def remove_furniture(tree: HtmlElement, url: str, summary: str = "") -> None:
    """Cut teasers, the counters before them and comment boxes out of the page.

    What holds the feed's summary is kept: the feed says that it is the article.
    """
    for box in [*_comment_boxes(tree), *comment_sections(tree)]:
        _cut(box)
    blocks = read_blocks(tree)
    teasers = _furniture(blocks, url, " ".join(summary.split()))
    for element in list(after_the_teasers(blocks, max(teasers))) if teasers else []:
        _cut(element)
    for block in teasers.values():
        _cut(block.element)


def _cut(element: HtmlElement) -> None:
    """Cut an element out, the text after it stays; one that was cut before with another has no parent."""
    if element.getparent() is not None:
        element.drop_tree()


def _comment_boxes(tree: HtmlElement) -> Iterator[HtmlElement]:
    """Find the largest element around each text field that holds little else."""
    for field in tree.iter("textarea"):
        box = field
        for around in field.iterancestors():
            if around.tag == "body" or len(around.text_content()) > _BOX_CHARACTERS:
                break
            box = around
        yield box


def _furniture(blocks: Sequence[Block], url: str, summary: str) -> dict[int, Block]:
    """Choose the blocks to cut, by index: runs of teasers with what introduces them."""
    start = _article_end(blocks)
    chosen: dict[int, Block] = {}
    for run in _teaser_runs(blocks, start, url):
        members = _with_texts(blocks, run)
        if _is_of_this_outlet(blocks, run, url) and (
            _is_apart(blocks, members) or _is_cut_off(blocks, run) or _is_boxed(blocks, run)
        ):
            first = _introduction(blocks, members[0], start)
            chosen.update((index, blocks[index]) for index in range(first, members[-1] + 1))
    kept = summary[:_PARAGRAPH_CHARACTERS]
    return {index: block for index, block in chosen.items() if not kept or kept not in block.text}


def _article_end(blocks: Sequence[Block]) -> int:
    """Give the index from which there is enough text before to be an article; beyond the end if never."""
    seen = 0
    for index, block in enumerate(blocks):
        if seen >= _ARTICLE_CHARACTERS:
            return index
        seen += len(block.text) if _is_paragraph(block) else 0
    return len(blocks)


def _is_paragraph(block: Block) -> bool:
    return not block.href and len(block.text) >= _PARAGRAPH_CHARACTERS


def _teaser_runs(blocks: Sequence[Block], start: int, url: str) -> Iterator[list[int]]:
    """Find the rows of teaser titles of one shape that follow each other closely, as indexes of the titles."""
    by_shape: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    for index in range(start, len(blocks)):
        if _is_teaser_title(blocks[index], url):
            by_shape[blocks[index].shape].append(index)
    for titles in by_shape.values():
        yield from (run for run in _rows(blocks, titles) if len(run) >= _FEWEST_TEASERS)


def _rows(blocks: Sequence[Block], titles: Sequence[int]) -> Iterator[list[int]]:
    """Split titles where the text between two of them is none or too much for a teaser."""
    row = list(titles[:1])
    for before, after in pairwise(titles):
        if not _is_teaser_text(blocks[before + 1 : after]):
            yield row
            row = []
        row.append(after)
    yield row


def _is_teaser_title(block: Block, url: str) -> bool:
    if not block.href or len(block.text) not in _TEASER_TITLE_CHARACTERS or block.element.tag in _TABLE_TAGS:
        return False
    try:
        target = urljoin(url, block.href)
    except ValueError:
        return False
    return target.startswith(("http:", "https:")) and urldefrag(target).url != urldefrag(url).url


def _is_teaser_text(between: Sequence[Block]) -> bool:
    length = sum(len(block.text) for block in between)
    return 0 < len(between) <= _TEASER_BLOCK_COUNT and length <= _TEASER_TEXT_CHARACTERS


def _with_texts(blocks: Sequence[Block], run: Sequence[int]) -> range:
    """Extend a run of titles to the last one's text, taken to be as many blocks as the others have."""
    usual = median_low(after - before - 1 for before, after in pairwise(run))
    end = run[-1] + 1
    while end < len(blocks) and end - run[-1] <= usual and _is_teaser_text(blocks[run[-1] + 1 : end + 1]):
        end += 1
    return range(run[0], end)


def _is_of_this_outlet(blocks: Sequence[Block], run: Sequence[int], url: str) -> bool:
    """Tell whether most links stay with the outlet; lists of sources and of shops lead away."""
    outlet = registrable_host(url)
    staying_count = sum(registrable_host(urljoin(url, blocks[index].href)) == outlet for index in run)
    return staying_count * 2 > len(run)


def _is_apart(blocks: Sequence[Block], members: range) -> bool:
    """Tell whether the teasers have a container that holds no paragraph before them."""
    first, last = blocks[members[0]].element, blocks[members[-1]].element
    containers = set(first.iterancestors())
    shared = next((around for around in last.iterancestors() if around in containers), None)
    paragraphs = (block.element for block in blocks[: members[0]] if _is_paragraph(block))
    return shared is not None and not any(shared in paragraph.iterancestors() for paragraph in paragraphs)


def _is_boxed(blocks: Sequence[Block], run: Sequence[int]) -> bool:
    """Tell whether each teaser has a small container of its own, with the next one's right after it."""
    boxes = [_box(blocks, title, after) for title, after in pairwise(run)]
    return all(box is not None for box in boxes) and len({id(box.getparent()) for box in boxes if box is not None}) == 1


def _box(blocks: Sequence[Block], title: int, after: int) -> HtmlElement | None:
    """Give the largest container that holds the title and its text, and nothing of what stands around them."""
    inside = {block.element for block in blocks[title:after]}
    box = None
    for around in blocks[title].element.iterancestors():
        held = {
            block.element for block in blocks[max(title - 1, 0) : after + 1] if around in block.element.iterancestors()
        }
        if held - inside:
            break
        box = around if held == inside else box
    return box


def _is_cut_off(blocks: Sequence[Block], run: Sequence[int]) -> bool:
    """Tell whether most teaser texts stop in mid-sentence, as excerpts made by a program do."""
    texts = [max(_texts(blocks[before + 1 : after]), key=len) for before, after in pairwise(run)]
    unfinished_count = sum(bool(_CUT_OFF.search(text)) or not _SENTENCE_END.search(text) for text in texts)
    return unfinished_count * 2 > len(texts)


def _texts(blocks: Iterable[Block]) -> list[str]:
    return [block.text for block in blocks]


def _introduction(blocks: Sequence[Block], first: int, start: int) -> int:
    """Step back over the label of the teasers and the counters before it; gives the first index to cut."""
    index = first
    if index > start and _is_label(blocks[index - 1]):
        index -= 1
    while index > start and _is_counter(blocks[index - 1]):
        index -= 1
    return index


def _is_label(block: Block) -> bool:
    return len(block.text) <= _LABEL_CHARACTERS and not _SENTENCE_END.search(block.text)


def _is_counter(block: Block) -> bool:
    return _is_label(block) and any(character.isdigit() for character in block.text)
