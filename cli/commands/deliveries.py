"""`storywatch deliveries`: what was handed to which channel, and what could not be."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, TextIO

import typer
from sqlalchemy import Connection

from cli.commands.options import ConfigOption, JsonOption, LimitOption
from cli.commands.session import settings_of, store_of
from cli.output import note, out, print_rows
from cli.wiring import open_database, site_url
from pipeline.alerts.lines import instant
from pipeline.alerts.message import payload
from pipeline.errors import NotFound, Unusable
from pipeline.model import DeliveryState
from pipeline.store import deliveries
from pipeline.store.deliveries import StoredDelivery
from workers.clock import utc_now

app = typer.Typer(no_args_is_help=True, help="Look at deliveries; send parked ones again.")

REPLAY_LIMIT = 10_000  #: in one command; the rest wait for the next


@app.command("list")
def list_deliveries(
    state: Annotated[DeliveryState | None, typer.Option(help="Only those that stand so.")] = None,
    limit: LimitOption = 20,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the newest deliveries."""
    with store_of(config) as database, database.read() as tx:
        rows = [_row(delivery) for delivery in deliveries.recent(tx, limit, state)]
    print_rows("Deliveries", rows, as_json=as_json, empty="There are none.")


@app.command()
def replay(
    number: Annotated[int | None, typer.Argument(help="The delivery's number.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Send every parked delivery again.")] = False,
    config: ConfigOption = None,
) -> None:
    """Send parked deliveries again, each with the id it had, so that a receiver can tell it has it already."""
    if (number is None) is not everything:
        raise Unusable("name one delivery by its number, or say --all; `storywatch deliveries list --state parked`")
    with store_of(config) as database, database.write() as tx:
        wanted = [number] if number is not None else _parked_ids(tx)
        replayed = [each for each in wanted if deliveries.replay(tx, each, utc_now())]
    if number is not None and not replayed:
        raise NotFound(f"no delivery {number} is parked; `storywatch deliveries list --state parked` shows which are")
    out.print(f"{len(replayed)} wait to be sent again")


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="File to write, one JSON object a line; - for standard output.")],
    channel: Annotated[str | None, typer.Option(help="Only those of this channel.")] = None,
    config: ConfigOption = None,
) -> None:
    """Write what could not be handed over, each with its reason and the message it would have been."""
    settings = settings_of(config)
    count = 0
    with open_database(settings) as database, database.read() as tx, _writing(file) as lines:
        for delivery, task in deliveries.parked(tx, channel):
            message = payload(replace(task, site_url=site_url(settings)))
            lines.write(json.dumps(_dead_letter(delivery) | {"message": message}, ensure_ascii=False) + "\n")
            count += 1
    note(f"{count} parked deliveries")


@contextmanager
def _writing(file: Path) -> Iterator[TextIO]:
    if str(file) == "-":
        yield sys.stdout
        return
    try:
        with file.open("x", encoding="utf-8") as lines:
            yield lines
    except FileExistsError as error:
        raise Unusable(f"{file} is there already; name another file") from error
    except OSError as error:
        raise Unusable(f"{file} cannot be written: {error.strerror}") from error


def _dead_letter(delivery: StoredDelivery) -> dict[str, object]:
    return {
        "delivery": delivery.id,
        "id": delivery.public_id,
        "channel": delivery.channel,
        "reason": delivery.reason.value if delivery.reason else None,
        "said": delivery.error or delivery.answer,
        "attempts": delivery.attempts,
        "made_at": instant(delivery.created_at),
        "parked_at": instant(delivery.finished_at) if delivery.finished_at else None,
    }


def _parked_ids(tx: Connection) -> list[int]:
    return [row.id for row in deliveries.recent(tx, REPLAY_LIMIT, DeliveryState.PARKED)]


def _notice(delivery: StoredDelivery) -> str:
    """Say what is handed over."""
    if delivery.alert_id is not None:
        return f"alert {delivery.alert_id}"
    return f"digest {delivery.digest_id}" if delivery.digest_id is not None else f"update {delivery.update_id}"


def _row(delivery: StoredDelivery) -> dict[str, object]:
    return {
        "id": delivery.id,
        "notice": _notice(delivery),
        "channel": delivery.channel,
        "state": delivery.state.value,
        "attempts": delivery.attempts,
        "made": delivery.created_at,
        "ended": delivery.finished_at,
        "reason": delivery.reason.value if delivery.reason else None,
        "said": delivery.error or delivery.answer,
    }
