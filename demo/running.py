"""The newsroom as a process of its own.

In: where to listen and the pace. Out: a running origin until SIGTERM or SIGINT. Hides the event loop.
Trap: with port 0 the caller learns the port only from what is reported, by default one line on standard output.
"""

import asyncio
import signal
import socket
import sys
from collections.abc import Callable

from demo.newsroom import Newsroom
from demo.origin import port_of, serve_on, utc_now

DEFAULT_PORT = 8421


def write_port(port: int) -> None:
    """Write `listening PORT` on standard output."""
    sys.stdout.write(f"listening {port}\n")
    sys.stdout.flush()


def run_newsroom(
    port: int = DEFAULT_PORT, *, host: str = "127.0.0.1", pace: float = 1.0, report: Callable[[int], None] = write_port
) -> None:
    """Run a newsroom that starts now; returns after SIGTERM or SIGINT; raises OSError if the port is taken.

    `report` is called once with the port as soon as it answers. Call in a process's main thread.
    """
    run_on(socket.create_server((host, port)), pace=pace, report=report)


def run_on(listener: socket.socket, *, pace: float = 1.0, report: Callable[[int], None] = write_port) -> None:
    """Run it on a socket that listens already: who asks before it answers waits and is not refused."""
    asyncio.run(_run(listener, pace, report))


async def _run(listener: socket.socket, pace: float, report: Callable[[int], None]) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    runner = await serve_on(Newsroom(utc_now(), pace), listener)
    try:
        report(port_of(runner))
        await stopped.wait()
    finally:
        await runner.cleanup()
