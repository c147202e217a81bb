"""Take out what stands after the teasers that follow an article: readers' comments, forms, further boxes.

In: the page's blocks and which of them are furniture. Out: the elements to cut. Hides nothing. Trap: teasers also
stand in the middle of articles; a block that has the shape of the article's own paragraphs is its continuation.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from lxml.html import HtmlElement

from pipeline.articles.blocks import Block

_PARAGRAPH_CHARACTERS = 80
_COMMENT_SHARE = 0.5  # of the page's words: more than that is the page, whatever its name says

# How themes name the readers' comments; those in English are known to the extractor. Plurals only: a "Kommentar" is
# also an opinion piece.
_COMMENTS = re.compile(
    r"(?:^|[\s_-])(?:kommentare|kommentarer|kommentarbereich|kommentarliste|commentaires|comentarios|comentários|commenti"
    r"|reacties|yorumlar|komentarze|komentáře|комментарии|коментарі)(?:$|[\s_-])",
    re.IGNORECASE,
)


def after_the_teasers(blocks: Sequence[Block], last_teaser: int) -> Iterator[HtmlElement]:
    """Give the largest elements after a teaser that hold nothing of the article's shape; all or none of them.

    If a paragraph of the article's shape follows, the teasers stood in its middle and nothing is given.
    """
    before, after = blocks[:last_teaser], blocks[last_teaser + 1 :]
    shapes = {block.shape for block in before if _is_paragraph(block)}
    if any(block.shape in shapes and _is_paragraph(block) for block in after):
        return
    kept = {around for block in before if _is_paragraph(block) for around in block.element.iterancestors()}
    for block in after:
        yield _largest(block.element, kept)


def comment_sections(tree: HtmlElement) -> Iterator[HtmlElement]:
    """Find the elements that are named as readers' comments in other languages than English."""
    longest = _COMMENT_SHARE * len(tree.text_content())
    for element in tree.iter("div", "section", "ul", "ol", "aside"):
        name = f"{element.get('class') or ''} {element.get('id') or ''}"
        if _COMMENTS.search(name) and len(element.text_content()) < longest:
            yield element


def _largest(element: HtmlElement, kept: set[HtmlElement]) -> HtmlElement:
    """Step out to the largest element that holds no paragraph of the article."""
    steps = [element, *element.iterancestors()]
    return next((inner for inner, outer in pairwise(steps) if outer in kept), element)


def _is_paragraph(block: Block) -> bool:
    return not block.href and len(block.text) >= _PARAGRAPH_CHARACTERS
