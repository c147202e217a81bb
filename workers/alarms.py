"""Look every half minute whether the service works, and tell the operator once of what does not, and once of its end.

In: the store, the disk of the data folder. Out: incidents opened and closed, with their notices. What is wrong is
decided by `workers.alarm_rules`. Trap: dispatcher and deliverer both look, or nobody would miss the one that died; a
unique index opens an incident once. What is seen must last for a moment, so that a restart is no alarm; what comes back
again and again must be right for longer each time before it is over; and silence is the machine's own, until it has
been awake for a while.
"""

import asyncio
import shutil
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from config.settings import AlarmSettings
from pipeline.errors import StoreUnavailable
from pipeline.model import AlarmKind, Finding, Incident, IncidentKind
from pipeline.store import coverage, signs
from pipeline.store.database import Database
from workers.alarm_rules import REQUIRED_KINDS, Disk, findings
from workers.clock import Clock, utc_now
from workers.patience import Patience, pause

log = structlog.get_logger(__name__)

LOOK_SECONDS = 30.0
LASTS = timedelta(seconds=45)  #: how long something is wrong, or right again, before it counts
CALMEST = timedelta(hours=1)  #: and the longest that it must be right again
FLAPS_WITHIN = timedelta(hours=12)  #: ends that make the next one wait twice as long
ASLEEP = timedelta(minutes=5)  #: without a look: the machine slept, or its clock was set
QUIET_AWAKE = timedelta(hours=1)  #: how long it is awake before it may say that nothing new comes
Key = tuple[str, str]


class Alarms:
    """Looks until told to stop; any number of processes may."""

    def __init__(
        self,
        database: Database,
        limits: AlarmSettings,
        channels: Sequence[str],
        data_dir: Path | None = None,
        *,
        clock: Clock = utc_now,
        required: Collection[str] = REQUIRED_KINDS,
    ) -> None:
        self._database = database
        self._limits = limits
        self._channels = tuple(channels)
        self._data_dir = data_dir
        self._clock = clock
        self._required = required
        self._since: dict[Key, datetime] = {}  #: when each thing was first seen to be as it is
        self._wrong: set[Key] = set()
        self._looked_at = self._awake_since = datetime.min.replace(tzinfo=UTC)

    async def run(self, stop: asyncio.Event) -> None:
        """Look until `stop`; an absent store is waited for."""
        patience = Patience("alarms_wait")
        while not stop.is_set():
            try:
                await self.look()
            except StoreUnavailable as error:
                await pause(stop, patience.failed(error))
            else:
                patience.succeeded()
                await pause(stop, LOOK_SECONDS)

    async def look(self) -> list[Finding]:
        """Open what has been wrong for a moment, close what has been right again for one; gives what was opened."""
        now = self._clock()
        self._note_sleep(now)
        read = await self._database.look(signs.read, now)
        found = {_key(one): one for one in findings(read, self._disk(), self._limits, self._required)}
        known = await self._database.look(coverage.open_incidents, tuple(AlarmKind))
        since = self._seen_since(set(found), {_key(one) for one in known}, now)
        better = [one for one in known if _key(one) not in found]
        ends = await self._database.look(coverage.closed_counts, AlarmKind, now - FLAPS_WITHIN) if better else {}
        over = [one for one in better if now - since[_key(one)] >= calm_before_end(ends.get(_key(one), 0))]
        lasting = {key for key in found if now - since[key] >= LASTS}
        fresh = [one for key, one in found.items() if key in lasting and not self._is_early(one, now)]
        if over:
            await self._database.run(coverage.close, [one.id for one in over], now)
        opened = await self._database.run(coverage.open_all, fresh, self._channels, now) if fresh else []
        _tell(over, opened)
        return opened

    def _note_sleep(self, now: datetime) -> None:
        """Begin anew after a start or a sleep: what was seen before says nothing of the time since."""
        if abs(now - self._looked_at) > ASLEEP:
            self._awake_since, self._since = now, {}
        self._looked_at = now

    def _is_early(self, finding: Finding, now: datetime) -> bool:
        """Tell whether a silence may be our own, of a start or a sleep; what is open already stays open."""
        limits = self._limits
        needed: dict[IncidentKind, timedelta] = {
            AlarmKind.NOTHING_NEW: min(QUIET_AWAKE, timedelta(hours=limits.quiet_hours)),
            AlarmKind.PROCESS_MISSING: timedelta(minutes=limits.silent_minutes),
        }
        return now - self._awake_since < needed.get(finding.kind, timedelta())

    def _seen_since(self, wrong: set[Key], known: set[Key], now: datetime) -> dict[Key, datetime]:
        """Give since when each thing has been as it is: wrong, or of what is known right again."""
        asked = wrong | known
        for key in asked:
            if key not in self._since or (key in self._wrong) != (key in wrong):
                self._since[key] = now
        self._since = {key: since for key, since in self._since.items() if key in asked}
        self._wrong = wrong
        return self._since

    def _disk(self) -> Disk | None:
        if self._data_dir is None:
            return None
        try:
            return Disk(self._data_dir, shutil.disk_usage(self._data_dir).free)
        except OSError:
            return None


def calm_before_end(end_count: int) -> timedelta:
    """Give how long something must be right before its alarm is over, which ended so often of late."""
    return min(LASTS * (1 << min(end_count, 12)), CALMEST)


def _key(one: Finding | Incident) -> Key:
    return one.kind.value, one.subject


def _tell(over: Sequence[Incident], opened: Sequence[Finding]) -> None:
    for incident in over:
        log.info("alarm_over", kind=incident.kind, subject=incident.subject)
    for finding in opened:
        log.warning("alarm", kind=finding.kind, subject=finding.subject, evidence=finding.evidence)
