"""`storywatch demo`: everything on this machine, with a newsroom of its own to watch."""

import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated

import typer

from cli.commands.session import settings_of
from cli.local.demo import demo_environment, greeting, write_demo_config
from cli.local.running import Local, run_here
from dashboard.serving import bind
from demo.running import DEFAULT_PORT
from pipeline.errors import Unusable
from workers.supervisor import ProcessSpec

DASHBOARD_PORT = 8420


def demo(
    pace: Annotated[float, typer.Option(min=0.1, max=100, help="1 is a new article about every five seconds.")] = 1.0,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the newsroom; 0 takes any.")] = DEFAULT_PORT,
    keep: Annotated[Path | None, typer.Option(help="Folder to keep the data in; else it is removed.")] = None,
) -> None:
    """Start everything on a built-in newsroom; no network is needed."""
    with _folder(keep) as folder, _listener(port) as listener:
        newsroom_port = int(listener.getsockname()[1])
        config = write_demo_config(folder, newsroom_port, _free_port())
        for name in set(os.environ) - set(demo_environment(os.environ)):
            del os.environ[name]
        # Listening before the poller starts, which may be up sooner than the newsroom.
        argv = [sys.executable, "-m", "demo", "--listener", str(listener.fileno()), "--pace", str(pace)]
        newsroom = ProcessSpec("newsroom", argv, inherit=(listener.fileno(),))
        code = run_here(Local(settings_of(config), config, greeting(newsroom_port), [newsroom]))
    raise typer.Exit(code)


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """Give the folder that was named, or one that is removed in the end."""
    if keep:
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="storywatch-demo-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def _free_port() -> int:
    """Give the dashboard's port, or another one if it is taken."""
    with _listener(DASHBOARD_PORT) as listener:
        return int(listener.getsockname()[1])


def _listener(wanted: int) -> socket.socket:
    """Listen at the wanted port, or at another one if it is taken."""
    for port in (wanted, 0):
        with suppress(Unusable):
            return bind("127.0.0.1", port)
    raise Unusable("no port on 127.0.0.1 can be had; end another program first")
