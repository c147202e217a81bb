"""`storywatch prune`: forget what is older than the settings keep it."""

import asyncio
from typing import Annotated

import typer

from cli.commands.options import ConfigOption, JsonOption
from cli.commands.session import settings_of
from cli.output import note, print_rows
from cli.wiring import open_database
from workers.clock import utc_now
from workers.pruner import Pruner, due_steps


def prune(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Forget what is older than the settings of `retention` keep it; the dispatcher does the same once a day."""
    settings = settings_of(config)
    with open_database(settings) as database:
        pruner = Pruner(database, settings.retention)
        counts = asyncio.run(pruner.count() if dry_run else pruner.prune(asyncio.Event()))
    limits = {step.name: before for step, before in due_steps(settings.retention, utc_now())}
    done = "would_go" if dry_run else "gone"
    rows = [{"what": name, "older_than": limits[name], done: count} for name, count in counts.items()]
    print_rows("Pruned" if not dry_run else "Would be pruned", rows, as_json=as_json, empty="Everything is kept.")
    if not dry_run and any(counts.values()) and not as_json:
        note("The database file keeps its size and fills that room again; a backup and a restore make it small.")
