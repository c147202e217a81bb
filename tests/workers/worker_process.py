"""A worker in a process of its own, for tests that stop and kill it: `python -m … QUEUE_URL DATABASE_URL`.

Its one job holds an entry for a fifth of a second and ends it; the process beats as the real ones do.
"""

import asyncio
import sys

from pipeline.model import EntryState, Pace
from pipeline.store import entries
from pipeline.store.database import Database
from workers.clock import utc_now
from workers.concurrent import ConcurrentWorker
from workers.heartbeat import beat_until, process_name
from workers.lanes import FETCH_PAGE
from workers.queue import PAGES, WorkQueue
from workers.server import connect
from workers.signals import stop_on_signals


async def main(queue_url: str, database_url: str) -> None:
    database = Database.open(database_url)
    name = process_name("worker")

    async def fetch(entry_id: int, token: int) -> None:
        task = await database.run(entries.start, entry_id, token, name, utc_now(), 60, Pace(0, 1000))
        if task is None:
            return
        await asyncio.sleep(0.2)
        await database.run(entries.finish, entry_id, token, EntryState.DONE, None, utc_now())

    worker = ConcurrentWorker(WorkQueue(PAGES, connect(queue_url)), {FETCH_PAGE: fetch}, 16, name=name)
    worker_ended = asyncio.Event()
    with stop_on_signals() as stops:
        beating = asyncio.create_task(beat_until(worker_ended, database, name, "worker", worker.detail))
        await worker.run(stops.stop, stops.hurry)
        worker_ended.set()
        await beating
    database.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
