"""Tell an outage of our own network from feeds that fail.

In: what became of each poll, in the order they end. Out: whether nobody has answered lately, and whom that struck.
Hides nothing. Trap: dead feeds fail all the time; three in a row are a suspicion and no more, so somebody has to look
for a way out before it is believed.
"""

from dataclasses import dataclass
from datetime import datetime

from pipeline.model import Feed, PollResult, Reason

UNANSWERED = frozenset({Reason.NAME_UNKNOWN, Reason.NAME_TEMPORARY, Reason.CONNECTION_FAILED, Reason.TIMED_OUT})
LEAST_HOSTS = 3  #: without an answer from any in between


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A poll that nobody answered: the feed as it was before, when, why."""

    feed: Feed
    attempted_at: datetime
    reason: Reason

    @property
    def last_attempt_at(self) -> datetime | None:
        """Give when its host was last asked for this feed: a request that timed out may have reached it (F6)."""
        return self.attempted_at if self.reason is Reason.TIMED_OUT else self.feed.last_attempt_at


class Silence:
    """The polls since the last answer of anybody."""

    def __init__(self) -> None:
        self._unanswered: dict[int, Unanswered] = {}
        self._aside: dict[int, Unanswered] = {}

    @property
    def is_suspicious(self) -> bool:
        """Tell whether as many hosts are silent as rarely are by chance."""
        return len({one.feed.host for one in self._unanswered.values()}) >= LEAST_HOSTS

    @property
    def silent(self) -> tuple[Unanswered, ...]:
        """Give the feeds that were asked in vain since the last answer, or since they were set aside."""
        return tuple(self._unanswered.values())

    @property
    def struck(self) -> tuple[Unanswered, ...]:
        """Give all feeds that were asked in vain, each as it was before the first time."""
        return tuple((self._aside | self._unanswered).values())

    def set_aside(self) -> None:
        """Suspect nothing for now, and forget nobody: those silent may be dead, or the outage a long one."""
        self._aside |= self._unanswered
        self._unanswered.clear()

    def note(self, feed: Feed, result: PollResult) -> None:
        """Count what became of a poll; whatever a server says ends the silence, a refusal too."""
        if result.reason not in UNANSWERED:
            self.end()
            return
        first = self._unanswered.get(feed.id) or self._aside.get(feed.id)
        before = first.feed if first else feed
        self._unanswered[feed.id] = Unanswered(before, result.attempted_at, result.reason)

    def end(self) -> None:
        """Begin anew."""
        self._unanswered.clear()
        self._aside.clear()
