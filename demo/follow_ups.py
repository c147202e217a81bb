"""What keeps happening: for every slot of time one more piece, for ever and without memory.

In: a slot number and the seconds a slot lasts. Out: the `Piece` of that slot. Hides the plan of who tells what.
Trap: slots are counted from 1970 and not from the newsroom's start, so that a restarted demo brings news
that a kept database has not seen, and an address published before a restart still answers.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from demo.grammar import Kind, draw, invent_facts, load_kinds, load_names, shuffled, tell_paragraphs, tell_title
from demo.model import Outlet, Piece

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SLOTS_PER_EVENT = 3  #: a first report, one in other words, and a copy or something else
_WALLED_ONE_IN = 5
_CACHED_COUNT = 1024
_SLOT_AT_END = re.compile(r"-(\d+)$")


@dataclass(frozen=True, slots=True)
class _Part:
    """Who tells what in one slot."""

    event: str
    kind: Kind
    outlet: str
    voice: int
    copy_of: str = ""


class FollowUps:
    """The endless sequence; keeps only a bounded cache of what it has told lately."""

    def __init__(self, outlets: Mapping[str, Outlet], slot_seconds: float) -> None:
        self._outlets = outlets
        self._slot_seconds = slot_seconds
        self._kinds = load_kinds()
        self._names = load_names()
        self._told = lru_cache(maxsize=_CACHED_COUNT)(self._tell)

    def slot_at(self, instant: datetime) -> int:
        """Give the number of the last slot that has begun."""
        return int((instant - _EPOCH).total_seconds() // self._slot_seconds)

    def starts_at(self, slot: int) -> datetime:
        """Give the instant a slot's piece is published, rounded up to a millisecond so that `slot_at` agrees."""
        return _EPOCH + timedelta(milliseconds=-(-slot * self._slot_seconds * 1000 // 1))

    def piece(self, slot: int) -> Piece:
        """Give the piece of a slot, the same whenever it is asked for."""
        return self._told(slot)

    def find(self, outlet: str, slug: str, last_slot: int) -> Piece | None:
        """Give the piece that an address names, unless it is still to come or never will be."""
        match = _SLOT_AT_END.search(slug)
        if match is None or len(match[1]) > len(str(last_slot)) or int(match[1]) > last_slot:
            return None
        piece = self.piece(int(match[1]))
        return piece if (piece.outlet, piece.slug) == (outlet, slug) else None

    def _tell(self, slot: int) -> Piece:
        part = self._part(slot)
        facts = invent_facts(part.kind, self._names, part.event)
        voice = part.kind.voices[part.voice]
        title = tell_title(voice, facts, part.event + part.copy_of)
        return Piece(
            event=part.event,
            outlet=part.outlet,
            slug=f"{_slug(title)}-{slot}",
            title=title,
            byline=self._outlets[part.outlet].desk,
            paragraphs=tell_paragraphs(voice, facts, part.event),
            language=part.kind.language,
            published_at=self.starts_at(slot),
            walled=part.outlet == "daily-lantern" and draw(part.event, "wall", _WALLED_ONE_IN) == 0,
            copy_of=part.copy_of,
        )

    def _part(self, slot: int) -> _Part:
        """Decide who tells what: slot by slot a report, the same in other words, then a copy or another event."""
        number, place = divmod(slot, _SLOTS_PER_EVENT)
        seed = str(number)
        kind = self._kinds[draw(seed, "kind", len(self._kinds))]
        event = f"{kind.kind}-{seed}"
        outlets = shuffled(event, "outlet", kind.outlets)
        if place == 0:
            return _Part(event, kind, outlets[0], 0)
        if place == 1 and len(kind.voices) > 1:
            return _Part(event, kind, outlets[1], 1)
        if place == 2 and kind.copied:
            return _Part(event, kind, outlets[2], 0, copy_of=outlets[0])
        return self._solo(f"{seed}-{place}")

    def _solo(self, seed: str) -> _Part:
        kind = self._kinds[draw(seed, "kind", len(self._kinds))]
        event = f"{kind.kind}-{seed}"
        outlets = shuffled(event, "outlet", kind.outlets)
        return _Part(event, kind, outlets[0], draw(seed, "voice", len(kind.voices)))


def _slug(title: str) -> str:
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall(r"[a-z0-9]+", plain))[:60].strip("-")
