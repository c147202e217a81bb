"""Get the article out of a page; runs in the extracting child.

In: the page as a string, its address, what the feed said of it. Out: `Extract`. Hides trafilatura. Trap: give it
strings only, it would decompress bytes by itself (S7); and it can take minutes or all memory on one page, which
is why it only runs where it can be killed.
"""

from lxml.html import HtmlElement
from trafilatura import bare_extraction

from pipeline.articles.cleaning import clean_line, clean_text
from pipeline.articles.edges import trim_edges
from pipeline.articles.furniture import remove_furniture
from pipeline.articles.hint import Hint
from pipeline.articles.layout import remove_columns
from pipeline.articles.metadata import read_metadata
from pipeline.articles.parse import parse
from pipeline.model import Extract


def extract_page(html: str, url: str, hint: Hint) -> Extract:
    """Extract text and metadata; the text is empty if the page has no article.

    Takes seconds on rare pages, and raises MemoryError, RecursionError or lxml's errors on hostile ones.
    """
    tree = parse(html)
    if tree is None:
        return Extract(text="")
    found = read_metadata(tree)
    remove_columns(tree)
    remove_furniture(tree, url, hint.summary)
    title = found.title or clean_line(hint.title)
    return Extract(
        text=trim_edges(_text(tree, url), title),
        title=title,
        byline=found.byline,
        site=found.site,
        language=found.language,
        canonical_url=found.canonical_url,
        published_at=found.published_at,
    )


def _text(tree: HtmlElement, url: str) -> str:
    """Extract the text without reader comments; fast skips the comparison with other extractors (F1 0.962, 0.953)."""
    document = bare_extraction(tree, url=url, fast=True, include_comments=False)
    return clean_text(document.text or "") if document is not None and not isinstance(document, dict) else ""
