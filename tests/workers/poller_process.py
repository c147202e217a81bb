"""A poller in a process of its own, for tests that stop or kill it: `python -m … URL [LEASE SECONDS]`."""

import asyncio
import sys

from pipeline.feeds.schedule import PollPolicy
from pipeline.store.database import Database
from tests.workers.polling import polling

LEASE_SECONDS = 3.0
FLOOR = PollPolicy(interval_seconds=2, floor_seconds=2, ceiling_seconds=60)


async def main(url: str, lease_seconds: float) -> None:
    database = Database.open(url)
    async with polling(database, policy=FLOOR, lease_seconds=lease_seconds):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else LEASE_SECONDS))
