"""Several of each process in containers, with the scripted newsroom at the network's gateway.

In: the commands, how many of each. Out: a `Stage` for the block. Hides the files of a first start. Trap: the newsroom
can only listen once the network exists, so the servers come up first and the settings are written after.
"""

import asyncio
import json
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex

from sqlalchemy import select
from sqlalchemy.exc import ProgrammingError

from benchmarks.compose.containers import Container, Project, run
from benchmarks.faults import newsroom as newsrooms
from benchmarks.faults.newsroom import Newsroom
from benchmarks.faults.scene import FLOOR_SECONDS, INTERVAL_SECONDS
from benchmarks.faults.system import settings_text
from benchmarks.faults.waiting import until
from benchmarks.faults.words import ASKED, OUTLET_COUNT
from pipeline.alerts.subscriptions_file import SubscriptionDraft, write_subscriptions
from pipeline.errors import StorywatchError
from pipeline.feeds.opml import OpmlFeed, write_opml
from pipeline.store.database import Database
from pipeline.store.tables import processes

ROOT = Path(__file__).parents[2]
SERVERS = ("postgres", "redis")
DOMAIN = "newsroom.test"
READY_SECONDS = 240.0
CHANNELS = ("receiver", "file")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be staged."""

    compose: Sequence[str]
    engine: Sequence[str]
    subnet: str  #: the first three numbers of a free network of 256 addresses
    scale: Mapping[str, int]
    builds: bool = True


@dataclass(slots=True)
class Stage:
    """What a play may touch."""

    project: Project
    newsroom: Newsroom
    database: Database
    hosts: dict[str, str] = field(default_factory=dict)  #: names of containers, by every address they had

    def note_addresses(self) -> None:
        """Remember who has which address at this moment."""
        self.hosts |= {one.address: one.name for one in self.project.containers() if one.address}

    def details(self) -> dict[str, dict[str, object]]:
        """Give what each process last said of itself, by its name."""
        with self.database.read() as tx:
            found = tx.execute(select(processes.c.name, processes.c.detail)).all()
        return {name: dict(detail) for name, detail in found}


@asynccontextmanager
async def staged(plan: Plan) -> AsyncIterator[Stage]:
    """Start everything and wait until each process beats; it is gone with the block."""
    password = token_hex(12)
    passwords = {"POSTGRES_PASSWORD": password, "DASHBOARD_PASSWORD": token_hex(12)}
    if plan.builds:
        await asyncio.to_thread(run, [*plan.compose, "build", "poller"], ROOT, passwords)  # one image for all
    folder = Path(tempfile.mkdtemp(prefix="storywatch-compose-"))
    project = Project(folder, plan.compose, plan.engine)
    _write_compose(folder, plan, passwords)
    try:
        await asyncio.to_thread(project.up, SERVERS)
        async with newsrooms.opened(f"{plan.subnet}.1", DOMAIN) as newsroom:
            _write_config(folder / "config", plan.subnet, newsroom)
            await asyncio.to_thread(project.up, tuple(plan.scale))
            database = Database.open(_database_url(project.containers("postgres")[0], password))
            try:
                stage = Stage(project, newsroom, database)
                await _ready(stage, sum(plan.scale.values()))
                yield stage
            finally:
                database.close()
    finally:
        await asyncio.to_thread(project.down)
        shutil.rmtree(folder, ignore_errors=True)


async def _ready(stage: Stage, count: int) -> None:
    def all_beat() -> bool:
        with suppress(StorywatchError, ProgrammingError):  # no table yet
            return len(stage.details()) >= count
        return False

    if not await until(all_beat, READY_SECONDS):
        said = [f"{one.name}: {stage.project.logs(one)[-400:]}" for one in stage.project.containers()]
        raise RuntimeError("\n".join(["not every process came up", *said]))
    stage.note_addresses()


def _database_url(server: Container, password: str) -> str:
    return f"postgresql://storywatch:{password}@{server.address}:5432/storywatch"


def _write_compose(folder: Path, plan: Plan, passwords: Mapping[str, str]) -> None:
    """Take the repository's compose file as it is, with more of each process on a known network."""
    shutil.copy(ROOT / "docker-compose.yml", folder)
    names = [*(f"paper{number}" for number in range(OUTLET_COUNT)), "receiver"]
    hosts = [f"{name}.{DOMAIN}:{plan.subnet}.1" for name in names]
    known = {"subnet": f"{plan.subnet}.0/24", "gateway": f"{plan.subnet}.1"}
    further = {
        "services": {name: {"scale": count, "extra_hosts": hosts} for name, count in plan.scale.items()},
        "networks": {"default": {"ipam": {"config": [known]}}},
    }
    (folder / "docker-compose.override.yml").write_text(json.dumps(further), encoding="utf-8")  # JSON is YAML, too
    lines = "".join(f"{name}={value}\n" for name, value in passwords.items())
    (folder / ".env").write_text(lines, encoding="utf-8")
    (folder / "config").mkdir(mode=0o755)
    folder.chmod(0o755)  # the processes inside run as somebody else


def _write_config(folder: Path, subnet: str, room: Newsroom) -> None:
    settings: dict[str, Mapping[str, object]] = {
        "feeds": {"interval_seconds": INTERVAL_SECONDS, "floor_seconds": FLOOR_SECONDS, "adaptive": False},
        "fetch": {
            "allow_private": [f"{subnet}.0/24"],
            "ports": [room.port],
            "host_gap_seconds": 0.02,
            "host_concurrency": 8,
            "total_seconds": 10,
        },
        "channels.receiver": {"type": "webhook", "url": room.hook_url, "secret": room.secret},
        "channels.file": {"type": "file", "path": "alerts.jsonl"},
    }
    drafts = [SubscriptionDraft(word, word, CHANNELS) for word in ASKED]
    (folder / "storywatch.toml").write_text(settings_text(settings), encoding="utf-8")
    (folder / "feeds.opml").write_bytes(write_opml([OpmlFeed(url) for url in room.feed_urls]))
    (folder / "subscriptions.toml").write_text(write_subscriptions(drafts), encoding="utf-8")
