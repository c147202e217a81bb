"""What the readers of the formats hand to `pipeline.feeds.parse`: the document's words, before any judgement.

In: nothing. Out: two records. Hides that there are XML and JSON feeds. Trap: texts here are already plain, but
neither capped nor checked for being the same as another entry's.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RawEntry:
    """One entry in the words of its feed."""

    guid: str = ""
    link: str = ""  #: absolute and usable, or empty
    title: str = ""
    summary: str = ""
    content: str = ""
    author: str = ""
    language: str = ""
    date: str = ""


@dataclass(frozen=True, slots=True)
class RawFeed:
    """One document in its own words."""

    format: str
    entries: tuple[RawEntry, ...]  #: document order
    title: str = ""
    site_url: str = ""
    language: str = ""
    skipped_count: int = 0  #: entries beyond the limit that were not even read
    minimum_interval_seconds: int = 0
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()
    complete: bool = True
    older_url: str = ""
    parts: tuple[str, ...] = ()
    hubs: tuple[str, ...] = ()
    self_url: str = ""
    expired: bool = False
