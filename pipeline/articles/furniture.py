"""Find on a page what surrounds its article and looks like text: teasers, comment boxes, columns of links.

In: the page's blocks, its address, and what the feed said. Out: the indexes of the blocks that are not the article's.
Hides nothing; pure. The rules look at structure only: a teaser is a linked heading with a little text, several
alike in a row, after the article. Trap: a round-up article is built alike; it is told by standing among the article's
own paragraphs and by texts that are complete sentences.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from pipeline.articles.blocks import Container, Page
from pipeline.articles.comments import find_comments
from pipeline.articles.teasers import find_teasers

_BOX_CHARACTERS = 200  # words around a comment form
_COMMENT_SHARE = 0.5  # of the page's words: more than that is the page, whatever its name says
_MAIN_CHARACTERS = 500  # of a layout table's cell with the page's text
_FEWEST_LINKS = 4
_LINK_SHARE = 0.25  # teasers have a headline that links and a sentence that does not
_SUMMARY_CHARACTERS = 80

# How themes name the readers' comments. Plurals only: a "Kommentar" is also an opinion piece.
_COMMENTS = re.compile(
    r"(?:^|[\s_-])(?:comments|comment-?list|commentlist|comments?-?area|comments?-?section|disqus_thread|dsq-comments"
    r"|kommentare|kommentarer|kommentarbereich|kommentarliste|commentaires|comentarios|comentários|commenti|reacties"
    r"|yorumlar|komentarze|komentáře|комментарии|коментарі)(?:$|[\s_-])",
    re.IGNORECASE,
)


def find_furniture(page: Page, url: str, summary: str = "") -> set[int]:
    """Give the indexes of blocks that stand around the article.

    A block that holds the feed's summary is never among them: the feed says that it is the article.
    """
    found = {index for container in _boxes(page) for index in range(container.first, container.after)}
    found.update(find_teasers(page, url))
    found.update(find_comments(page))
    kept = " ".join(summary.split())[:_SUMMARY_CHARACTERS]
    return {index for index in found if not kept or kept not in page.blocks[index].text}


def _boxes(page: Page) -> Iterator[Container]:
    """Give the containers that are furniture as a whole."""
    longest = _COMMENT_SHARE * page.containers[0].length if page.containers else 0
    comments = {name for name in {container.name for container in page.containers} if _COMMENTS.search(name)}
    rows: defaultdict[int, list[Container]] = defaultdict(list)
    for container in page.containers:
        if container.has_field and (box := _comment_box(page, container)):
            yield box
        elif container.name in comments and container.length < longest:
            yield container
        elif container.tag in {"td", "th"}:
            rows[container.parent].append(container)
    for cells in rows.values():
        yield from _columns(page, cells)


def _comment_box(page: Page, field: Container) -> Container | None:
    """Find the largest container around a text field that holds little else."""
    box, around = None, field
    while around.length <= _BOX_CHARACTERS and around.parent >= 0:
        box, around = around, page.containers[around.parent]
    return box


def _columns(page: Page, cells: Sequence[Container]) -> Iterator[Container]:
    """Give the cells of links beside a far longer cell with the page's text; tables of results link their names too."""
    longest = max(cell.length for cell in cells)
    if longest < _MAIN_CHARACTERS:
        return
    for cell in cells:
        link_count = sum(bool(block.href) for block in page.blocks[cell.first : cell.after])
        if cell.length < longest and link_count >= _FEWEST_LINKS and cell.link_length >= _LINK_SHARE * cell.length:
            yield cell
