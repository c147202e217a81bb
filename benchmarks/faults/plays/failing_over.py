"""PostgreSQL dies, and a replica takes its place that lacks what the last second committed, or nothing.

In: a scene on PostgreSQL. Out: the faults, played under load, and notes of what was gone. Trap: the replica follows
through a proxy that holds everything back before the end, as a network that swallows packets would; a replica that is
waited for then lets no commit through either, so nothing that was told as stored is gone.
"""

import asyncio
from collections.abc import Mapping
from functools import partial

from sqlalchemy import Select, Table, func, select

from benchmarks.faults import proxy as proxies
from benchmarks.faults.fault import Fault
from benchmarks.faults.scene import Scene, Store, loaded
from benchmarks.faults.waiting import until
from pipeline.store.database import Database
from pipeline.store.tables import alerts, articles, deliveries, entries

LACKING_SECONDS = 1.0  #: at least; and until something was sent of which the replica does not know
LACKING_COUNT = 3
LONGEST_SECONDS = 30.0
A_SECOND = 10.0  #: publications; enough that a second holds some of everything
COUNTED = {"entries": entries, "articles": articles, "alerts": alerts, "deliveries": deliveries}


async def promoted(scene: Scene, *, synchronous: bool) -> None:
    """Hold back what the replica follows, kill the server a second later, promote the replica."""
    postgres, proxy = scene.postgres, scene.postgres_proxy
    if postgres is None or proxy is None:
        raise ValueError("this fault needs PostgreSQL")
    async with proxies.opened(postgres.socket) as line, loaded(scene, A_SECOND):
        await asyncio.to_thread(partial(postgres.replicate, line.port, synchronous=synchronous))
        await asyncio.sleep(scene.seconds / 2)
        line.hold()
        await asyncio.gather(asyncio.sleep(LACKING_SECONDS), _more_is_heard(scene, synchronous=synchronous))
        before = await asyncio.to_thread(_counts, scene.database)
        await asyncio.to_thread(postgres.fail_over)
        after = await asyncio.to_thread(_counts, scene.database)
        proxy.cut()
        await asyncio.sleep(scene.seconds / 2)
    gone = ", ".join(f"{before[name] - after[name]} {name}" for name in COUNTED)
    scene.notes.append(f"gone with the server, net of what the promoted one had made by then: {gone}")


async def _more_is_heard(scene: Scene, *, synchronous: bool) -> None:
    """Wait until receivers heard what the replica will not know of; one that is waited for lets nothing be sent."""
    than = len(scene.newsroom.heard) + LACKING_COUNT
    if not synchronous:
        await until(lambda: len(scene.newsroom.heard) >= than, LONGEST_SECONDS)


def _counts(database: Database) -> Mapping[str, int]:
    with database.read() as tx:
        return {name: tx.execute(_count(table)).scalar_one() for name, table in COUNTED.items()}


def _count(table: Table) -> "Select[int]":
    return select(func.count()).select_from(table)


ON_POSTGRES = (Store.POSTGRES,)
FAILING_OVER = (
    Fault("postgres-promoted", "PostgreSQL killed, a replica promoted that lacks the last second",
          partial(promoted, synchronous=False), 150, "R38", may_repeat=True, forgets=True, stores=ON_POSTGRES),
    Fault("postgres-failed-over", "the same with a replica that every commit waits for",
          partial(promoted, synchronous=True), 90, "R38", may_repeat=True, stores=ON_POSTGRES),
)  # fmt: skip
