"""`storywatch demo`: everything on this machine, with a newsroom of its own to watch."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
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
    newsroom_port = _free_port(port)
    with _folder(keep) as folder:
        config = write_demo_config(folder, newsroom_port, _free_port(DASHBOARD_PORT))
        for name in set(os.environ) - set(demo_environment(os.environ)):
            del os.environ[name]
        newsroom = [sys.executable, "-m", "demo", "--port", str(newsroom_port), "--pace", str(pace)]
        local = Local(settings_of(config), config, greeting(newsroom_port), [ProcessSpec("newsroom", newsroom)])
        code = run_here(local)
    raise typer.Exit(code)


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """Give the folder that was named, or one that is removed in the end."""
    if keep:
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="storywatch-demo-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def _free_port(wanted: int) -> int:
    """Give the wanted port, or another one if it is taken."""
    for port in (wanted, 0):
        try:
            listener = bind("127.0.0.1", port)
        except Unusable:
            continue
        with listener:
            return int(listener.getsockname()[1])
    raise Unusable("no port on 127.0.0.1 can be had; end another program first")
