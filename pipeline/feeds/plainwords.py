"""What the elements of a sound feed say, read as the lenient parser reads them; the words of `plainxml`.

In: elements. Out: texts, plain where they are meant for people. Raises `Unusual` for whatever the lenient parser has
its own ways with: XHTML, base64, elements within a text. Trap: RSS does not say what is markup; its descriptions are,
its titles are if they look so.
"""

import re
from collections.abc import Sequence

from lxml import etree

from pipeline.feeds.text import clean_text, has_markup, html_to_text

RAW_TEXT_LENGTH = 2_000_000  # markup beyond this is not turned into text: four times the longest content kept
ATOM = "{http://www.w3.org/2005/Atom}"

PERSON = frozenset({"name", "uri", "email"})  #: what stands in an Atom author

_ENTITY = re.compile(r"&#?\w+;")
_AMPERSAND = re.compile(r"&([A-Za-z0-9_]+);")
_TEXT_TYPE = re.compile(r"^text/plain$|html")
_TYPES = {"text": "text/plain", "plain": "text/plain", "html": "text/html"}


class Unusual(Exception):
    """Something the lenient parser should look at."""


def words_of(element: etree.Element) -> str:
    """Give an element's text, with UTF-8 that was taken for Latin-1 and encoded once more set right."""
    words = (element.text or "").strip()
    if words.isascii():
        return words
    try:
        return words.encode("iso-8859-1").decode("utf-8")
    except UnicodeError:
        return words


def last(elements: Sequence[etree.Element]) -> str:
    """Give the words of the last element; empty if there is none."""
    return words_of(elements[-1]) if elements else ""


def address_of(words: str) -> str:
    """Give an address without the escapes that are escaped once more in many feeds."""
    return _AMPERSAND.sub(r"&\1", words.replace("&amp;", "&")) if "&" in words else words


def _type(element: etree.Element, usual: str) -> str:
    if not element.attrib:
        return _TYPES.get(usual, usual)
    if any(name.lower() == "type" and (name != "type" or not element.tag.startswith(ATOM)) for name in element.attrib):
        raise Unusual
    written = (element.get("type") or usual).lower()
    if written in {"xhtml", "application/xhtml+xml"} or element.get("mode") or element.get("src"):
        raise Unusual
    return _TYPES.get(written, written)


def title_of(elements: Sequence[etree.Element], kind: str) -> str:
    """Read the first title that has words; in RSS it may be markup, and nothing says so."""
    for element in elements:
        if len(element):
            raise Unusual
        if words := words_of(element):
            return _plain(words, _type(element, "text/plain"), kind, guess=True)
    return ""


def summary_of(elements: Sequence[etree.Element], kind: str) -> str:
    """Read a description or summary."""
    if not elements:
        return ""
    usual = "text/html" if kind.startswith("rss") else "text/plain"
    return _plain(words_of(elements[0]), _type(elements[0], usual), kind, guess=False)


def _plain(words: str, media_type: str, kind: str, *, guess: bool) -> str:
    words = words[:RAW_TEXT_LENGTH]
    if not media_type.startswith("text/"):
        raise Unusual  # it may be base64
    is_rss = kind.startswith("rss")
    marked_up = "html" in media_type or (
        is_rss and (has_markup(words) or (guess and "&" in words and _ENTITY.search(words) is not None))
    )
    return html_to_text(words) if marked_up else clean_text(words)


def content_of(elements: Sequence[etree.Element]) -> str:
    """Read the full content."""
    if not elements:
        return ""
    is_atom = elements[0].tag.startswith(ATOM)
    media_type = _type(elements[0], "text/plain" if is_atom else "text/html")
    if not media_type.startswith("text/") or not _TEXT_TYPE.search(media_type):
        raise Unusual
    words = words_of(elements[0])[:RAW_TEXT_LENGTH]
    marked_up = "html" in media_type or (not is_atom and has_markup(words))
    return html_to_text(words) if marked_up else clean_text(words)


def author_of(elements: Sequence[etree.Element], prefix: str) -> str:
    """Read an author: a name, an address or both."""
    if not elements:
        return ""
    element = elements[0]
    is_person = element.tag == f"{ATOM}author"
    if not is_person and not len(element):
        return words_of(element)
    parts = {child.tag.removeprefix(ATOM): words_of(child) for child in element}
    if not is_person or not prefix or not parts.keys() <= PERSON or any(map(len, element)) or words_of(element):
        raise Unusual
    name, email = parts.get("name", ""), parts.get("email", "")
    return f"{name} ({email})" if name and email else name or email
