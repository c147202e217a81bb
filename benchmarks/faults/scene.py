"""One installation under load, with everything around it that a fault may break.

In: what the fault needs. Out: a `Scene` for the block: newsroom, queue, database, the running system. Hides the files
of a first start. Trap: the database is read past the proxy, and only when the fault is over.
"""

import asyncio
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from benchmarks.faults import newsroom as newsrooms
from benchmarks.faults import postbox as postboxes
from benchmarks.faults import proxy as proxies
from benchmarks.faults.newsroom import Newsroom
from benchmarks.faults.postbox import Postbox
from benchmarks.faults.proxy import Proxy
from benchmarks.faults.servers import Postgres, Valkey
from benchmarks.faults.system import System, settings_text
from benchmarks.faults.words import ASKED
from pipeline.alerts.subscriptions_file import SubscriptionDraft, write_subscriptions
from pipeline.feeds.opml import OpmlFeed, write_opml
from pipeline.store.database import Database
from workers.queue import DELIVERIES, PAGES, WorkQueue

CHANNELS = ("receiver",)
MAIL_CHANNEL = "post"
FLOOR_SECONDS = 3
INTERVAL_SECONDS = 4
WARM_COUNT = 12
WARM_SECONDS = 120.0
PER_SECOND = 4.0
MIGRATE = "import sys; from pipeline.store.database import Database; Database.open(sys.argv[1]).migrate()"


class Store(StrEnum):
    """The database under it."""

    SQLITE = "SQLite"
    POSTGRES = "PostgreSQL"


@dataclass(slots=True)
class Scene:
    """What a fault may touch."""

    folder: Path
    newsroom: Newsroom
    system: System
    database: Database  #: read past any proxy
    dice: random.Random
    seconds: float  #: how long the fault is to last, where it can be chosen
    rounds: int  #: how often, where it can be
    queue: Valkey | None = None  #: None: the system's own
    queue_proxy: Proxy | None = None
    postbox: Postbox | None = None  #: where alerts go by mail, too
    postgres: Postgres | None = None
    postgres_proxy: Proxy | None = None
    notes: list[str] = field(default_factory=list)

    def queued_count(self) -> int:
        """Count the jobs that still wait on the queue; only for a queue of the harness's own."""
        if self.queue is None:
            return 0
        client = self.queue.client()
        try:
            return sum(len(WorkQueue(name, client).places().queued) for name in (PAGES, DELIVERIES))
        finally:
            client.close()


