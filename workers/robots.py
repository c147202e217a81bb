"""Ask a site's robots.txt before a page of it.

In: a page's address and its host. Out: nothing, or a failure that says why the page may not be fetched now. Copies are
shared by all workers through the store, and remembered here until they are stale. Trap: asking for the file is a
request of its own at that host and takes a slot of its own, so the page waits for the next one.
"""

import asyncio
from collections import OrderedDict
from datetime import datetime
from weakref import WeakValueDictionary

from sqlalchemy import Connection

from pipeline.articles.robots import (
    LARGEST_ANSWER_BYTES,
    Verdict,
    agent_of,
    delay_seconds,
    is_fresh,
    judge,
    origin_of,
    renewed,
)
from pipeline.errors import Failure, Permanent, Transient
from pipeline.model import Pace, Reason, Response, RobotsCopy
from pipeline.store import hosts, robots
from pipeline.store.database import Database
from pipeline.transport import Transport
from workers.clock import Clock
from workers.insisting import Insisting

_NO_FILE = 404
_REMEMBERED = 1000  # origins
_LONGEST_WAIT_SECONDS = 10.0  # for the page's slot; the job has its own limit


class RobotsGate:
    """Lets pages through that their sites let robots read."""

    def __init__(self, database: Database, transport: Transport, pace: Pace, clock: Clock) -> None:
        self._insisting = Insisting(database, "robots_wait", clock)
        self._transport = transport
        self._pace = pace
        self._clock = clock
        self._agent = agent_of(transport.user_agent)
        self._copies: OrderedDict[str, RobotsCopy] = OrderedDict()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def check(self, url: str, host: str, until: datetime) -> None:
        """Return if the page may be fetched; raises Permanent if not, Transient if the site cannot say so now.

        A store that is away is waited for until the instant; raises StoreUnavailable then.
        """
        copy = await self._copy(origin_of(url), host, until)
        verdict = judge(copy, url, self._agent, self._clock())
        if verdict is Verdict.DISALLOWED:
            raise Permanent(Reason.ROBOTS_DISALLOWED, f"{copy.origin}/robots.txt does not let us read this page")
        if verdict is Verdict.UNKNOWN:
            raise Transient(Reason.ROBOTS_UNKNOWN, f"{copy.origin}/robots.txt cannot be had")

    async def _copy(self, origin: str, host: str, until: datetime) -> RobotsCopy:
        lock = self._locks.setdefault(origin, asyncio.Lock())
        async with lock:
            held = self._copies.get(origin) or await self._insisting.look(until, robots.find, origin)
            if held is None or not is_fresh(held, self._clock()):
                held = await self._renew(origin, host, held, until)
            self._remember(held)
            return held

    async def _renew(self, origin: str, host: str, held: RobotsCopy | None, until: datetime) -> RobotsCopy:
        copy = renewed(origin, held, await self._ask(origin), self._clock())
        gap = delay_seconds(copy, self._agent)
        start_at = await self._insisting.run(until, _keep, copy, host, gap, self._pace, self._clock())
        wait = (start_at - self._clock()).total_seconds()
        await asyncio.sleep(min(max(wait, 0), _LONGEST_WAIT_SECONDS))
        return copy

    async def _ask(self, origin: str) -> Response | None:
        """Ask for the file; None if the server cannot say.

        What no second try would change, such as endless redirects, means that there is no file (RFC 9309, 2.3.1).
        """
        url = f"{origin}/robots.txt"
        try:
            return await self._transport.get(url, max_bytes=LARGEST_ANSWER_BYTES, accept="text/plain,*/*;q=0.1")
        except Permanent:
            return Response(url, _NO_FILE, {}, b"", 0)
        except Failure:
            return None

    def _remember(self, copy: RobotsCopy) -> None:
        self._copies[copy.origin] = copy
        self._copies.move_to_end(copy.origin)
        if len(self._copies) > _REMEMBERED:
            self._copies.popitem(last=False)


def _keep(tx: Connection, copy: RobotsCopy, host: str, gap: float, pace: Pace, now: datetime) -> datetime:
    """Keep the copy and the delay it asks for, and take the host's next slot for the page."""
    robots.keep(tx, copy)
    hosts.ask_gap(tx, host, gap)
    start_at, _ = hosts.reserve(tx, host, pace, now)
    return start_at
