"""Mend in a document's text what would make an XML parser stop, and cut what is too much of it.

In: the decoded text of an RSS or Atom document. Out: text again. Hides regular expressions, all of them linear.
Trap: only what cannot change the meaning of a healthy document is mended; the rest is the lenient parser's.
"""

import re
from html.entities import html5

_ENTRY_START = re.compile(r"<(?:[A-Za-z][\w.-]{0,50}:)?(?:item|entry)(?=[\s>/])", re.IGNORECASE)
_ENTRY_END = re.compile(r"</(?:[A-Za-z][\w.-]{0,50}:)?(?:item|entry)\s{0,50}>", re.IGNORECASE)
_ROOT = re.compile(r"<((?:[A-Za-z][\w.-]{0,50}:)?(?:rss|feed|rdf|channel))(?=[\s>/])", re.IGNORECASE)
_PREFIXED = re.compile(r"<([A-Za-z][\w.-]{0,50}):(?:item|entry|channel)[\s>]")
_NAMED = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)([A-Za-z][A-Za-z0-9]{1,30};)")
# feedparser takes `uri` for the address of a link, whose text is the address; no format has that attribute there.
_LINK_URI = re.compile(r"<link\s+uri=", re.IGNORECASE)
_HEAD = 4096


def mend(text: str) -> str:
    """Mend what publishers break most: HTML's entities, a prefix never declared, words before the document."""
    text = _LINK_URI.sub("<link data-uri=", _without_undeclared_prefix(_from_first_tag(text)))
    if "<!DOCTYPE" in text[:_HEAD]:  # which may declare them
        return text
    return _NAMED.sub(_character, text)


def _from_first_tag(text: str) -> str:
    """Drop what a misbehaving generator printed before the markup: warnings, blank lines."""
    start = text.find("<", 0, _HEAD)
    return text[start:] if start > 0 else text


def _without_undeclared_prefix(text: str) -> str:
    found = _PREFIXED.search(text)
    if found is None or f"xmlns:{found[1]}" in text:
        return text
    return re.sub(rf"<(/?){re.escape(found[1])}:(?=\w)", r"<\1", text)


def _character(match: re.Match[str]) -> str:
    character = html5.get(match[1], match[0])
    return match[0] if character in {"<", ">", "&", '"', "'"} else character


def cut_entries(text: str, limit: int) -> tuple[str, int]:
    """Cut out all entries after the first `limit`, what follows the last one stays; give how many were cut.

    A document of ten million bytes can hold a million entries; reading them all takes minutes (checklist S30).
    """
    starts = [match.start() for match in _ENTRY_START.finditer(text)]
    if len(starts) <= limit:
        return text, 0
    ends = [match.end() for match in _ENTRY_END.finditer(text, starts[limit])]
    return text[: starts[limit]] + (text[ends[-1] :] if ends else ""), len(starts) - limit


def is_closed(text: str) -> bool:
    """Tell whether a damaged document at least goes to its end: its root is closed after the last entry begins.

    A generator that dies, or a proxy that cuts, ends the document anywhere else (checklist F4).
    """
    root = _ROOT.search(text)
    if root is None:
        return False
    last_entry = max((match.start() for match in _ENTRY_START.finditer(text)), default=0)
    return re.search(rf"</{re.escape(root[1])}\s*>", text[last_entry:], re.IGNORECASE) is not None


def ends_in_entry(text: str) -> bool:
    """Tell whether the text ends before its last entry does; what that entry says may be half a sentence."""
    starts = [match.start() for match in _ENTRY_START.finditer(text)]
    return bool(starts) and not _ENTRY_END.search(text, starts[-1])
