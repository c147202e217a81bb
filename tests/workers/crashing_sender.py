"""A process that ends without a word at one point of an alert's way: `python -m … POINT DATABASE_URL HOOK_URL`.

The points are those of checklist R4. Nothing is cleaned up: `os._exit` runs no handler and flushes nothing.
"""

import asyncio
import os
import sys
from typing import Any, NoReturn

from pipeline.store import deliveries
from pipeline.store.database import Database
from pipeline.transport import Policy, Transport
from tests.workers.test_delivery_job import hooked, make_delivery, run_once

CRASHED = 70
POINTS = ("before commit", "after commit", "after claim", "after connect", "after body sent", "after the answer")


def crash(*_: object, **__: object) -> NoReturn:
    os._exit(CRASHED)


class ConnectsOnly:
    """A client that reaches the receiver and says nothing."""

    async def post(self, url: str, **_: Any) -> NoReturn:
        host, _, port = url.removeprefix("http://").partition("/")[0].partition(":")
        await asyncio.open_connection(host, int(port))
        crash()


async def send(point: str, database: Database, url: str) -> None:
    policy = Policy(90, frozenset(), ("127.0.0.0/8",), "Storywatch/test")
    async with Transport(policy) as transport:
        jobs = hooked(database, transport, url)
        if point == "after claim":
            jobs._deliver = crash  # type: ignore[method-assign] - where it dies
        if point == "after connect":
            jobs._transport = ConnectsOnly()
        if point == "after the answer":
            deliveries.sent = crash
        await run_once(database, jobs)


def main(point: str, database_url: str, hook_url: str) -> None:
    database = Database.open(database_url)
    if point in {"before commit", "after commit"}:
        with database.write() as tx:
            make_delivery(tx, "hook")
            if point == "before commit":
                crash()
        crash()
    asyncio.run(send(point, database, hook_url))


if __name__ == "__main__":
    main(*sys.argv[1:])
