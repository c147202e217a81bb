"""Read the outlines of a list that is no XML any more, tag by tag.

In: the text of a damaged OPML file. Out: outlines with the names of those around them. Hides regular expressions.
Traps: quotes may stand inside quotes, so a value goes on to the quote before the next `name="`, except in an address;
and all of it is done in linear time, since a list may come from anybody.
"""

import html
import re
from collections.abc import Iterator

LONGEST_TAG = 4000
DEEPEST = 50
MOST_BROKEN = 1000  # tags that could not be read, after which nothing more is tried

_TOKEN = re.compile(r"<(/?)outline\b", re.IGNORECASE)
_END = re.compile(r">\s{0,1000}(?=<|$)")
_QUOTED_NAME = re.compile(r"([A-Za-z_][\w:.-]{0,50})\s{0,10}=\s{0,10}(?=[\"'])")


def without_comments(text: str) -> str:
    """Cut comments out; one that is never closed stays."""
    kept, at = [], 0
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        kept.append(text[at:start])
        at = end + 3
    return "".join(kept) + text[at:]


def damaged_outlines(text: str) -> Iterator[tuple[dict[str, str], tuple[str, ...], bool]]:
    """Give (attributes in lower case, titles of the outlines around, whether it is a folder), in document order."""
    around: list[str] = []
    broken_count = 0
    for token in _TOKEN.finditer(text):
        if token[1]:
            del around[-1:]
            continue
        end = _END.search(text, token.end(), token.end() + LONGEST_TAG)
        inside = text[token.end() : end.start()] if end else ""
        attributes = _attributes(inside)
        broken_count += not attributes
        if broken_count > MOST_BROKEN:
            return
        opens = bool(attributes) and not inside.rstrip().endswith("/")
        yield attributes, tuple(around), opens and "xmlurl" not in attributes
        if opens and len(around) < DEEPEST:
            # A feed with an end tag of its own stands on the way, without a name.
            around.append("" if "xmlurl" in attributes else attributes.get("title") or attributes.get("text", ""))


def _attributes(inside: str) -> dict[str, str]:
    """Read attributes; of two with one name the first counts."""
    written = inside.rstrip().removesuffix("/")
    names = list(_QUOTED_NAME.finditer(written))
    if not names:
        return _unquoted(written)
    ends = [*(name.start() for name in names[1:]), len(written)]
    found: dict[str, str] = {}
    for name, end in zip(names, ends, strict=True):
        value, key = written[name.end() : end].strip(), name[1].lower()
        inner = value[1:].partition(value[0])[0] if key.endswith("url") else value[1:].removesuffix(value[0])
        found.setdefault(key, html.unescape(inner))
    return found


def _unquoted(written: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in written.split() if "=" in part]
    return {name.lower(): html.unescape(value.strip("\"'")) for name, _, value in pairs}
