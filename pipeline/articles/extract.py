"""Get the article out of a page; runs in the extracting child.

In: the page as a string, its address, what the feed said of it. Out: `Extract`. Hides nothing of its own. Trap: give it
strings only (S7); and it can take minutes or all memory on one page, which is why it only runs where it can be killed.
"""

from functools import partial

from pipeline.articles.choose import Chosen, choose
from pipeline.articles.cleaning import clean_line, clean_text
from pipeline.articles.declared import stands_in
from pipeline.articles.edges import trim_edges
from pipeline.articles.hint import Hint
from pipeline.articles.kinds import find_kind, looks_of, may_be_other
from pipeline.articles.metadata import JSON_LD, read_metadata
from pipeline.articles.parse import parse
from pipeline.articles.signs import Signs, read_signs
from pipeline.articles.traits import About
from pipeline.model import Extract, Reason


def extract_page(html: str, url: str, hint: Hint) -> Extract:
    """Extract text and metadata; the text is empty if the page has no article.

    Takes seconds on rare pages, and raises MemoryError, RecursionError or lxml's errors on hostile ones.
    """
    tree = parse(html)
    if tree is None:
        return Extract(text="")
    found = read_metadata(tree)
    title = found.title or clean_line(hint.title)
    about = About(title, found.description, found.body)
    chosen = choose(html, tree, url, about, hint)
    shown = shown_text(chosen, title)
    declared = clean_text(stands_in(about.body, shown, title))
    sources = {**found.sources, "text": JSON_LD} if declared else found.sources
    return Extract(
        text=declared or shown,
        title=title,
        byline=found.byline,
        site=found.site,
        language=found.language,
        canonical_url=found.canonical_url,
        published_at=found.published_at,
        modified_at=found.modified_at,
        sources=sources,
        marks=chosen.marks,
        version_url=found.version_url,
        kind=None if declared else _kind(html, chosen, title),
    )


def shown_text(chosen: Chosen, title: str) -> str:
    """Give the text of the chosen blocks, a paragraph a line, without the headline."""
    return trim_edges(clean_text("\n".join(chosen.texts)), title)


def _kind(html: str, chosen: Chosen, title: str) -> Reason | None:
    """Tell what the page is if it is no article; a page without a word is no kind."""
    if not chosen.page.blocks or not may_be_other(chosen.page, chosen.indexes):
        return None
    return find_kind(looks_of(chosen.page, chosen.indexes, title), partial(_signs, html))


def _signs(html: str) -> Signs:
    """Parse the page once more, which its first tree did not outlive; for the few pages whose text is short."""
    tree = parse(html)
    return read_signs(tree) if tree is not None else Signs()
