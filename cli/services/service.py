"""The common life of a long-running process: settings, logs, database, heartbeat, signals, exit code.

In: the work, a coroutine that ends when it is told to stop. Out: the process's exit code: 0 after a clean stop, 2
if what the user gave cannot work, 1 for anything else. Trap: the heartbeat must outlive the work, or rows that
are still held would be swept from under it.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from cli.logs import configure_logs
from cli.wiring import data_dir, database_url, folder_of
from config.reading import chosen_file, read_settings
from config.settings import Settings
from pipeline.errors import StoreUnavailable, StorywatchError, Unusable
from pipeline.store.database import Database
from workers.alarms import Alarms
from workers.garbage import spare_the_old
from workers.heartbeat import beat_until, process_name
from workers.patience import Patience, pause
from workers.signals import Stops, stop_on_signals
from workers.watchdog import watch_loop

log = structlog.get_logger(__name__)

LONGEST_WAIT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Context:
    """What every long-running process has."""

    settings: Settings
    folder: Path  #: of the settings file; the files of the first start lie beside it
    database: Database
    kind: str
    name: str  #: unique among running processes; the holder of leases

    @asynccontextmanager
    async def beating(
        self, detail: Callable[[], Mapping[str, object]], hurry: asyncio.Event | None = None
    ) -> AsyncIterator[None]:
        """Tell the store that this process lives, for as long as the block runs.

        After a stop in a hurry the process does not take its leave: its silence returns the rows it still held.
        """
        spare_the_old()
        over = asyncio.Event()
        beats = asyncio.create_task(beat_until(over, self.database, self.name, self.kind, detail))
        watch = asyncio.create_task(watch_loop(over))
        try:
            yield
        finally:
            over.set()
            if hurry and hurry.is_set():
                beats.cancel()
            ended = await asyncio.gather(beats, watch, return_exceptions=True)
        for fault in ended:
            if isinstance(fault, Exception):
                raise fault


def alarms_of(context: Context) -> Alarms:
    """Make what looks whether the service works."""
    settings = context.settings
    return Alarms(context.database, settings.alarms, settings.operator.channels, data_dir(settings))


Work = Callable[[Context, Stops], Awaitable[None]]


def run_service(kind: str, work: Work) -> int:
    """Run one service until it is asked to stop; give the exit code."""
    try:
        file = chosen_file(_config_argument(), os.environ)
        settings = read_settings(file, os.environ)
        configure_logs(settings.log, kind)
        asyncio.run(_live(kind, folder_of(file), settings, work))
    except Unusable as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    except StorywatchError:
        log.exception("service_failed", kind=kind)
        return 1
    return 0


async def _live(kind: str, folder: Path, settings: Settings, work: Work) -> None:
    """Wait for the database, then work until a signal comes."""
    with stop_on_signals() as stops:
        database = Database.open(database_url(settings))
        try:
            if await _is_ready(database, stops.stop):
                context = Context(settings, folder, database, kind, process_name(kind))
                log.info("started", kind=kind, name=context.name)
                await work(context, stops)
                log.info("stopped", kind=kind, name=context.name)
        finally:
            database.close()


async def _is_ready(database: Database, stop: asyncio.Event) -> bool:
    """Bring the schema up to date, waiting for the database as long as it takes; False if stopped before."""
    patience = Patience("waiting_for_database", longest_seconds=LONGEST_WAIT_SECONDS)
    while not stop.is_set():
        try:
            await asyncio.to_thread(database.migrate)
        except StoreUnavailable as error:
            await pause(stop, patience.failed(error))
        else:
            patience.succeeded()
            return True
    return False


def _config_argument() -> Path | None:
    """Give the settings file named as the first argument, if any."""
    return Path(sys.argv[1]) if len(sys.argv) > 1 else None
