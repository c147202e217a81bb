"""Look at the store every second and show it: a live table on a terminal, lines elsewhere.

In: the database, the supervisor, what to say first. Out: standard output, until told to stop. Hides rich's `Live`.
Trap: the database may be away for a while; the view then stands still and the services go on by themselves.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.live import Live
from sqlalchemy import Connection

from cli.local.view import SHOWN_ALERTS, Look, alert_line, line, live, nothing_reached
from pipeline.errors import StoreUnavailable
from pipeline.model import Alert, Story
from pipeline.store import alerts, counts, stories
from pipeline.store.counts import Overview
from pipeline.store.database import Database
from workers.patience import pause
from workers.supervisor import Supervisor

LOOK_SECONDS = 1.0
LINE_SECONDS = 10.0
RECENT_STORIES = 50
RECENT_ALERTS = 200

NOTHING_REACHED = (
    "No feed can be reached. `storywatch feeds list` says why for each; see whether this machine has a network. "
    "`make demo` shows everything on a built-in newsroom without one."
)


class Viewer:
    """Show how the work goes."""

    def __init__(self, database: Database, supervisor: Supervisor, console: Console, remarks: Sequence[str]) -> None:
        self._database = database
        self._supervisor = supervisor
        self._console = console
        self._remarks = tuple(remarks)
        self._told_unreached = False
        self._last_alert_id: int | None = None
        self._last_line = ""

    async def run(self, stop: asyncio.Event) -> None:
        """Show until `stop`."""
        for remark in self._remarks:
            self._say(remark)
        if self._console.is_terminal:
            with Live(console=self._console, refresh_per_second=4) as shown:
                await self._repeat(stop, LOOK_SECONDS, lambda look: shown.update(live(look, self._warnings(look))))
        else:
            await asyncio.gather(
                self._repeat(stop, LOOK_SECONDS, self._tell_alerts), self._repeat(stop, LINE_SECONDS, self._tell_line)
            )

    async def look(self) -> Look:
        """Look once; raises StoreUnavailable."""
        now = datetime.now(UTC)
        overview, recent_alerts, recent_stories = await self._database.look(_read, now)
        several = [story for story in recent_stories if story.outlet_count > 1]
        return Look(now, overview, recent_alerts, several, self._supervisor.states())

    async def _repeat(self, stop: asyncio.Event, seconds: float, show: Callable[[Look], None]) -> None:
        while not stop.is_set():
            with contextlib.suppress(StoreUnavailable):
                show(await self.look())
            await pause(stop, seconds)

    def _warnings(self, look: Look) -> list[str]:
        return [f"\n{NOTHING_REACHED}\n"] if nothing_reached(look) else []

    def _tell_line(self, look: Look) -> None:
        """Print the numbers if they have changed."""
        said = line(look)
        if said != self._last_line:
            self._say(said)
        self._last_line = said

    def _tell_alerts(self, look: Look) -> None:
        """Print alerts that are new since the last look, oldest first, and once that nothing can be reached."""
        if nothing_reached(look) and not self._told_unreached:
            self._told_unreached = True
            self._say(NOTHING_REACHED)
        for alert in reversed(_new_ones(look.alerts, self._last_alert_id)):
            self._say(alert_line(alert))
        self._last_alert_id = look.alerts[0].id if look.alerts else 0

    def _say(self, text: str) -> None:
        say(self._console, text)


def say(console: Console, text: str) -> None:
    """Print, if it can be written: output on a full disk must not end the services (checklist R30)."""
    with contextlib.suppress(OSError):
        console.print(text, markup=False, highlight=False, soft_wrap=True)


def _new_ones(recent: Sequence[Alert], last_id: int | None) -> list[Alert]:
    """Give the alerts younger than `last_id`; none at the first look, which only finds out where to begin."""
    return [] if last_id is None else [alert for alert in recent if alert.id > last_id]


def _read(tx: Connection, now: datetime) -> tuple[Overview, list[Alert], list[Story]]:
    limit = max(SHOWN_ALERTS, RECENT_ALERTS)
    return counts.overview(tx, now), alerts.recent(tx, limit), stories.recent(tx, RECENT_STORIES)
