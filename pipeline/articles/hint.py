"""What the feed already told about a page. In and out: the record `Hint`; it hides nothing.

Trap: this module stays free of the extractor's libraries, so that the worker need not load what only its
children use.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hint:
    """What the feed says about the page, in plain text; empty where it says nothing."""

    title: str = ""
    summary: str = ""
