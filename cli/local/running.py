"""Everything on this machine, from the check of what it needs to the clean stop.

In: the settings and their file. Out: the exit code. Trap: what cannot work (a port that is taken, a channel
without an address) must be found here, before any process starts; a supervisor would only start it again.
"""

import asyncio
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from rich.console import Console

from cli.first_start import FirstStart, take_over
from cli.local.looking import Viewer, say
from cli.local.plan import grace_seconds, service_role, service_specs, valkey_spec
from cli.logs import configure_logs
from cli.output import note
from cli.wiring import folder_of, open_database
from config.reading import DEFAULT_FILE
from config.settings import Settings
from dashboard.serving import address_of, bind, check_listening
from pipeline.store import users
from pipeline.store.database import Database
from workers.channels import channel_targets
from workers.data_folder import DataFolder
from workers.forking import is_possible
from workers.nursery import Nursery
from workers.queue_address import check_address
from workers.signals import stop_on_signals
from workers.supervisor import ProcessSpec, Supervisor

LOG_NAME = "storywatch.log"
LARGEST_LOG_BYTES = 20_000_000
NO_FEEDS = (
    "No feeds yet: `storywatch feeds add https://example.org` takes any address of a site, and so does the dashboard."
)


@dataclass(frozen=True, slots=True)
class Local:
    """What `run` is given."""

    settings: Settings
    config: Path | None  #: the settings file, for the child processes
    greeting: Sequence[str] = ()  #: printed first
    further: Sequence[ProcessSpec] = ()  #: processes beside the service's own


def run_here(local: Local) -> int:
    """Run until Ctrl-C or SIGTERM; raises Unusable if something it needs cannot be had."""
    with _nursery(local.config) as nursery:  # before anything is open that must not be in a child
        return _run_with(nursery, local)


@contextmanager
def _nursery(config: Path | None) -> Iterator[Nursery | None]:
    """Fork the process of which the services are forked; None where each has to be started from scratch."""
    if not is_possible():
        yield None
        return
    nursery = Nursery(service_role("poller", config))
    try:
        yield nursery
    finally:
        nursery.close()


def _run_with(nursery: Nursery | None, local: Local) -> int:
    settings = local.settings
    address = _check(settings)
    console = Console()
    with DataFolder(settings.storage.data_dir) as folder:
        channel_targets(settings.channels, folder.path)
        with _log_file(folder.path, console) as log_file, open_database(settings) as database:
            configure_logs(settings.log, "run", log_file)
            with database.read() as tx:
                check_listening(settings.web, has_users=users.any_exists(tx))
            first = take_over(database, folder_of(local.config), settings)
            specs = [] if settings.queue.url else [valkey_spec(folder)]
            supervisor = Supervisor(
                [*specs, *local.further, *service_specs(settings, local.config)],
                grace_seconds=grace_seconds(settings),
                output=log_file.fileno() if log_file else None,
                nursery=nursery,
            )
            remarks = _remarks(local, address, folder.path, first, to_file=log_file is not None)
            return asyncio.run(_run(supervisor, database, console, remarks))


async def _run(supervisor: Supervisor, database: Database, console: Console, remarks: Sequence[str]) -> int:
    with stop_on_signals() as stops:
        viewing = asyncio.create_task(Viewer(database, supervisor, console, remarks).run(stops.stop))
        telling = asyncio.create_task(_tell_stop(stops.stop, console))
        try:
            code = await supervisor.run(stops.stop, stops.hurry)
            await viewing
        finally:
            viewing.cancel()
            telling.cancel()
        say(console, "Stopped; everything is kept." if code == 0 else "Stopped; some processes had to be ended.")
        return code


async def _tell_stop(stop: asyncio.Event, console: Console) -> None:
    await stop.wait()
    say(console, "Stopping: what is under way may finish. Ctrl-C again to hurry.")


def _check(settings: Settings) -> str:
    """See that the dashboard and the queue can be had; gives the dashboard's address."""
    if settings.queue.url:
        check_address(settings.queue.url, allow_insecure=settings.queue.allow_insecure)
    listener = bind(settings.web.host, settings.web.port)
    try:
        # Where any free port will do, the one found here is the one that the dashboard's process is told to take.
        os.environ["STORYWATCH_WEB__PORT"] = str(listener.getsockname()[1])
        return address_of(listener)
    finally:
        listener.close()


@contextmanager
def _log_file(folder: Path, console: Console) -> Iterator[TextIO | None]:
    """Open the log file if a person looks at the terminal; None leaves the log on standard error."""
    if not console.is_terminal:
        yield None
        return
    path = folder / LOG_NAME
    if path.exists() and path.stat().st_size > LARGEST_LOG_BYTES:
        path.replace(path.with_suffix(".log.1"))
    with path.open("a", encoding="utf-8", buffering=1) as file:
        path.chmod(0o600)
        yield file


def _remarks(local: Local, address: str, folder: Path, first: FirstStart | None, *, to_file: bool) -> list[str]:
    """Say where everything is, and what the first start has done."""
    settings = local.config.absolute() if local.config else f"none at {DEFAULT_FILE.absolute()}: everything as it comes"
    told = [*local.greeting, f"Dashboard  {address}", f"Data       {folder}", f"Settings   {settings}"]
    if to_file:
        told.append(f"Log        {folder / LOG_NAME}")
    if first:
        told.append(f"First start: took over {first.feed_count} feeds and {first.subscription_count} subscriptions.")
        if not first.feed_count:
            told.append(NO_FEEDS)
        for skipped in first.skipped:
            note(f"not taken over: {skipped}")
    return [*told, "Ctrl-C stops.", ""]
