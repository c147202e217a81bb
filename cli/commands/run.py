"""`storywatch run`: everything on this machine."""

import os

import typer

from cli.commands.options import ConfigOption
from cli.commands.session import settings_of
from cli.local.running import Local, run_here
from config.reading import chosen_file


def run(config: ConfigOption = None) -> None:
    """Start everything on this machine: queue, poller, dispatcher, workers and dashboard."""
    settings = settings_of(config)
    raise typer.Exit(run_here(Local(settings, chosen_file(config, os.environ))))
