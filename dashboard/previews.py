"""What a search found, for a person to choose from, and for a while its answers, so that adding asks nobody again.

In: feeds that were found. Out: rows of a preview; the answer of one address. Hides nothing. Trap: answers are large, so
only so many megabytes are kept, the newest, and only in this process: whoever adds later is polled a little sooner.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.words import ago, counted, shown_address
from pipeline.feeds.discover import Discovery, FoundFeed
from pipeline.masking import masked_url
from pipeline.model import Entry, ParsedFeed

KEPT = timedelta(minutes=15)
KEPT_BYTES, KEPT_COUNT = 30_000_000, 500
SAMPLE_COUNT = 5


@dataclass(frozen=True, slots=True)
class Asked:
    """When an address was asked, and its answer if that is a feed."""

    at: datetime
    found: FoundFeed | None

    @property
    def size(self) -> int:
        """Give the bytes of the answer."""
        return len(self.found.response.body) if self.found and self.found.response else 0


class Previews:
    """The answers of the last searches."""

    def __init__(self) -> None:
        self._kept: dict[str, Asked] = {}

    def keep(self, asked: Iterable[str], found: Iterable[FoundFeed], now: datetime) -> None:
        """Keep for a while which addresses were asked, and the answers of those that are feeds."""
        answers = {one.url: one for one in found if one.response is not None}
        for url in dict.fromkeys([*asked, *answers]):
            self._kept.pop(url, None)
            self._kept[url] = Asked(now, answers.get(url))
        while len(self._kept) > KEPT_COUNT or sum(one.size for one in self._kept.values()) > KEPT_BYTES:
            del self._kept[next(iter(self._kept))]

    def take(self, url: str, now: datetime) -> Asked | None:
        """Take out what is known of an address that was asked a moment ago."""
        kept = self._kept.pop(url, None)
        return kept if kept is not None and now - kept.at <= KEPT else None


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """One feed to choose."""

    url: str
    address: str
    title: str
    facts: str  #: how much there is, and how fresh
    samples: tuple[str, ...]  #: titles of its newest entries
    is_comments: bool


def preview_rows(discovery: Discovery, now: datetime) -> list[PreviewRow]:
    """Write the feeds between which somebody may choose, the likeliest first."""
    return [_row(one, now) for one in discovery.choices()]


def _row(one: FoundFeed, now: datetime) -> PreviewRow:
    entries = newest_first(one.parsed) if one.parsed else []
    return PreviewRow(
        url=one.url,
        address=shown_address(masked_url(one.url)),
        title=one.title or "(no title)",
        facts=_facts(one.parsed, entries, now) if one.parsed else "named by the page, not asked yet",
        samples=tuple(entry.title or entry.summary[:80] or "(no title)" for entry in entries[:SAMPLE_COUNT]),
        is_comments=one.is_comments,
    )


def newest_first(parsed: ParsedFeed) -> list[Entry]:
    """Give the entries by their dates; those without stand last, in the document's order."""
    return sorted(parsed.entries, key=_age)


def _age(entry: Entry) -> float:
    return -entry.published_at.timestamp() if entry.published_at else 0.0


def _facts(parsed: ParsedFeed, entries: list[Entry], now: datetime) -> str:
    newest = entries[0].published_at if entries else None
    told = [parsed.format, counted(len(entries), "entry", "entries")]
    if newest:
        told.append(f"the newest {ago(newest, now)}")
    if parsed.language:
        told.append(f"language {parsed.language}")
    return ", ".join(told)
