"""`storywatch deliveries`: what was handed to which channel, and what could not be."""

from typing import Annotated

import typer
from sqlalchemy import Connection

from cli.commands.options import ConfigOption, JsonOption, LimitOption
from cli.commands.session import store_of
from cli.output import out, print_rows
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


def _parked_ids(tx: Connection) -> list[int]:
    return [row.id for row in deliveries.recent(tx, REPLAY_LIMIT, DeliveryState.PARKED)]


def _row(delivery: StoredDelivery) -> dict[str, object]:
    return {
        "id": delivery.id,
        "alert": delivery.alert_id,
        "channel": delivery.channel,
        "state": delivery.state.value,
        "attempts": delivery.attempts,
        "made": delivery.created_at,
        "ended": delivery.finished_at,
        "reason": delivery.reason.value if delivery.reason else None,
        "said": delivery.error or delivery.answer,
    }
