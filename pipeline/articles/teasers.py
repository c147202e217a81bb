"""Find the rows of teasers after an article, what introduces them and what follows them.

In: the page's blocks and its address. Out: indexes of blocks. Hides nothing; pure. Trap: teasers also stand in the
middle of articles; a block that has the shape of the article's own paragraphs is its continuation.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from statistics import median_low
from urllib.parse import urldefrag, urljoin

from pipeline.articles.blocks import Block, Container, Page
from pipeline.urls import registrable_host

_FEWEST_TEASERS = 3
# Of paragraphs, before anything stands after the article; at 300, two of 1,171 real pages have text cut, at 400 none
_ARTICLE_CHARACTERS = 400
_TITLE_CHARACTERS = range(12, 201)
_TEXT_CHARACTERS = 500  # all blocks between two teaser titles together
_TEXT_BLOCK_COUNT = 5
_LABEL_CHARACTERS = 60  # "Related articles", "Visited 12 times"
_TABLE_TAGS = frozenset({"td", "th"})  # tables of results link their names
_SENTENCE_END = re.compile(r"""[.!?。！？؟।։።][\"'”’»」』)\]]*$""")
_CUT_OFF = re.compile(r"(?:…|\.\.\.|\[…\]|\[\.\.\.\])\W*$")


def find_teasers(page: Page, url: str) -> set[int]:
    """Give the indexes of teasers, of the labels and counters before them, and of what follows them."""
    start = _article_end(page.blocks)
    found: set[int] = set()
    for run in _runs(page, start, url):
        members = _with_texts(page.blocks, run)
        looks_so = _is_apart(page, members) or _is_cut_off(page.blocks, run) or _is_boxed(page, run)
        if looks_so and _is_of_this_outlet(page.blocks, run, url):
            found.update(range(_introduction(page.blocks, members[0], start), members[-1] + 1))
    return found | set(_after(page, max(found))) if found else found


def _article_end(blocks: Sequence[Block]) -> int:
    """Give the index from which there is enough text before to be an article; beyond the end if never."""
    seen = 0
    for index, block in enumerate(blocks):
        if seen >= _ARTICLE_CHARACTERS:
            return index
        seen += block.length if block.is_paragraph else 0
    return len(blocks)


def _runs(page: Page, start: int, url: str) -> Iterator[list[int]]:
    """Find the rows of teaser titles of one shape that follow each other closely, as indexes of the titles."""
    by_shape: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    for index in range(start, len(page.blocks)):
        block = page.blocks[index]
        if not block.href:
            continue
        container = page.containers[block.container]
        if container.tag not in _TABLE_TAGS and _is_title(block, url):
            by_shape[container.tag, container.depth].append(index)
    for titles in by_shape.values():
        yield from (run for run in _rows(page.blocks, titles) if len(run) >= _FEWEST_TEASERS)


def _rows(blocks: Sequence[Block], titles: Sequence[int]) -> Iterator[list[int]]:
    """Split titles where the text between two of them is none or too much for a teaser."""
    row = list(titles[:1])
    for before, after in pairwise(titles):
        if not _is_text(blocks[before + 1 : after]):
            yield row
            row = []
        row.append(after)
    yield row


def _is_title(block: Block, url: str) -> bool:
    if not block.href or not block.is_link or block.length not in _TITLE_CHARACTERS:
        return False
    if _is_plain_path(block.href):
        return not url.endswith(block.href)
    return _leads_away(block.href, url)


@lru_cache(maxsize=2000)
def _leads_away(href: str, url: str) -> bool:
    """Tell whether a link leads to another page; the same link stands in the menu and the footer of every page."""
    try:
        target = urljoin(url, href)
    except ValueError:
        return False
    return target.startswith(("http:", "https:")) and urldefrag(target).url != urldefrag(url).url


def _is_plain_path(href: str) -> bool:
    """Tell whether a link stays at its host without taking it apart, as most do."""
    return href.startswith("/") and not href.startswith("//") and "#" not in href


def _is_text(between: Sequence[Block]) -> bool:
    return 0 < len(between) <= _TEXT_BLOCK_COUNT and sum(block.length for block in between) <= _TEXT_CHARACTERS


def _with_texts(blocks: Sequence[Block], run: Sequence[int]) -> range:
    """Extend a run of titles to the last one's text, taken to be as many blocks as the others have."""
    usual = median_low(after - before - 1 for before, after in pairwise(run))
    end = run[-1] + 1
    while end < len(blocks) and end - run[-1] <= usual and _is_text(blocks[run[-1] + 1 : end + 1]):
        end += 1
    return range(run[0], end)


def _is_of_this_outlet(blocks: Sequence[Block], run: Sequence[int], url: str) -> bool:
    """Tell whether most links stay with the outlet; lists of sources and of shops lead away."""
    links = [blocks[index].href for index in run]
    outlet = registrable_host(url)
    staying_count = sum(_is_plain_path(link) or registrable_host(urljoin(url, link)) == outlet for link in links)
    return staying_count * 2 > len(run)


def _is_apart(page: Page, members: range) -> bool:
    """Tell whether the teasers have a container that holds no paragraph before them."""
    for container in page.around(page.blocks[members[0]]):
        if container.after > members[-1]:
            before = page.blocks[container.first : members[0]]
            return not any(block.is_paragraph for block in before)
    return False


def _is_boxed(page: Page, run: Sequence[int]) -> bool:
    """Tell whether each teaser has a small container of its own, with the next one's right after it."""
    boxes = [_box(page, title, after) for title, after in pairwise(run)]
    return all(boxes) and len({box.parent for box in boxes if box}) == 1


def _box(page: Page, title: int, after: int) -> Container | None:
    """Give the largest container that holds just the title and its text."""
    found = None
    for container in page.around(page.blocks[title]):
        if container.first < title or container.after > after:
            break
        found = container if container.after == after else found
    return found


def _is_cut_off(blocks: Sequence[Block], run: Sequence[int]) -> bool:
    """Tell whether most teaser texts stop in mid-sentence, as excerpts made by a program do."""
    texts = [max((block.text for block in blocks[before + 1 : after]), key=len) for before, after in pairwise(run)]
    unfinished_count = sum(bool(_CUT_OFF.search(text)) or not _SENTENCE_END.search(text) for text in texts)
    return unfinished_count * 2 > len(texts)


def _introduction(blocks: Sequence[Block], first: int, start: int) -> int:
    """Step back over the label of the teasers and the counters before it; gives the first index to leave out."""
    index = first
    if index > start and _is_label(blocks[index - 1]):
        index -= 1
    while index > start and _is_counter(blocks[index - 1]):
        index -= 1
    return index


def _is_label(block: Block) -> bool:
    return block.length <= _LABEL_CHARACTERS and not _SENTENCE_END.search(block.text)


def _is_counter(block: Block) -> bool:
    return _is_label(block) and any(character.isdigit() for character in block.text)


def _after(page: Page, last_teaser: int) -> range:
    """Give what stands after the teasers; nothing if a paragraph of the article's shape is among it."""
    shapes = {_shape(page, block) for block in page.blocks[:last_teaser] if block.is_paragraph}
    rest = page.blocks[last_teaser + 1 :]
    if any(block.is_paragraph and _shape(page, block) in shapes for block in rest):
        return range(0)
    return range(last_teaser + 1, len(page.blocks))


def _shape(page: Page, block: Block) -> tuple[str, int]:
    container = page.containers[block.container]
    return container.tag, container.depth
