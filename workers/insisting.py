"""Ask the store for what a job needs, and store what it has come to, also if the store is away just then.

In: a verb of the store and until when it is worth trying. Out: what the verb gave, or StoreUnavailable. Trap: a commit
whose answer was lost is done again, so a verb that ends a row must ask for its token; it then finds the row no more
ours.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from pipeline.errors import StoreUnavailable
from pipeline.store.database import Database
from workers.clock import Clock
from workers.patience import Patience

P = ParamSpec("P")
T = TypeVar("T")


class Insisting:
    """Writes of one kind of job; `event` is the word in the log while it waits."""

    def __init__(self, database: Database, event: str, clock: Clock) -> None:
        self._database = database
        self._event = event
        self._clock = clock

    async def run(
        self, until: datetime, fn: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Call `fn(tx, …)` in a write transaction, again and again until the instant; raises StoreUnavailable then."""
        return await self._again(until, lambda: self._database.run(fn, *args, **kwargs))

    async def look(
        self, until: datetime, fn: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Call `fn(tx, …)` in a read transaction, likewise."""
        return await self._again(until, lambda: self._database.look(fn, *args, **kwargs))

    async def _again(self, until: datetime, call: Callable[[], Awaitable[T]]) -> T:
        patience = Patience(self._event)
        while True:
            try:
                found = await call()
            except StoreUnavailable as error:
                if self._clock() > until:
                    raise
                await asyncio.sleep(patience.failed(error))
            else:
                patience.succeeded()
                return found
