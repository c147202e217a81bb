"""Find rows of readers' comments below an article, by how such rows are built.

In: the page's blocks. Out: the indexes of those that are surely comments. Hides nothing; pure. No class name and no
word of any language is looked at: comments are short names, hardly ever the same, each with a text of its own, in a row
after the article's beginning. Signs: times beside the names, a word that comes with each (reply), a form to write into,
names set apart by a colon. Apart: a box or a line of its own, a number that counts them. Trap: interviews, sections,
rankings and tables of facts are built so too; only rows that are apart, end the page and have names with colons or two
signs are surely comments.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from pipeline.articles.blocks import PARAGRAPH_CHARACTERS, Block, Page

_ARTICLE_CHARACTERS = 400  # of paragraphs, before anything can stand after the article
_FEWEST = 2
_SURE_SIGNS = 2
_NAME_WORDS = 4
_NAME_CHARACTERS = 40
_LABEL_CHARACTERS = 90  # a name with its time
_TEXT_CHARACTERS = 4000  # of one comment
_DIFFERENT_SHARE = 0.6  # of the names
_MOST_ITEMS_SHARE = 0.8
_HEADINGS = frozenset({"h1", "h2", "h3"})
_TABLED = frozenset({"td", "th"})
_CELL_BLOCK_COUNT = 4  # of a cell of a table of facts; those of layout tables hold whole pages
_DENSE = 2.5
_SENTENCE_END = re.compile(r"""[.!?。！？؟।։][\"'”’»」』)\]]*$""")
_COLONS = (":", "：")
_WORD = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*")
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class _Row:
    """Names in a row, by the indexes of their blocks, and the index after the last one's text."""

    names: tuple[int, ...]
    after: int
    inline: bool  #: each name begins the block of its text

    @property
    def first(self) -> int:
        """Give the index of the first name."""
        return self.names[0]


def find_comments(page: Page) -> set[int]:
    """Give the indexes of what is surely readers' comments, of the label before them and all after them."""
    start = _article_end(page.blocks)
    found: set[int] = set()
    for row in _rows(page, start):
        if _are_names(page, row) and _ends_page(page, row) and _is_apart(page, row) and _is_sure(page, row, start):
            has_label = row.first > start and _is_label(page.blocks[row.first - 1])
            found.update(range(row.first - has_label, len(page.blocks) if row.inline else row.after))
    return found


def _is_sure(page: Page, row: _Row, start: int) -> bool:
    """Tell whether a row that is apart and ends the page has signs enough."""
    signs = _signs(page, row)
    return row.inline or signs + _is_counted(page.blocks, row, start) >= _SURE_SIGNS


def _article_end(blocks: Sequence[Block]) -> int:
    """Give the index from which there is enough text before to be an article; beyond the end if never."""
    seen = 0.0
    for index, block in enumerate(blocks):
        if seen >= _ARTICLE_CHARACTERS:
            return index
        seen += _weight(block)
    return len(blocks)


def _weight(block: Block) -> float:
    """Measure a paragraph; a sign of Chinese or Japanese says as much as two and a half letters."""
    if block.is_paragraph:
        return block.length
    is_dense = block.text[0] >= "\u2e80" and block.length * _DENSE >= PARAGRAPH_CHARACTERS
    return _DENSE * block.length if is_dense and not block.link_length else 0


def _rows(page: Page, start: int) -> Iterator[_Row]:
    """Find rows of names of one build that follow each other, each with a text."""
    builds: defaultdict[tuple[str, str, bool], list[int]] = defaultdict(list)
    for index in range(start, len(page.blocks)):
        block, container = page.blocks[index], page.containers[page.blocks[index].container]
        named = _is_named(block)
        is_cell = container.tag in _TABLED and container.after - container.first <= _CELL_BLOCK_COUNT
        if named or (not is_cell and _is_name(block.text)):
            builds[container.tag, container.name, named].append(index)
    for (_, _, inline), names in builds.items():
        if len(names) >= _FEWEST:
            yield from _split(page.blocks, names, inline)


def _split(blocks: Sequence[Block], names: Sequence[int], inline: bool) -> Iterator[_Row]:
    """Split names where what stands between two is no text, or far too much."""
    row = [names[0]]
    for before, after in pairwise(names):
        if not _is_text(blocks, before, after, inline):
            yield from _row(blocks, row, inline)
            row = []
        row.append(after)
    yield from _row(blocks, row, inline)


def _row(blocks: Sequence[Block], names: list[int], inline: bool) -> Iterator[_Row]:
    """Close a row with the last one's text, taken to be as many blocks as the longest of the others."""
    if len(names) < _FEWEST:
        return
    usual = max(after - before for before, after in pairwise(names))
    end = min(names[-1] + usual, len(blocks))
    if inline or _is_text(blocks, names[-1], end, inline):
        yield _Row(tuple(names), end, inline)


