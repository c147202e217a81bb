"""Take out the columns of pages that are laid out by tables.

In: the parsed page. Out: nothing, the page is smaller. Hides nothing. Trap: tables of results link their names and
are news; a column is told by standing beside a far longer cell that holds the page's text, and by its many links.
"""

from lxml.html import HtmlElement

_MAIN_CHARACTERS = 500
_FEWEST_LINKS = 4
_LINK_SHARE = 0.25  # teasers have a headline that links and a sentence that does not


def remove_columns(tree: HtmlElement) -> None:
    """Cut the cells beside the one with the page's text that hold many links."""
    for row in list(tree.iter("tr")):
        cells = [cell for cell in row if cell.tag in {"td", "th"}]
        lengths = [len(cell.text_content()) for cell in cells]
        if len(cells) < 2 or max(lengths) < _MAIN_CHARACTERS:
            continue
        for cell, length in zip(cells, lengths, strict=True):
            if length < max(lengths) and _is_of_links(cell):
                cell.drop_tree()


def _is_of_links(cell: HtmlElement) -> bool:
    links = [link.text_content() for link in cell.iter("a")]
    length = len(" ".join(cell.text_content().split()))
    return len(links) >= _FEWEST_LINKS and sum(map(len, links)) >= _LINK_SHARE * length
