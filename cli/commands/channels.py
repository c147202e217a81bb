"""`storywatch channels`: where alerts go, and which receivers fail, rest or are gone."""

from typing import Annotated

import typer

from cli.commands.options import ConfigOption, JsonOption
from cli.commands.session import settings_of, store_of
from cli.output import out, print_rows
from cli.wiring import open_database
from pipeline.errors import NotFound
from pipeline.store import receivers
from pipeline.store.receivers import Receiver

app = typer.Typer(no_args_is_help=True, help="Look at channels; ask a receiver again that rests or is gone.")


@app.command("list")
def list_channels(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the channels of the settings and how their receivers behave."""
    settings = settings_of(config)
    with open_database(settings) as database, database.read() as tx:
        troubled = {receiver.channel: receiver for receiver in receivers.list_all(tx)}
    rows = [_row(name, channel.type, troubled.get(name)) for name, channel in settings.channels.items()]
    print_rows("Channels", rows, as_json=as_json, empty="The settings name no channels.")


@app.command()
def resume(
    channel: Annotated[str, typer.Argument(help="Name of the channel.")],
    config: ConfigOption = None,
) -> None:
    """Ask a receiver again at once that rests, or that said it is gone; parked deliveries stay parked."""
    with store_of(config) as database, database.write() as tx:
        if not receivers.resume(tx, channel):
            raise NotFound(f"nothing is held against channel {channel!r}; `storywatch channels list` shows all")
    out.print(f"{channel} is asked again; `storywatch deliveries replay --all` sends what was parked", markup=False)


def _row(name: str, kind: str, receiver: Receiver | None) -> dict[str, object]:
    return {
        "channel": name,
        "type": kind,
        "receiver": _state(receiver),
        "failures": receiver.failures if receiver else 0,
        "since": (receiver.gone_at or receiver.failing_since_at) if receiver else None,
        "rests_until": receiver.rests_until if receiver else None,
        "reason": receiver.reason.value if receiver and receiver.reason else None,
    }


def _state(receiver: Receiver | None) -> str:
    if receiver is None:
        return "works"
    return "gone" if receiver.gone_at else "fails"
