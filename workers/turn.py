"""Wait for the next slot of a host, as whoever asks it outside the queue must.

In: how the caller runs a transaction, a host, its pace. Out: nothing, once the slot has begun. Hides nothing. Trap: the
slot is taken before it is waited for, so that two who ask at once do not get the same.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

from pipeline.errors import Transient
from pipeline.model import Pace, Reason
from pipeline.store import hosts


async def wait_for_turn(
    run: Callable[..., Awaitable[tuple[datetime, datetime]]], host: str, pace: Pace, now: datetime
) -> None:
    """Take the next slot of a host that may be new to us, and wait for it.

    Raises Transient(HTTP_THROTTLED) if the host asked to be left alone or its next slot is far ahead.
    """
    start_at, rest_until = await run(hosts.reserve_new, host, pace, now)
    if rest_until > now:
        raise Transient(Reason.HTTP_THROTTLED, f"the host asked to be left alone until {rest_until:%Y-%m-%d %H:%M}Z")
    await asyncio.sleep((start_at - now).total_seconds())
