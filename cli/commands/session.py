"""What a command needs before it can do anything: the settings and the store."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.wiring import open_database
from config.reading import read_settings
from config.settings import Settings
from pipeline.store.database import Database


def settings_of(config: Path | None) -> Settings:
    """Read the settings; raises BadSettings with all mistakes."""
    return read_settings(config, os.environ)


@contextmanager
def store_of(config: Path | None) -> Iterator[Database]:
    """Open the store that the settings name."""
    with open_database(settings_of(config)) as database:
        yield database
