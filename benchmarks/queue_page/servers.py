"""The queue and the dashboard of one run, each ended with it.

In: a folder, an application. Out: addresses. Hides how they are started. Trap: the dashboard runs in a thread of this
process, so its processor time is in `time.process_time`, and the browser's and the queue's are not.
"""

import asyncio
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from starlette.types import ASGIApp

from dashboard.serving import bind, serve_on
from workers.embedded import prepare
from workers.server import wait_until_ready


@contextmanager
def valkey(folder: Path) -> Iterator[str]:
    """Run a server of our own."""
    plan = prepare(folder)
    process = subprocess.Popen(plan.command)  # noqa: S603 - our own command
    try:
        wait_until_ready(plan.url)
        yield plan.url
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """Serve the dashboard on a free port of this machine."""
    listener = bind("127.0.0.1", 0)
    origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(serve_on(app, listener, stop)))
    thread.start()
    try:
        yield origin
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(60)
