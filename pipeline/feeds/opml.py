"""Read and write lists of feeds as OPML (2.0, opml.org/spec2.opml).

In: the bytes of a file from any reader, or feeds. Out: feeds with what was skipped and why, or bytes. Hides lxml's
recovering XML parser. Traps: attributes come in every case, addresses with bare ampersands; a file that declares
entities is refused, since nothing an OPML file needs is an entity and much that is harmful is (checklist S17).
"""

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from lxml import etree

from pipeline.errors import Unusable
from pipeline.feeds.decode import decode
from pipeline.feeds.opml_tags import damaged_outlines, without_comments
from pipeline.feeds.safexml import safe_parser
from pipeline.feeds.text import clean_line
from pipeline.urls import absolute, canonical

FOLDER_SEPARATOR = " / "
NAME_LENGTH = 200
MOST_OUTLINES = 100_000

#: An outline's attributes, names in lower case, and its folder.
Outline = tuple[dict[str, str], str]

#: References to what is no character (D800 to DFFF): the recovering parser takes them, and nothing reads what it gives.
_SURROGATE = re.compile(
    r"&#(?:[xX]0*[dD][89a-fA-F][0-9a-fA-F]{2}|0*5(?:529[6-9]|5[3-9]\d\d|6\d{3}|7[0-2]\d\d|73[0-3]\d|734[0-3]));"
)
_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});)")
_OUTLINE = re.compile(r"<outline\b", re.IGNORECASE)
_ADDRESS = re.compile(r"\bxmlurl\s*=", re.IGNORECASE)
_FEED_SCHEME = re.compile(r"feed:(?://)?(?=https?:)|feed:(?=//)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class OpmlFeed:
    """A feed as a list names it."""

    url: str
    title: str = ""
    folder: str = ""  #: the folders it stands in, outermost first, joined by `FOLDER_SEPARATOR`


@dataclass(frozen=True, slots=True)
class OpmlReading:
    """What a list held, in its order."""

    feeds: tuple[OpmlFeed, ...]
    skipped: tuple[tuple[str, str], ...]  #: what was named, and why it is not a feed


def read_opml(body: bytes) -> OpmlReading:
    """Read a list, damaged ones as far as they can be read; an address that comes again is skipped.

    Raises `Unusable` if it is no OPML at all.
    """
    text = without_comments(decode(body))
    address_count = sum(_ADDRESS.search(part) is not None for part in _OUTLINE.split(text)[1:])
    outlines = list(_outlines(_root(text)))
    if _address_count(outlines) < address_count or not any(_usable(outline) for outline, _folder in outlines):
        # Damaged: tag by tag more may be found than the recovering parser could give.
        outlines = max(outlines, list(_damaged(text)), key=_address_count)
    reading = _reading(outlines[:MOST_OUTLINES])
    skipped = [*reading.skipped]
    if len(outlines) > MOST_OUTLINES:
        skipped.append(("", f"{len(outlines) - MOST_OUTLINES} lines beyond the first {MOST_OUTLINES:,} were not read"))
    if (lost_count := address_count - _address_count(outlines)) > 0:
        skipped.append(("", f"{lost_count} entries stand where the file is damaged and could not be read"))
    return OpmlReading(reading.feeds, tuple(skipped))


def _reading(outlines: Iterable[Outline]) -> OpmlReading:
    feeds: dict[str, OpmlFeed] = {}
    skipped: list[tuple[str, str]] = []
    for outline, folder in outlines:
        url, name = _usable(outline), _name(outline)
        if not url:
            skipped.append((name or _written(outline), _why_unusable(outline)))
        elif canonical(url) in feeds:
            skipped.append((name or url, f"the list has {url} twice"))
        else:
            feeds[canonical(url)] = OpmlFeed(url, name, folder or _category(outline))
    return OpmlReading(tuple(feeds.values()), tuple(skipped))


def _written(outline: dict[str, str]) -> str:
    """Give the feed's address as it stands: xmlUrl, or what some readers write for it."""
    is_feed = outline.get("type", "").lower() in {"rss", "atom", "feed"}
    return (outline.get("xmlurl") or (outline.get("url", "") if is_feed else "")).strip()


def _usable(outline: dict[str, str]) -> str:
    """Give the address, made whole; empty if it is none. An ampersand escaped twice is one."""
    written = _written(outline).replace("&amp;", "&")
    return absolute("", _FEED_SCHEME.sub(_scheme, written)) if written else ""


def _address_count(outlines: Iterable[Outline]) -> int:
    return sum("xmlurl" in outline for outline, _folder in outlines)


def _damaged(text: str) -> Iterator[Outline]:
    for outline, around, is_folder in damaged_outlines(text):
        if not is_folder:
            yield outline, _folder(clean_line(name)[:NAME_LENGTH] for name in around)


def _category(outline: dict[str, str]) -> str:
    """Read the first path of the `category` attribute, such as `/World/Asia,/News`, as a folder."""
    return _folder(clean_line(part) for part in outline.get("category", "").partition(",")[0].split("/"))


def _folder(names: Iterable[str]) -> str:
    return FOLDER_SEPARATOR.join(filter(None, names))[:NAME_LENGTH]


def _scheme(match: re.Match[str]) -> str:
    """Read `feed://host` as http, `feed:https://host` as what it says (the scheme was never registered)."""
    return "http:" if match[0].lower() == "feed:" and match.string[match.end() :].startswith("//") else ""


def _why_unusable(outline: dict[str, str]) -> str:
    written = _written(outline)
    if written:
        return f"{written[:200]!r} is no http or https address"
    if outline.get("type", "").lower() in {"include", "link"} and outline.get("url"):
        return f"stands for something else ({outline['url'][:200]}), which is not read"
    site = absolute("", outline.get("htmlurl", "")) if outline.get("htmlurl") else ""
    hint = f"; `storywatch feeds add {site}` looks for it" if site else ""
    return f"names no feed address (xmlUrl){hint}"


def _root(text: str) -> etree.Element:
    if "<!ENTITY" in text:
        raise Unusable("This OPML file declares entities, which no list of feeds needs; remove its DOCTYPE.")
    start = max(text.find("<"), 0)
    try:
        mended = _SURROGATE.sub("", _BARE_AMPERSAND.sub("&amp;", text[start:]))
        root = etree.fromstring(mended.encode(), safe_parser(recover=True))
    except etree.XMLSyntaxError as error:
        raise Unusable(f"This is no OPML file: {error}") from error
    if root is None or not _is_list(root):
        raise Unusable("This is no OPML file: it has no outline element.")
    return root


def _is_list(root: etree.Element) -> bool:
    """Tell whether there is an outline, or an opml element whose body is empty."""
    tags = {_tag(element) for element in root.iter()}
    return "outline" in tags or (_tag(root) == "opml" and "body" in tags)


def _tag(element: etree.Element) -> str:
    return element.tag.rpartition("}")[2].lower()


def _outlines(root: etree.Element) -> Iterator[Outline]:
    """Give every outline that is no folder, attributes in lower case, with its folder; in document order."""
    pending = [(root, "")]
    while pending:
        element, folder = pending.pop()
        outline = {name.lower(): value for name, value in element.attrib.items()}
        is_feed = "xmlurl" in outline
        if _tag(element) == "outline" and (is_feed or not len(element)):
            yield outline, folder
        inside = folder if is_feed or _tag(element) != "outline" else _folder((folder, _name(outline)))
        pending.extend((child, inside) for child in reversed(list(element)))


def _name(outline: dict[str, str]) -> str:
    """Give the name, HTML's entities resolved: XML knows five, readers write all of them, and some escape twice."""
    written = outline.get("title") or outline.get("text", "")
    return clean_line(html.unescape(written))[:NAME_LENGTH]


def write_opml(feeds: Iterable[OpmlFeed]) -> bytes:
    """Write a list that other readers understand, folders and feeds in alphabetical order."""
    ordered = sorted(feeds, key=lambda feed: (feed.folder, feed.title, feed.url))
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<opml version="2.0">']
    lines += ["  <head><title>Feeds watched by Storywatch</title></head>", "  <body>"]
    for folder, inside in groupby(ordered, key=attrgetter("folder")):
        if folder:
            lines.append(f"    <outline {_names(folder)}>")
        lines += [f"    {'  ' if folder else ''}{_outline(feed)}" for feed in inside]
        if folder:
            lines.append("    </outline>")
    lines += ["  </body>", "</opml>", ""]
    return "\n".join(lines).encode()


def _outline(feed: OpmlFeed) -> str:
    return f'<outline type="rss" {_names(feed.title or feed.url)} xmlUrl="{_quoted(feed.url)}"/>'


def _names(name: str) -> str:
    return f'text="{_quoted(name)}" title="{_quoted(name)}"'


def _quoted(value: str) -> str:
    return html.escape(clean_line(value), quote=True)