def _is_text(blocks: Sequence[Block], name: int, after: int, inline: bool) -> bool:
    """Tell whether a comment's text stands between two names, and not a teaser's."""
    between = blocks[name + (not inline) : after]
    total = sum(block.length for block in between)
    if total > _TEXT_CHARACTERS or sum(block.link_length for block in between) * 3 > total:
        return False
    return any(not block.is_link and not _is_name(block.text) for block in between)


def _is_named(block: Block) -> bool:
    """Tell whether a block begins with a name, set apart and with a colon, and a text follows."""
    if not block.lead_length:
        return False
    lead, rest = block.text[: block.lead_length].rstrip(), block.text[block.lead_length :].lstrip()
    if not lead or not rest or not (lead.endswith(_COLONS) or rest.startswith(_COLONS)):
        return False
    return not _DIGITS.search(lead) and _is_name(lead.rstrip(" :："))


def _is_name(text: str) -> bool:
    """Tell whether a text may be somebody's name, alone or with a time: a few words and no sentence."""
    return len(text) <= _LABEL_CHARACTERS and _names_somebody(text)


@lru_cache(maxsize=2000)
def _names_somebody(text: str) -> bool:
    if _SENTENCE_END.search(text):
        return False
    words = _WORD.findall(text)
    if _DIGITS.search(text):
        return 0 < len(words) <= 2 * _NAME_WORDS
    return 0 < len(words) <= _NAME_WORDS and len(text) <= _NAME_CHARACTERS


def _are_names(page: Page, row: _Row) -> bool:
    """Tell whether names hardly recur, unlike those of two who talk, and no heading stands among them."""
    names = [_name_of(page.blocks[index], row.inline) for index in row.names]
    if len(set(names)) < max(_FEWEST, _DIFFERENT_SHARE * len(names)):
        return False
    return all(page.containers[block.container].tag not in _HEADINGS for block in page.blocks[row.first : row.after])


def _signs(page: Page, row: _Row) -> int:
    return _has_times(page.blocks, row) + _has_refrain(page.blocks, row) + _has_form(page, row) + row.inline


def _name_of(block: Block, inline: bool) -> str:
    text = block.text[: block.lead_length] if inline else block.text
    return _DIGITS.sub("", text).strip(" :").casefold()


def _items(blocks: Sequence[Block], row: _Row) -> Iterator[Sequence[Block]]:
    """Give the blocks of each comment, its name's first."""
    for name, after in pairwise((*row.names, row.after)):
        yield blocks[name:after]


def _shape(page: Page, block: Block) -> tuple[str, int, str]:
    container = page.containers[block.container]
    return container.tag, container.parent, container.name


def _is_apart(page: Page, row: _Row) -> bool:
    """Tell whether they have a container without a paragraph before them, or a line is drawn before them."""
    for container in page.around(page.blocks[row.first]):
        if container.after >= row.after:
            if not any(block.is_paragraph for block in page.blocks[container.first : row.first]):
                return True
            break
    return any(one.tag == "hr" and row.first - 2 <= one.first <= row.first for one in page.containers)


def _has_times(blocks: Sequence[Block], row: _Row) -> bool:
    """Tell whether most have a number and a word in or beside the name."""
    timed = sum(any(map(_is_time, item[:3])) for item in _items(blocks, row))
    return timed >= _MOST_ITEMS_SHARE * len(row.names)


def _is_time(block: Block) -> bool:
    return bool(_DIGITS.search(block.text) and _WORD.search(block.text)) and _is_name(block.text)


def _has_refrain(blocks: Sequence[Block], row: _Row) -> bool:
    """Tell whether most have one and the same short block, whatever its numbers."""
    said: Counter[str] = Counter()
    for item in _items(blocks, row):
        said.update({_DIGITS.sub("", block.text) for block in item[1:] if _is_label(block)})
    return any(text.strip() and count >= max(2, _MOST_ITEMS_SHARE * len(row.names)) for text, count in said.items())


def _is_counted(blocks: Sequence[Block], row: _Row, start: int) -> bool:
    """Tell whether a label close before them says how many they are."""
    near = blocks[max(start, row.first - 3) : row.first]
    return any(str(len(row.names)) in _DIGITS.findall(block.text) and _is_label(block) for block in near)


def _has_form(page: Page, row: _Row) -> bool:
    """Tell whether there is a text field close to them."""
    return any(one.has_field and row.first - 3 <= one.first <= row.after + 3 for one in page.containers)


def _ends_page(page: Page, row: _Row) -> bool:
    """Tell whether no paragraph of the article's shape stands after them."""
    own = Counter(_shape(page, block) for block in page.blocks[: row.first] if block.is_paragraph)
    return not any(block.is_paragraph and _shape(page, block) in own for block in page.blocks[row.after :])


def _is_label(block: Block) -> bool:
    return block.length <= _LABEL_CHARACTERS and not _SENTENCE_END.search(block.text)
