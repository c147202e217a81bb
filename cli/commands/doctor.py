"""`storywatch doctor`: whether everything is as it should be."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from cli.commands.options import ConfigOption, JsonOption
from cli.commands.session import settings_of
from cli.doctor import alive, findings
from cli.exit_codes import FOUND_WRONG
from cli.output import print_error, print_rows


class Kind(StrEnum):
    """The services whose life can be asked for, as heartbeats name them."""

    POLLER = "poller"
    DISPATCHER = "dispatcher"
    WORKER = "worker"
    DELIVERER = "deliverer"


def doctor(
    kind: Annotated[
        Kind | None, typer.Option("--alive", help="Only tell whether a service of this kind beats.")
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check settings, folders, database, queue and services; exit code 3 if something is wrong."""
    settings = settings_of(config)
    if kind:
        _check_alive(alive(settings, kind.value, datetime.now(UTC)), kind.value)
        return
    found = list(findings(settings))
    rows = [{"check": finding.check, "ok": finding.ok, "what": finding.what} for finding in found]
    print_rows("Storywatch", rows, as_json=as_json, empty="")
    if not all(finding.ok for finding in found):
        raise typer.Exit(FOUND_WRONG)


def _check_alive(is_alive: bool, kind: str) -> None:
    if not is_alive:
        print_error(f"no {kind} beats")
        raise typer.Exit(FOUND_WRONG)
