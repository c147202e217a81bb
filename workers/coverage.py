"""Look every few minutes whether news still comes in, and tell the operator once of what does not.

In: the store. Out: incidents opened and closed, and their notices. What is wrong is decided by
`pipeline.feeds.coverage`. Trap: several dispatchers may look at once; a unique index opens an incident once.
"""

from collections import defaultdict
from collections.abc import Sequence

import structlog

from pipeline.feeds import coverage as rules
from pipeline.feeds.coverage import Tally
from pipeline.model import CoverageKind, Finding
from pipeline.store import coverage
from pipeline.store.database import Database
from workers.clock import Clock

log = structlog.get_logger(__name__)

LOOK_SECONDS = 300.0
Tallies = dict[CoverageKind, dict[str, Tally]]


class Coverage:
    """Checks coverage when it is time to; `channels` are the operator's."""

    def __init__(self, database: Database, channels: Sequence[str], *, clock: Clock) -> None:
        self._database = database
        self._channels = tuple(channels)
        self._clock = clock
        self._next_at: float = 0.0

    async def look_if_due(self) -> None:
        """Look, unless the last look was a moment ago; raises StoreUnavailable."""
        now = self._clock().timestamp()
        if now >= self._next_at:
            self._next_at = now + LOOK_SECONDS
            await self.look()

    async def look(self) -> list[Finding]:
        """Count what came in, open what is wrong, close what is over; gives what was opened."""
        now = self._clock()
        while await self._database.run(coverage.count_new, now) == coverage.BATCH:
            continue
        feeds = await self._database.look(coverage.watched_feeds)
        tallies = _by_kind(await self._database.look(coverage.tallies, now))
        by_url = {feed.url: feed for feed in feeds}
        known = await self._database.look(coverage.open_incidents)
        over = [
            one
            for one in known
            if isinstance(one.kind, CoverageKind)
            and rules.is_over(one.kind, one.subject, one.opened_at, by_url, tallies, now)
        ]
        if over:
            await self._database.run(coverage.close, [one.id for one in over], now)
        closed = {(one.kind, one.subject) for one in over}
        told = {(one.kind, one.subject) for one in known}
        moved = rules.move_findings(await self._database.look(coverage.moved_since, now - rules.MOVED_LATELY))
        wrong = (*rules.findings(feeds, tallies, now), *moved)
        found = [one for one in wrong if (one.kind, one.subject) not in told | closed]
        opened = await self._database.run(coverage.open_all, found, self._channels, now) if found else []
        for incident in over:
            log.info("incident_closed", kind=incident.kind, subject=incident.subject)
        for finding in opened:
            log.warning("incident_opened", kind=finding.kind, subject=finding.subject, evidence=finding.evidence)
        return opened


def _by_kind(rows: Sequence[tuple[CoverageKind, str, int, int, int, int]]) -> Tallies:
    found: Tallies = defaultdict(dict)
    for kind, subject, *counts in rows:
        found[kind][subject] = Tally(*counts)
    return found
