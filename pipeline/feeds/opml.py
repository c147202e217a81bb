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
from pipeline.feeds.text import clean_line
from pipeline.urls import absolute, canonical

FOLDER_SEPARATOR = " / "
NAME_LENGTH = 200

_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});)")
_ADDRESS = re.compile(r"\sxmlurl\s*=", re.IGNORECASE)
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
    text = decode(body)
    feeds: dict[str, OpmlFeed] = {}
    skipped: list[tuple[str, str]] = []
    seen_count = 0
    for outline, folder in _outlines(_root(text)):
        written = outline.get("xmlurl", "").strip()
        seen_count += "xmlurl" in outline
        url = absolute("", _FEED_SCHEME.sub(_scheme, written))
        name = _name(outline)
        if not url:
            skipped.append((name or written, _why_unusable(written)))
        elif canonical(url) in feeds:
            skipped.append((name or url, f"the list has {url} twice"))
        else:
            feeds[canonical(url)] = OpmlFeed(url, name, folder)
    lost_count = len(_ADDRESS.findall(text)) - seen_count
    if lost_count > 0:
        skipped.append(("", f"{lost_count} entries stand where the file is damaged and could not be read"))
    return OpmlReading(tuple(feeds.values()), tuple(skipped))


def _scheme(match: re.Match[str]) -> str:
    """Read `feed://host` as http, `feed:https://host` as what it says (the scheme was never registered)."""
    return "http:" if match[0].lower() == "feed:" and match.string[match.end() :].startswith("//") else ""


def _why_unusable(written: str) -> str:
    return f"{written[:200]!r} is no http or https address" if written else "names no feed address (xmlUrl)"


def _root(text: str) -> etree.Element:
    if "<!ENTITY" in text:
        raise Unusable("This OPML file declares entities, which no list of feeds needs; remove its DOCTYPE.")
    parser = etree.XMLParser(
        encoding="utf-8",
        recover=True,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    start = max(text.find("<"), 0)
    try:
        root = etree.fromstring(_BARE_AMPERSAND.sub("&amp;", text[start:]).encode(), parser)
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


def _outlines(root: etree.Element) -> Iterator[tuple[dict[str, str], str]]:
    """Give every outline that is no folder, attributes in lower case, with its folder; in document order."""
    pending = [(root, "")]
    while pending:
        element, folder = pending.pop()
        outline = {name.lower(): value for name, value in element.attrib.items()}
        is_feed = "xmlurl" in outline
        if _tag(element) == "outline" and (is_feed or not len(element)):
            yield outline, folder
        inside = folder if is_feed or _tag(element) != "outline" else _inner(folder, _name(outline))
        pending.extend((child, inside) for child in reversed(list(element)))


def _inner(folder: str, name: str) -> str:
    return FOLDER_SEPARATOR.join(filter(None, (folder, name)))[:NAME_LENGTH]


def _name(outline: dict[str, str]) -> str:
    return clean_line(outline.get("title") or outline.get("text", ""))[:NAME_LENGTH]


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
