"""Read the real article pages and their gold texts.

In: the data folder. Out: `Page`s, and the scorer that stands beside the data. Hides zip and JSON. Trap: texts
belong to their publishers; they are read when needed and kept nowhere.
"""

import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lxml import html as lxml_html

from benchmarks.scorers import load_scorer
from pipeline.articles.decode import decode

SHARED_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"

#: Texts by page id, and the gold; gives F1 and the other figures of the public benchmark.
Scorer = Callable[[Mapping[str, str], Mapping[str, Mapping[str, str]]], Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Page:
    """One real page with the text a person found in it."""

    id: str
    url: str  #: where it was published
    title: str
    body: bytes = field(repr=False)
    gold: str = field(repr=False)


def is_there(data: Path) -> bool:
    """Tell whether the folder holds the pages, their gold and the scorer."""
    needed = (data / "extraction" / "articles.zip", data / "extraction" / "articles.json", _scorer_file(data))
    return all(file.is_file() for file in needed)


def read_pages(data: Path) -> list[Page]:
    """Read all pages, in the order of the gold."""
    gold = read_gold(data)
    with zipfile.ZipFile(data / "extraction" / "articles.zip") as pages:
        return [_page(page_id, want, pages.read(f"{page_id}.html")) for page_id, want in gold.items()]


def read_gold(data: Path) -> dict[str, dict[str, str]]:
    """Read the gold: address and text by page id."""
    gold: dict[str, dict[str, str]] = json.loads((data / "extraction" / "articles.json").read_text(encoding="utf-8"))
    return gold


def read_scorer(data: Path) -> Scorer:
    """Load the scorer of article texts."""
    scorer: Scorer = load_scorer(data.parent, "score_extraction").articles
    return scorer


def _scorer_file(data: Path) -> Path:
    return data.parent / "tools" / "score_extraction.py"


def _page(page_id: str, want: Mapping[str, str], body: bytes) -> Page:
    return Page(page_id, want["url"], headline(decode(body)), body, want["text"])


def headline(page: str) -> str:
    """Give what a feed would call the page: what it tells other sites its title is, else its title element."""
    tree = lxml_html.document_fromstring(page.encode(), parser=lxml_html.HTMLParser(encoding="utf-8"))
    metas = (meta for meta in tree.iter("meta") if meta.get("property") == "og:title")
    title = tree.find(".//title")
    said = next((meta.get("content") or "" for meta in metas), "")
    return " ".join((said or (title.text_content() if title is not None else "")).split())