@asynccontextmanager
async def loaded(scene: Scene, per_second: float = PER_SECOND) -> AsyncIterator[None]:
    """Publish steadily for the block."""
    task = asyncio.create_task(scene.newsroom.publish_steadily(per_second))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a scene is made of."""

    store: Store = Store.SQLITE
    own_queue: bool = False  #: a Valkey under the harness's hand instead of the built-in one
    with_mail: bool = False
    seconds: float = 20.0
    rounds: int = 5
    seed: int = 1
    settings: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    parent: Path | None = None  #: folder to work in; the system's temporary one if None
    keep: bool = False
    former: Path | None = None  #: folder of a former version, by which everything begins


@asynccontextmanager
async def staged(wish: Wish) -> AsyncIterator[Scene]:
    """Set everything up and start it; what runs is ended with the block."""
    folder = Path(tempfile.mkdtemp(prefix="sw-faults-", dir=wish.parent))
    try:
        async with AsyncExitStack() as stack:
            scene = await _build(stack, folder, wish)
            yield scene
            if scene.system.tree():
                await scene.system.stop()
    finally:
        if not wish.keep:
            shutil.rmtree(folder, ignore_errors=True)


async def _build(stack: AsyncExitStack, folder: Path, wish: Wish) -> Scene:
    newsroom = await stack.enter_async_context(newsrooms.opened())
    settings_file = folder / "storywatch.toml"
    system = System(settings_file)
    postgres = await _postgres(stack, wish.store)
    database = _database(system, postgres, wish.former)
    stack.callback(database.close)
    stack.push_async_callback(_stopped, system)
    scene = Scene(folder, newsroom, system, database, random.Random(wish.seed), wish.seconds, wish.rounds)
    scene.postgres = postgres
    scene.postbox = await stack.enter_async_context(postboxes.opened()) if wish.with_mail else None
    addresses = {"storage": await _storage(stack, scene), "queue": await _queue(stack, scene, wish), **_mail(scene)}
    _write_files(scene, addresses, wish.settings)
    return scene


async def _stopped(system: System) -> None:
    if system.tree():
        await system.stop()


async def _postgres(stack: AsyncExitStack, store: Store) -> Postgres | None:
    if store is Store.SQLITE:
        return None
    postgres = await asyncio.to_thread(Postgres)
    stack.callback(postgres.remove)
    return postgres


def _database(system: System, postgres: Postgres | None, former: Path | None) -> Database:
    system.data.mkdir(mode=0o700)
    url = postgres.url if postgres else f"sqlite:///{system.data / 'storywatch.db'}"
    if former:
        system.environment = {"PYTHONPATH": str(former), "PYTHONSAFEPATH": "1"}  # its code and not this folder's
        command = [sys.executable, "-c", MIGRATE, url]
        subprocess.run(command, env=os.environ | system.environment, check=True)  # noqa: S603 - our own words
        return Database.open(url)
    database = Database.open(url)
    database.migrate()
    return database


async def _storage(stack: AsyncExitStack, scene: Scene) -> dict[str, object]:
    if scene.postgres is None:
        return {}
    scene.postgres_proxy = await stack.enter_async_context(proxies.opened(scene.postgres.socket))
    return {"database_url": scene.postgres.url_at(scene.postgres_proxy.port)}


async def _queue(stack: AsyncExitStack, scene: Scene, wish: Wish) -> dict[str, object]:
    if not wish.own_queue:
        return {}
    scene.queue = Valkey(scene.folder / "valkey")
    scene.queue.start()
    stack.callback(scene.queue.stop)
    scene.queue_proxy = await stack.enter_async_context(proxies.opened(scene.queue.socket))
    return {"url": f"redis://127.0.0.1:{scene.queue_proxy.port}/0"}


def _mail(scene: Scene) -> dict[str, dict[str, object]]:
    if scene.postbox is None:
        return {}
    names = {"to": ["desk@example.org"], "sender": "watch@example.org"}
    server = {"smtp_host": "127.0.0.1", "smtp_port": scene.postbox.port, "security": "none"}
    return {f"channels.{MAIL_CHANNEL}": {"type": "email", **names, **server}}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _write_files(
    scene: Scene, addresses: Mapping[str, Mapping[str, object]], further: Mapping[str, Mapping[str, object]]
) -> None:
    """Write settings, feeds and subscriptions as a user would have them."""
    room = scene.newsroom
    settings: dict[str, Mapping[str, object]] = {
        "storage": {"data_dir": str(scene.system.data)},
        "feeds": {"interval_seconds": INTERVAL_SECONDS, "floor_seconds": FLOOR_SECONDS, "adaptive": False},
        "fetch": {
            "allow_private": ["127.0.0.0/8"],
            "ports": [room.port],
            "host_gap_seconds": 0.02,
            "host_concurrency": 8,
            "total_seconds": 5,
        },
        "worker": {"processes": 2, "extractors": 1, "extract_seconds": 5},
        "web": {"port": _free_port()},  # the same after a restart: it stands in every message
        "log": {"format": "json"},
        "channels.receiver": {"type": "webhook", "url": room.hook_url, "secret": room.secret},
    }
    for section, options in (*addresses.items(), *further.items()):
        settings[section] = {**settings.get(section, {}), **options}
    scene.system.settings_file.write_text(settings_text(settings), encoding="utf-8")
    channels = (*CHANNELS, MAIL_CHANNEL) if scene.postbox else CHANNELS
    drafts = [SubscriptionDraft(word, word, channels) for word in ASKED]
    (scene.folder / "feeds.opml").write_bytes(write_opml([OpmlFeed(url) for url in room.feed_urls]))
    (scene.folder / "subscriptions.toml").write_text(write_subscriptions(drafts), encoding="utf-8")
