"""Decide whether a page's other build is worth a request, and which of the two gives the text.

In: what the feed said, what the page gave, where it was. Out: the address of the AMP copy (or, for an AMP copy, of the
page that it is of), and the `Extract` to go on with. Hides nothing; pure. Trap: a wall is an answer, and going around
it is not ours to do; only a page that a script would have to fill is asked for once more.
"""

from dataclasses import replace

from pipeline.articles.gate import find_obstacle
from pipeline.model import Entry, Extract, Reason
from pipeline.urls import absolute, canonical, registrable_host

_STUB_CHARACTERS = 250  # of a page's whole text
_FAR_SHORTER = 0.5  # of the feed's full content
_FILLED_BY_SCRIPT = frozenset({None, Reason.OTHER_PAGE, Reason.NO_TEXT})


def find_version(entry: Entry, extract: Extract, final_url: str) -> str:
    """Give the address of the same article in another build at the same outlet, if this one is a stub; or nothing."""
    if not extract.version_url or not _is_stub(entry, extract):
        return ""
    found = absolute(final_url, extract.version_url)
    is_other = canonical(found) not in {"", canonical(final_url), canonical(entry.url)}
    return found if is_other and registrable_host(found) == registrable_host(final_url) else ""


def fuller(entry: Entry, extract: Extract, version: Extract) -> Extract:
    """Take the text of the other build if it is an article and says more; the rest is what the page said of itself."""
    if find_obstacle(entry, version) is not None or len(version.text) <= len(extract.text):
        return extract
    sources = {name: source for name, source in extract.sources.items() if name != "text"}
    if "text" in version.sources:
        sources["text"] = version.sources["text"]
    return replace(extract, text=version.text, kind=version.kind, marks=version.marks, sources=sources)


def _is_stub(entry: Entry, extract: Extract) -> bool:
    if find_obstacle(entry, extract) not in _FILLED_BY_SCRIPT:
        return False
    return len(extract.text) < max(_STUB_CHARACTERS, _FAR_SHORTER * len(entry.content))
