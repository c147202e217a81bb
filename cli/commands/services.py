"""`storywatch poll|dispatch|work|serve`: one service in this process, for compose files and unit files.

In: the settings file. Out: nothing returns; the service's own program replaces this one, so that it holds no module
that it does not need and receives its signals directly.
"""

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from cli.commands.options import ConfigOption
from cli.local.plan import service_command


class Queue(StrEnum):
    """The queues that a worker may serve."""

    PAGES = "pages"
    DELIVERIES = "deliveries"


WORKER_KINDS = {Queue.PAGES: "worker", Queue.DELIVERIES: "deliverer"}


def poll(config: ConfigOption = None) -> None:
    """Poll the feeds that are due."""
    _become("poller", config)


def dispatch(config: ConfigOption = None) -> None:
    """Move waiting work onto the queue, fair to hosts, and find again what got lost."""
    _become("dispatcher", config)


def work(
    queue: Annotated[Queue, typer.Argument(help="What to work on.")] = Queue.PAGES, config: ConfigOption = None
) -> None:
    """Fetch, extract and group pages, or hand alerts to their channels."""
    _become(WORKER_KINDS[queue], config)


def serve(config: ConfigOption = None) -> None:
    """Serve the dashboard."""
    _become("dashboard", config)


def _become(kind: str, config: Path | None) -> NoReturn:
    command = service_command(kind, config)
    os.execv(command[0], command)  # noqa: S606 - our own interpreter and module; no shell, nothing from outside
