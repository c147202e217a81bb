"""Refuse documents whose structure alone would keep the parser busy for minutes (checklist S30).

In: the decoded text of an XML document. Out: nothing, or `Permanent`. Hides regular expressions, all of them linear.
Trap: no XML parser's own limits help, since the time goes into what feedparser does with each element (about 40
microseconds), with each pair of attributes of one element, and with each namespace for each element.
"""

import re

from pipeline.errors import Permanent
from pipeline.model import Reason

MOST_ELEMENTS = 100_000  # 2,000 entries of 50 elements; the largest of 94 real feeds has 12,000
MOST_ATTRIBUTES = 200
MOST_PREFIXES = 200

_ATTRIBUTE = r"""\s+[^\s=<>"'/]+\s*=\s*(?:"[^"<]*"|'[^'<]*')"""
_WIDE_ELEMENT = re.compile(rf"<[^\s<>/!?]+(?:{_ATTRIBUTE}){{{MOST_ATTRIBUTES},}}")
_PREFIX = re.compile(r"\sxmlns:([^\s=<>]{1,100})\s*=")


def refuse_bombs(text: str) -> None:
    """Raise `Permanent` with NOT_A_FEED for a document that no publisher can have meant."""
    if _WIDE_ELEMENT.search(text):
        raise _bomb(f"an element with more than {MOST_ATTRIBUTES} attributes")
    if text.count("xmlns:") > MOST_PREFIXES and len(set(_PREFIX.findall(text))) > MOST_PREFIXES:
        raise _bomb(f"more than {MOST_PREFIXES} namespaces")
    # Start and end are two brackets of each element; those in CDATA are text.
    if text.count("<") > 2 * MOST_ELEMENTS and _bracket_count(text) > 2 * MOST_ELEMENTS:
        raise _bomb(f"more than {MOST_ELEMENTS} elements")


def _bomb(what: str) -> Permanent:
    return Permanent(Reason.NOT_A_FEED, f"the document has {what}, which no feed needs")


def _bracket_count(text: str) -> int:
    """Count the brackets outside CDATA sections."""
    first, *others = text.split("<![CDATA[")
    return first.count("<") + sum(section.partition("]]>")[2].count("<") for section in others)
