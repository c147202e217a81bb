"""Run Storywatch as an operator would: a folder with its files, and `storywatch run`.

In: feeds, subscriptions, the receiver. Out: a running installation until the block ends, and its database. Hides the
process. Trap: variables STORYWATCH_* of whoever runs this would win over the file and lead to their own
installation, so the process does not see them.
"""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.replay.origin import Origin
from config.reading import PREFIX
from pipeline.alerts.subscriptions_file import SubscriptionDraft, write_subscriptions
from pipeline.feeds.opml import OpmlFeed, write_opml
from pipeline.store.database import Database
from workers.tether import tethered

CHANNELS = ("receiver", "log")
LOOK_SECONDS = 0.1
STOP_SECONDS = 60.0
COMMAND = (sys.executable, "-c", "from cli.main import main; main()")  #: what the script `storywatch` does


@dataclass(slots=True)
class Installation:
    """One installation and what became of its processes."""

    settings_file: Path
    database: Database
    exit_code: int | None = None  #: of the last run: 0 if every process ended by itself when told to

    @property
    def data(self) -> Path:
        """Give the data folder."""
        return self.settings_file.parent / "data"

    @property
    def log_file(self) -> Path:
        """Give the file of what the processes wrote."""
        return self.settings_file.parent / "storywatch.log"

    @property
    def errors(self) -> list[str]:
        """Give the names of the errors logged; a process that had to be started again is one."""
        lines = [_logged(line) for line in self.log_file.read_text(encoding="utf-8").splitlines()]
        return [str(line.get("event", "")) for line in lines if line.get("level") in {"error", "critical"}]

    async def until(self, holds: Callable[[Database], bool], seconds: float) -> bool:
        """Wait until the store shows something; False if it does not within `seconds`."""
        deadline = time.monotonic() + seconds
        while not await asyncio.to_thread(holds, self.database):
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(LOOK_SECONDS)
        return True


def write_files(
    folder: Path,
    origin: Origin,
    feed_urls: Iterable[str],
    drafts: Iterable[SubscriptionDraft],
    *,
    interval_seconds: int = 1800,
) -> Path:
    """Write the three files of a first start; gives the settings file."""
    (folder / "feeds.opml").write_bytes(write_opml([OpmlFeed(url) for url in feed_urls]))
    (folder / "subscriptions.toml").write_text(write_subscriptions(drafts), encoding="utf-8")
    settings = folder / "storywatch.toml"
    settings.write_text(_settings(folder, origin, interval_seconds), encoding="utf-8")
    return settings


def _settings(folder: Path, origin: Origin, interval_seconds: int) -> str:
    return f"""
[storage]
data_dir = {json.dumps(str(folder / "data"))}
[feeds]
interval_seconds = {interval_seconds}
floor_seconds = {interval_seconds}
[fetch]
allow_private = ["127.0.0.0/8"]
host_gap_seconds = 0
host_concurrency = 4
[web]
port = 0
[log]
format = "json"
[channels.receiver]
type = "webhook"
url = {json.dumps(origin.hook_url)}
secret = {json.dumps(origin.secret)}
[channels.log]
type = "file"
path = "alerts.jsonl"
"""


@contextmanager
def installed(settings_file: Path) -> Iterator[Installation]:
    """Open the installation's database for the block; nothing runs yet."""
    data = settings_file.parent / "data"
    data.mkdir(mode=0o700, exist_ok=True)
    database = Database.open(f"sqlite:///{data / 'storywatch.db'}")
    try:
        database.migrate()
        yield Installation(settings_file, database)
    finally:
        database.close()


@asynccontextmanager
async def running(installation: Installation) -> AsyncIterator[int]:
    """Run everything for the block, then tell it to stop and wait for it; gives the process id of `run`."""
    with installation.log_file.open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *tethered([*COMMAND, "run", "--config", str(installation.settings_file)], os.getpid()),
            env=without_settings(os.environ),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            yield process.pid
        finally:
            installation.exit_code = await _stop(process)


async def _stop(process: asyncio.subprocess.Process) -> int:
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(STOP_SECONDS):
            return await process.wait()
    except TimeoutError:
        process.kill()
        return await process.wait()


def without_settings(variables: Mapping[str, str]) -> dict[str, str]:
    """Leave out the settings of whoever runs this."""
    return {name: value for name, value in variables.items() if not name.startswith(PREFIX)}


def _logged(line: str) -> dict[str, object]:
    """Read one line of the log; what is no JSON (the greeting) says nothing."""
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
