"""End this process when its event loop hangs (checklist R9, R10).

In: the running loop. Out: nothing, or the stacks of all threads on standard error and exit status 1, after which
the supervisor starts the process again and the sweeper returns its rows. Hides faulthandler. Trap: code in C that
keeps the interpreter's lock stops every Python thread; faulthandler's timer is in C too and needs no lock.
"""

import asyncio
import faulthandler

from workers.patience import pause

HANG_SECONDS = 60.0
FEED_SECONDS = 5.0


async def watch_loop(stop: asyncio.Event, *, hang_seconds: float = HANG_SECONDS) -> None:
    """Keep the timer from running out until `stop`; if this coroutine is not run for so long, the process ends.

    One at a time in a process: the timer is faulthandler's only one.
    """
    try:
        while not stop.is_set():
            faulthandler.dump_traceback_later(hang_seconds, exit=True)
            await pause(stop, min(FEED_SECONDS, hang_seconds / 2))
    finally:
        faulthandler.cancel_dump_traceback_later()
