"""`storywatch backup` and `storywatch restore`."""

from pathlib import Path
from typing import Annotated

import typer

from cli.commands.options import ConfigOption, JsonOption
from cli.commands.session import settings_of, store_of
from cli.output import note, print_record
from cli.version import VERSION
from cli.wiring import database_url
from pipeline.indexing import index_words
from pipeline.store.backups import packing, restoring, taking
from pipeline.store.backups.manifest import Manifest
from workers.clock import utc_now
from workers.data_folder import DataFolder

SHOWN = ("feeds", "subscriptions", "entries", "articles", "stories", "alerts", "deliveries")


def backup(
    file: Annotated[Path, typer.Argument(help="File to write; it must not exist.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write all that the store holds to one file, while everything runs, and check it."""
    with store_of(config) as database:
        manifest = taking.take(database, file.absolute(), version=VERSION, now=utc_now())
    print_record({"file": str(file), "bytes": file.stat().st_size} | _row(manifest), as_json=as_json)
    note("It holds the keys in feeds' addresses, not the settings: back those up too, and keep both to yourself.")


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `storywatch backup` wrote.")],
    force: Annotated[bool, typer.Option("--force", help="Replace a store that is not empty.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Only see whether the backup is whole.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a backup in the place of the store; Storywatch must not run meanwhile."""
    if check:
        manifest = packing.verify(file)
        restoring.check_revision(manifest)
        print_record({"file": str(file)} | _row(manifest), as_json=as_json)
        return
    settings = settings_of(config)
    with DataFolder(settings.storage.data_dir):
        restored = restoring.restore(file, database_url(settings), index_words, force=force, now=utc_now())
    print_record({"file": str(file)} | _row(restored.manifest), as_json=as_json)
    if restored.kept:
        note(f"What stood there before is kept as {restored.kept}; remove it once you are content.")


def _row(manifest: Manifest) -> dict[str, object]:
    return {
        "taken": manifest.taken_at,
        "version": manifest.version,
        "schema": manifest.revision,
        "database": manifest.database,
        **{name: manifest.counts.get(name, 0) for name in SHOWN},
        "sha256": manifest.sha256,
    }
