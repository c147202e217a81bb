"""Read what a page says about itself in its head, never in its text.

In: the parsed page. Out: `Metadata`. Hides the vocabularies: JSON-LD (schema.org), Open Graph, HTML's own meta
and link. Trap: a page names many dates and titles (teasers, comments); only an article's own node is believed,
and a date without a zone is read as UTC.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from lxml.html import HtmlElement

from pipeline.articles.cleaning import clean_line

JSON_LD, META, TEXT = "json-ld", "meta", "text"  #: where something stood
_ARTICLE_TYPE = re.compile(r"(?:Article|BlogPosting|Report|LiveBlogPosting)$")
_BREAKS_JSON = re.compile(r"[\x00-\x1f]+|^\s*<!\[CDATA\[|\]\]>\s*$|^\s*<!--|-->\s*$")
_TITLE_NAMES = ("og:title", "twitter:title", "dc.title", "title")
_SITE_NAMES = ("og:site_name", "application-name", "dc.publisher")
_AUTHOR_NAMES = ("author", "article:author", "dc.creator", "parsely-author", "byl")
_DATE_NAMES = (
    "article:published_time",
    "og:article:published_time",
    "datepublished",
    "date",
    "dc.date",
    "dc.date.issued",
    "pubdate",
    "publishdate",
    "parsely-pub-date",
    "sailthru.date",
)
_MODIFIED_NAMES = ("article:modified_time", "og:updated_time", "datemodified", "last-modified", "dcterms.modified")
_DESCRIPTION_NAMES = ("og:description", "description")
_AMP_MARKS = ("amp", "⚡")
_LONGEST_NAME = 200  # characters; what is longer is no name but text


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the head says; empty strings where it says nothing."""

    title: str = ""
    byline: str = ""
    site: str = ""
    language: str = ""
    canonical_url: str = ""
    published_at: datetime | None = None
    description: str = ""
    modified_at: datetime | None = None
    body: str = ""  #: the article's text as JSON-LD gives it
    version_url: str = ""  #: where the same article stands in another build: the AMP copy, or what an AMP copy is of
    sources: Mapping[str, str] = field(default_factory=dict)  #: of each that was found: "json-ld", "meta", "text"


def read_metadata(tree: HtmlElement) -> Metadata:
    """Read title, byline, site, language, canonical address and date of publication."""
    node = _article_node(tree)
    meta = _meta_values(tree)
    sources: dict[str, str] = {}
    headline, said_title = clean_line(_name(node.get("headline"))), clean_line(_first(meta, _TITLE_NAMES))
    choose = partial(_choose, sources)
    return Metadata(
        title=choose("title", (JSON_LD, headline), (META, said_title)) or choose("title", (TEXT, _title_of(tree))),
        byline=choose("byline", (JSON_LD, _byline(node)), (META, _author(meta))),
        site=choose("site", (META, _first(meta, _SITE_NAMES)), (JSON_LD, _name(node.get("publisher")))),
        language=choose("language", *_languages(tree, node, meta)),
        canonical_url=_canonical(tree, meta),
        published_at=_date(sources, "published_at", node.get("datePublished"), _first(meta, _DATE_NAMES)),
        description=_first(meta, _DESCRIPTION_NAMES),
        modified_at=_date(sources, "modified_at", node.get("dateModified"), _first(meta, _MODIFIED_NAMES)),
        body=_name(node.get("articleBody")),
        version_url=_version(tree),
        sources=sources,
    )


def _choose(sources: dict[str, str], name: str, *said: tuple[str, str]) -> str:
    """Take the first that says something, and note where it stood."""
    for source, text in said:
        if line := clean_line(text):
            sources[name] = source
            return line
    return ""


def _date(sources: dict[str, str], name: str, of_node: object, of_meta: str) -> datetime | None:
    """Take the first that is a date, and note where it stood."""
    for source, text in ((JSON_LD, _name(of_node)), (META, of_meta)):
        if found := parse_date(text):
            sources[name] = source
            return found
    return None


