"""What is published at an instant: the written pieces in their order, then follow-ups for ever.

In: start, pace, an instant. Out: pieces. Hides nothing; everything here is decided from its arguments.
Trap: `published` shows all written pieces but only the newest follow-ups, so that memory stays bounded;
`published_count` goes on counting, and `find` still knows every piece that ever was.
"""

from bisect import bisect_right
from dataclasses import replace
from datetime import datetime

from demo.content import TEASER_WORD, Content, load_content
from demo.follow_ups import FollowUps
from demo.model import Outlet, Piece

STEP_SECONDS = 5.0  #: between two new pieces at pace 1
FOLLOW_UP_LIMIT = 400  #: newest follow-ups that `published` shows


class Newsroom:
    """Fictional outlets between `start` and for ever; `pace` 2 publishes twice as fast, and must be above 0."""

    teaser_word = TEASER_WORD

    def __init__(self, start: datetime, pace: float = 1.0, content: Content | None = None) -> None:
        if start.tzinfo is None or pace <= 0:
            raise ValueError("a newsroom needs an aware start and a pace above 0")
        content = content or load_content()
        step_seconds = STEP_SECONDS / pace
        self.start = start
        self.outlets = content.outlets
        dated = (
            replace(draft.piece, published_at=draft.appears_at(start, step_seconds).replace(microsecond=0))
            for draft in content.drafts
        )
        self._written = sorted(dated, key=lambda piece: piece.published_at)
        self._written_at = [piece.published_at for piece in self._written]
        self._by_address = {(piece.outlet, piece.slug): piece for piece in self._written}
        self._follow_ups = FollowUps(content.outlets, step_seconds)
        self._first_slot = self._follow_ups.slot_at(max(self._written_at, default=start)) + 1

    def published(self, now: datetime) -> list[Piece]:
        """Give what is published by `now`, oldest first."""
        written = self._written[: bisect_right(self._written_at, now)]
        last_slot = self._follow_ups.slot_at(now)
        first = max(self._first_slot, last_slot - FOLLOW_UP_LIMIT + 1)
        return written + [self._follow_ups.piece(slot) for slot in range(first, last_slot + 1)]

    def published_count(self, now: datetime) -> int:
        """Count everything published by `now`, also what `published` no longer shows."""
        follow_ups = self._follow_ups.slot_at(now) - self._first_slot + 1
        return bisect_right(self._written_at, now) + max(0, follow_ups)

    def newest_of(self, outlet: Outlet, now: datetime, limit: int) -> list[Piece]:
        """Give an outlet's newest pieces, newest first."""
        own = [piece for piece in self.published(now) if piece.outlet == outlet.name]
        return own[: -limit - 1 : -1]

    def find(self, outlet: Outlet, slug: str, now: datetime) -> Piece | None:
        """Give the piece at an address; None if there is none or its hour has not come."""
        piece = self._by_address.get((outlet.name, slug))
        if piece is not None:
            return piece if piece.published_at <= now else None
        return self._follow_ups.find(outlet.name, slug, self._follow_ups.slot_at(now))

    def url(self, piece: Piece, port: int) -> str:
        """Give a piece's canonical address at an origin on `port`."""
        outlet = self.outlets[piece.outlet]
        return outlet.root(port) + outlet.article_path.replace("{slug}", piece.slug)

    def expected_stories(self, now: datetime, port: int) -> dict[str, str]:
        """Map the canonical address of each published piece to the story it belongs to.

        A story is an event as told in one language. Pages behind the consent wall are left out, because
        only the feed's few words are known of them.
        """
        return {self.url(piece, port): piece.story for piece in self.published(now) if not piece.walled}
