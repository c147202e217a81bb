"""`storywatch delays`: how long alerts took, from an entry first seen to the receiver's yes."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Annotated

import typer

from cli.commands.options import ConfigOption, JsonOption, LimitOption
from cli.commands.session import store_of
from cli.output import out, print_json, print_rows
from pipeline.store import delays as stored
from pipeline.store.delays import Delay

SHOWN = 20


def delays(
    limit: LimitOption = 10_000,
    most: Annotated[int, typer.Option(help="Most subscriptions and hosts shown, the slowest first.")] = SHOWN,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the delay of the last alerts by stage, subscription and host; digests are late on purpose and left out."""
    with store_of(config) as database, database.read() as tx:
        found = stored.ways(tx, limit)
    groups = {
        "stages": stored.by_stage(found),
        "subscriptions": stored.by_subscription(found)[:most],
        "hosts": stored.by_host(found)[:most],
    }
    if as_json:
        print_json({name: [asdict(delay) for delay in group] for name, group in groups.items()})
        return
    for name, group in groups.items():
        print_rows(name.capitalize(), _rows(group), as_json=False, empty="No alert was sent yet.")
        out.print()


def _rows(group: Iterable[Delay]) -> list[dict[str, object]]:
    return [
        {"": delay.name, "alerts": delay.count, "p50, s": f"{delay.p50:.2f}", "p95, s": f"{delay.p95:.2f}"}
        for delay in group
    ]