def parse_date(text: str) -> datetime | None:
    """Read an ISO 8601 date as machines write it; None for anything else."""
    try:
        found = datetime.fromisoformat(text.strip())
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _article_node(tree: HtmlElement) -> Mapping[str, object]:
    """Find the first JSON-LD node that describes an article; an empty one if there is none."""
    for script in tree.iterfind('.//script[@type="application/ld+json"]'):
        for node in _nodes(_loaded(script.text or "")):
            if any(_ARTICLE_TYPE.search(name) for name in _types(node)):
                return node
    return {}


def _loaded(text: str) -> object:
    try:
        return json.loads(_BREAKS_JSON.sub(" ", text))
    except (ValueError, RecursionError):
        return None


def _nodes(value: object) -> Iterator[Mapping[str, object]]:
    """Walk the places where a document keeps its main nodes: itself, lists, `@graph`, `mainEntity`."""
    if isinstance(value, list):
        for part in value:
            yield from _nodes(part)
    elif isinstance(value, dict):
        yield value
        yield from _nodes(value.get("@graph"))
        yield from _nodes(value.get("mainEntity"))


def _types(node: Mapping[str, object]) -> Iterator[str]:
    found = node.get("@type")
    yield from (name for name in (found if isinstance(found, list) else [found]) if isinstance(name, str))


def _name(value: object) -> str:
    """Read a value that may be text, a thing with a name, or a list of either."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return _name(value.get("name"))
    if isinstance(value, list):
        return ", ".join(filter(None, map(_name, value)))
    return ""


def _byline(node: Mapping[str, object]) -> str:
    return _short(_name(node.get("author")))


def _author(meta: Mapping[str, str]) -> str:
    found = _short(_first(meta, _AUTHOR_NAMES))
    return "" if "://" in found else found


def _short(text: str) -> str:
    line = clean_line(text)
    return line if len(line) <= _LONGEST_NAME else ""


def _meta_values(tree: HtmlElement) -> dict[str, str]:
    """Collect what meta elements say, names in lower case; the first of each wins."""
    values: dict[str, str] = {}
    for element in tree.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop") or ""
        content = (element.get("content") or "").strip()
        if name and content:
            values.setdefault(name.strip().lower(), content)
    return values


def _first(values: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((values[name] for name in names if name in values), "")


def _title_of(tree: HtmlElement) -> str:
    """Fall back on the page's only first heading, then on its title element."""
    headings = [heading for heading in tree.iter("h1") if heading.text_content().strip()]
    if len(headings) == 1:
        return headings[0].text_content()
    title = tree.find(".//title")
    return title.text_content() if title is not None else ""


def _languages(tree: HtmlElement, node: Mapping[str, object], meta: Mapping[str, str]) -> list[tuple[str, str]]:
    """Give what html, a meta element and the article's node say of the language, in the order of trust."""
    html = next(iter(tree.iter("html")), tree)
    named = html.get("lang") or html.get("xml:lang") or ""
    said = _first(meta, ("og:locale", "content-language", "language", "dc.language"))
    return [(META, _primary(named)), (JSON_LD, _primary(_name(node.get("inLanguage")))), (META, _primary(said))]


def _primary(said: str) -> str:
    """Give the primary subtag in lower case (BCP 47); empty for what is none."""
    primary = re.split(r"[-_,;\s]", said.strip().lower())[0]
    return primary if re.fullmatch(r"[a-z]{2,3}", primary) else ""


def _canonical(tree: HtmlElement, meta: Mapping[str, str]) -> str:
    return _linked(tree, "canonical") or _first(meta, ("og:url",))


def _version(tree: HtmlElement) -> str:
    """Give the AMP copy of a page, and of an AMP copy (amp.dev: `<html amp>` or `<html ⚡>`) the page itself."""
    html = next(iter(tree.iter("html")), tree)
    is_amp = any(name in html.attrib for name in _AMP_MARKS)
    return _linked(tree, "canonical" if is_amp else "amphtml")


def _linked(tree: HtmlElement, relation: str) -> str:
    for link in tree.iter("link"):
        if relation in (link.get("rel") or "").lower().split() and link.get("href"):
            return (link.get("href") or "").strip()
    return ""
