"""Read sound RSS 2.0 and Atom 1.0 documents, as most are, five times as fast as the lenient parser.

In: the text of a document and the address it came from. Out: the same `RawFeed` that `pipeline.feeds.xmlfeed` makes of
it, or None if there is anything in it that the lenient parser might read in its own way. Hides lxml's strict parser.
Trap: this must never know better; a test compares both on every document of four suites and on real feeds.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from lxml import etree

from pipeline.feeds import declared
from pipeline.feeds.plainwords import (
    ATOM,
    PERSON,
    Unusual,
    address_of,
    author_of,
    content_of,
    last,
    summary_of,
    title_of,
    words_of,
)
from pipeline.feeds.raw import RawEntry, RawFeed
from pipeline.feeds.safexml import safe_parser
from pipeline.feeds.text import clean_line
from pipeline.urls import absolute, is_web_url

_CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_FEEDBURNER = "{http://rssnamespace.org/feedburner/ext/1.0}"
_MEDIA = "{http://search.yahoo.com/mrss/}"
_SYNDICATION = "{http://purl.org/rss/1.0/modules/syndication/}"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
# Namespaces that mean nothing to titles, links, ids, dates, texts or authors, whatever stands in them.
_SILENT = (
    f"{_DC}subject",
    _SYNDICATION,
    _MEDIA,
    "{http://purl.org/rss/1.0/modules/slash/}",
    "{http://wellformedweb.org/CommentAPI/}",
    "{http://purl.org/syndication/thread/1.0}",
    "{http://www.georss.org/georss}",
    "{http://a9.com/-/spec/opensearch/1.1/}",
    "{http://a9.com/-/spec/opensearchrss/1.0/}",
    "{com-wordpress:feed-additions:1}",
)
_RSS_READ = frozenset({"title", "link", "description", "guid", "pubDate", "author"})
_RSS_SILENT = frozenset({"category", "comments", "enclosure", "source"})
_ATOM_READ = frozenset({"title", "link", "id", "published", "updated", "summary", "content", "author"})
_ATOM_SILENT = frozenset({"category", "contributor", "rights"})
_ONCE = frozenset({"title", "description", "summary", "author", "content", "guid", "id"})
_HEAD_SILENT = frozenset(
    {
        "description", "lastBuildDate", "pubDate", "generator", "docs", "copyright", "managingEditor", "webMaster",
        "category", "cloud", "ttl", "image", "skipHours", "skipDays", "rating", "subtitle", "updated", "id", "author",
        "icon", "logo", "rights", "contributor", "link", "title", "language", "item", "entry",
    }
)  # fmt: skip
_HEAD_INSIDE = {
    "image": frozenset({"url", "title", "link", "width", "height", "description"}),
    "author": PERSON,
    "contributor": PERSON,
    "skipHours": frozenset({"hour"}),
    "skipDays": frozenset({"day"}),
}
_VERSIONS = {"2.0": "rss20"}
_UNREADABLE = re.compile(r"<!DOCTYPE|<!ENTITY", re.IGNORECASE)
_WHOLE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_PARSER = safe_parser(recover=False)


@dataclass(slots=True)
class _Links:
    """Links in the order of the document, and the one the lenient parser would choose."""

    based: bool = False  #: xml:base stands somewhere: an address that needs it is for the other reader
    named: list[tuple[str, str]] = field(default_factory=list)  #: relation, address
    chosen: str = ""

    def add(self, element: etree.Element) -> None:
        href = element.get("href")
        if element.get("url") or element.get("uri"):
            raise Unusual
        rel = element.get("rel") or "alternate"
        link = address_of(words_of(element)) if href is None else href.strip()
        if self.based and not _WHOLE.match(link):
            raise Unusual
        self.named.append((rel, link))
        kind = (element.get("type") or "text/html").lower()
        if href is None or (rel == "alternate" and "html" in kind):
            self.chosen = link

    def of(self, *relations: str) -> list[str]:
        """Give the addresses of these relations, the first relation before the others."""
        return [link for wanted in relations for rel, link in self.named if rel == wanted and link]


def read_plain(text: str, url: str, skipped_count: int) -> RawFeed | None:
    """Read a decoded and mended document; None if it is not sound or in any way unusual."""
    if _UNREADABLE.search(text):
        return None
    try:
        root = etree.fromstring(text.encode(), _PARSER)
        return _feed(root, text, url, skipped_count) if root is not None else None
    except (Unusual, etree.XMLSyntaxError):
        return None


def _feed(root: etree.Element, text: str, url: str, skipped_count: int) -> RawFeed:
    head, entries, kind, prefix = _parts(root, text)
    based = "xml:base" in text
    links, found = _Links(based), defaultdict[str, list[etree.Element]](list)
    for child in head:
        if child.tag == f"{prefix}link" or (child.tag == f"{ATOM}link"):
            links.add(child)
        elif child.tag.startswith(_SYNDICATION):
            found[child.tag.removeprefix(_SYNDICATION)].append(child)
        elif child.tag.startswith(prefix) and "}" not in child.tag.removeprefix(prefix):
            found[_known(child, prefix)].append(child)
        elif not child.tag.startswith(_SILENT):
            raise Unusual
    if len(found["title"]) > 1:
        raise Unusual
    if found["id"] and not links.chosen:
        raise Unusual  # the lenient parser takes the id for the site's address
    base = absolute(url, links.chosen) or url
    language = last(found["language"]) or (root.get(_LANG) or "").replace("_", "-")
    return RawFeed(
        format=kind,
        entries=tuple(_entry(entry, base, kind, prefix, based=based, tagged="xml:lang" in text) for entry in entries),
        title=clean_line(title_of(found["title"], kind)),
        site_url=absolute(url, links.chosen) if links.chosen else "",
        language=clean_line(language),
        skipped_count=skipped_count,
        minimum_interval_seconds=declared.minimum_interval_seconds(
            last(found["ttl"]), last(found["updatePeriod"]), last(found["updateFrequency"])
        ),
        skip_hours=declared.skip_hours(text),
        skip_days=declared.skip_days(text),
        older_url=next((absolute(url, link) for link in links.of("prev-archive", "next")), ""),
        hubs=tuple(dict.fromkeys(filter(None, (absolute(url, link) for link in links.of("hub"))))),
        self_url=next((absolute(url, link) for link in links.of("self")), ""),
    )


def _parts(root: etree.Element, text: str) -> tuple[list[etree.Element], list[etree.Element], str, str]:
    """Give what stands before and between the entries, the entries, the format, and the namespace of its elements."""
    if root.tag == f"{ATOM}feed":
        head, name, kind, prefix = root, f"{ATOM}entry", "atom10", ATOM
    elif root.tag == "rss" and len(root) == 1 and root[0].tag == "channel":
        head, name, kind, prefix = root[0], "item", _VERSIONS.get(root.get("version") or "", ""), ""
    else:
        raise Unusual
    entries = [child for child in head if child.tag == name]
    if not kind:
        raise Unusual
    if " lang=" in text and any(one.get("lang") is not None for one in root.iter()):
        raise Unusual  # the lenient parser takes it for xml:lang
    if sum(1 for _ in root.iter("{*}item", "{*}entry")) != len(entries):
        raise Unusual
    return [child for child in head if child.tag != name], entries, kind, prefix


def _known(child: etree.Element, prefix: str) -> str:
    """Give the name of an element of the feed itself; raise if it may mean something, or something in it may."""
    name = child.tag.removeprefix(prefix)
    inside = _HEAD_INSIDE.get(name, frozenset())
    if name not in _HEAD_SILENT or any(len(one) or one.tag.removeprefix(prefix) not in inside for one in child):
        raise Unusual
    return name


def _entry(entry: etree.Element, base: str, kind: str, prefix: str, *, based: bool, tagged: bool) -> RawEntry:
    """Read an entry; `based` and `tagged` say whether xml:base and xml:lang stand anywhere in the document."""
    links, found = _Links(based), defaultdict[str, list[etree.Element]](list)
    for child, key in _children(entry, prefix):
        if key == "link":
            links.add(child)
        elif key in found and key in _ONCE:
            raise Unusual
        else:
            found[key].append(child)
    guids = found["guid"] or found["id"]
    guid = last(guids)
    if based and not _WHOLE.match(guid):
        raise Unusual
    return RawEntry(
        guid=clean_line(guid),
        link=_link(links, last(found["origLink"]), guid, guids, base),
        title=clean_line(title_of(found["title"], kind)),
        summary=summary_of(found["description"] or found["summary"], kind),
        content=content_of(found["content"]),
        author=clean_line(author_of(found["author"], prefix)),
        language=clean_line(_language(found)) if tagged else "",
        date=clean_line(last(found["pubDate"] or found["published"]) or last(found["updated"])),
    )


def _children(entry: etree.Element, prefix: str) -> Iterator[tuple[etree.Element, str]]:
    """Give the children that say something, each with its name; raise if one might and is not known."""
    read, silent = (_ATOM_READ, _ATOM_SILENT) if prefix else (_RSS_READ, _RSS_SILENT)
    has_title = False
    for child in entry:
        name = child.tag.removeprefix(prefix) if prefix else child.tag
        if name in read:
            if len(child) and name != "author":
                raise Unusual
            yield child, name
        elif named := _FOREIGN.get(child.tag):
            if len(child):
                raise Unusual
            yield child, named
        elif (name not in silent or len(child)) and not _is_silent(child, has_title=has_title):
            raise Unusual
        has_title = has_title or (name == "title" and bool(child.text))


#: Elements of other namespaces that say something.
_FOREIGN = {
    f"{ATOM}link": "link",
    f"{_CONTENT}encoded": "content",
    f"{_DC}creator": "author",
    f"{_DC}date": "updated",
    f"{_FEEDBURNER}origLink": "origLink",
}


def _is_silent(child: etree.Element, *, has_title: bool) -> bool:
    """Tell whether an element and all in it say nothing of what is read.

    The title of a medium counts for the entry if it stands at its level or the entry's own has not come yet.
    """
    for one in child.iter():
        is_title = one.tag == f"{_MEDIA}title" and (one is child or not has_title)
        if is_title or one.tag == f"{_MEDIA}description" or not one.tag.startswith(_SILENT):
            return False
    return True


def _language(found: defaultdict[str, list[etree.Element]]) -> str:
    for key in ("content", "summary", "description", "title"):
        if found[key]:
            language = _lang_of(found[key][0])
            if language:
                return language
    return ""


def _lang_of(element: etree.Element) -> str:
    """Give the language that holds at an element."""
    at: etree.Element | None = element
    while at is not None:
        if (language := at.get(_LANG)) is not None:
            return language.replace("_", "-")
        at = at.getparent()
    return ""


def _link(links: _Links, original: str, guid: str, guids: Sequence[etree.Element], base: str) -> str:
    """Choose the entry's page as the other reader does: the original, the chosen, any alternate, a permanent guid."""
    alternates = links.of("alternate")
    chosen = [links.chosen] if links.chosen in alternates else []
    for link in [address_of(original), *chosen, *alternates]:
        if link and (found := absolute(base, link)):
            return found
    said = [value for one in guids for name, value in one.attrib.items() if name.lower() == "ispermalink"]
    is_permanent = bool(guids) and (said or ["true"])[0] == "true"
    return absolute(base, guid) if is_permanent and is_web_url(guid) else ""
