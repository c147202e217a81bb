"""What is known of a page before it is read. In and out: the record `Hint`; it hides nothing.

Trap: this module stays free of the extractor's libraries, so that the worker need not load what only its
children use.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Hint:
    """What the feed says about the page, in plain text, and what its host repeats; empty where nothing is known."""

    title: str = ""
    summary: str = ""
    repeated: Mapping[int, int] = field(default_factory=dict)  #: marks (repeats.py) and on how many other pages
