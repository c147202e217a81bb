"""The command line against a server, made from the table of calls.

In: the command line. Out: what the server answers, as a table or JSON. Hides click. Trap: a command of the machine
itself that is asked for here must say so, and not look like a mistake in typing.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from cli.output import print_json, print_record, print_rows
from cli.remote import SERVER, TOKEN_FILE
from cli.remote.call import Call
from cli.remote.calls import CALLS
from cli.remote.server import Refused, Server, server_at
from pipeline.errors import Unusable

PAGE_LIMIT = 100  #: most that one request asks for
#: Options that are spelled otherwise than the API's fields, as on the machine itself.
SPELLED = {"source": "--from", "entries": "--entry"}


class Commands(click.Group):
    """Commands of which some exist on the machine itself only."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command; raises Unusable with those there are."""
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            path = " ".join([*ctx.command_path.split()[1:], args[0]])
            raise Unusable(
                f"`{path}` is not there with --server: it needs the machine where Storywatch runs, or does not exist. "
                f"With --server there are: {', '.join(sorted(self.commands))}"
            )
        return super().resolve_command(ctx, args)


def remote_app() -> click.Command:
    """Make the command."""
    root = Commands(
        name="storywatch",
        callback=_remember,
        params=[
            click.Option(["--server"], envvar=SERVER, required=True, help="Address of a Storywatch dashboard."),
            click.Option(
                ["--token-file"], envvar=TOKEN_FILE, type=click.Path(path_type=Path), help="File with a token."
            ),
            click.Option(["--insecure"], is_flag=True, help="Send the token over plain http."),
        ],
        help="A Storywatch elsewhere, through its API.",
        no_args_is_help=True,
    )
    for call in CALLS:
        _group(root, call.group).add_command(_command(call))
    return root


def _group(root: Commands, name: str) -> Commands:
    """Find or make a group; that of commands which stand alone is the root."""
    if not name:
        return root
    group = root.commands.get(name)
    if group is None:
        group = Commands(name=name, no_args_is_help=True, help=f"{name.capitalize()} of the server.")
        root.add_command(group)
    assert isinstance(group, Commands)  # noqa: S101 - made above
    return group


@click.pass_context
def _remember(ctx: click.Context, server: str, token_file: Path | None, insecure: bool) -> None:
    ctx.obj = server_at(server, token_file, insecure=insecure)


def _command(call: Call) -> click.Command:
    return click.Command(call.name, callback=_run(call), params=[*_options(call), *_arguments(call)], help=call.says)


def _options(call: Call) -> list[click.Parameter]:
    params: list[click.Parameter] = []
    if not call.is_text:
        params.append(click.Option(["--json", "as_json"], is_flag=True, help="Print JSON for programs."))
    if call.columns:
        params.append(click.Option(["--limit", "-n"], type=click.IntRange(1, 10_000), default=50, help="Most rows."))
    params += [click.Option([f"--{name.replace('_', '-')}", name]) for name in call.filters]
    params += [click.Option([SPELLED.get(name, f"--{name}"), name]) for name in call.fields[call.arguments :]]
    singular = {name: SPELLED.get(name, f"--{name.removesuffix('s')}") for name in call.lists}
    params += [click.Option([option, name], multiple=True) for name, option in singular.items()]
    params += [click.Option([f"--{name}"], help="In JSON.") for name in call.documents]
    there_or_not = (*call.flags, *call.switches)
    params += [click.Option([f"--{name.replace('_', '-')}", name], is_flag=True, default=None) for name in there_or_not]
    return params


def _arguments(call: Call) -> list[click.Parameter]:
    """Give them in the order in which they are written."""
    params: list[click.Parameter] = [click.Argument([name], type=_kind_of(name)) for name in call.places]
    params += [click.Argument([name]) for name in (*call.asks, *call.fields[: call.arguments])]
    if call.file:
        params.append(click.Argument([call.file], metavar="FILE", type=click.Path(path_type=Path)))
    if call.rest:
        params.append(click.Argument([call.rest], nargs=-1, required=True, type=click.IntRange(min=1)))
    return params


def _kind_of(place: str) -> click.ParamType[Any]:
    """Give what may stand at a place of a path: a number, but where a name is asked for."""
    return click.STRING if place == "name" else click.IntRange(min=1)


def _run(call: Call) -> Callable[..., None]:
    @click.pass_obj
    def run(server: Server, /, *, as_json: bool = False, limit: int = 50, **given: Any) -> None:
        path = call.path.format_map({name: quote(str(given.pop(name)), safe="") for name in call.places})
        values = {name: value for name, value in given.items() if value is not None}
        named = (*call.asks, *call.filters, *call.switches)
        query: dict[str, object] = {name: values[name] for name in named if name in values}
        if call.is_text:
            sys.stdout.write(server.ask_text(path))
        elif call.is_upload:
            _show(server.ask(call.method, path, text=_text(values[call.file])), as_json=as_json)
        elif call.columns:
            _show_list(call, _items(server, path, query, limit), as_json=as_json)
        else:
            body = _body(call, values) if call.has_body else None
            _show(server.ask(call.method, path, query=query, body=body), as_json=as_json)

    return run


def _body(call: Call, values: dict[str, Any]) -> dict[str, object]:
    """Give what is sent; raises Unusable for a document or a file that cannot be read."""
    body: dict[str, object] = {name: values[name] for name in (*call.fields, *call.flags) if name in values}
    body |= {name: list(values[name]) for name in (*call.lists, call.rest) if values.get(name)}
    body |= {name: _document(name, values[name]) for name in call.documents if name in values}
    if call.file:
        body[call.file] = _text(values[call.file])
    return body


def _text(file: Path) -> str:
    """Read a file; raises Unusable."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Unusable(f"{file} cannot be read: {error}") from error


def _document(name: str, text: str) -> object:
    """Read an option written in JSON; raises Unusable."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise Unusable(f"--{name} is no JSON: {error}; write it as in '{{\"outlets\": 3}}'") from error


def _items(server: Server, path: str, query: dict[str, object], limit: int) -> list[dict[str, Any]]:
    """Read pages until there are enough."""
    items: list[dict[str, Any]] = []
    cursor: object = None
    while len(items) < limit:
        more = {"limit": min(limit - len(items), PAGE_LIMIT), "cursor": cursor}
        page = server.ask("GET", path, query=query | more)
        if isinstance(page, list):  # all there is
            return page[:limit]
        if not isinstance(page, dict) or not isinstance(page.get("items"), list):
            raise Refused(f"{server.url} answers, but not as Storywatch does: look at the address")
        items += page["items"]
        cursor = page.get("next")
        if cursor is None:
            break
    return items[:limit]


def _show_list(call: Call, items: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print_json(items)
        return
    rows = [{name: item.get(name) for name in call.columns} for item in items]
    print_rows((call.group or call.name).capitalize(), rows, as_json=False, empty="The server has none.")


def _show(told: Any, *, as_json: bool) -> None:
    if told is None:
        return
    if as_json or not isinstance(told, dict):
        print_json(told)
        return
    plain = {name: value for name, value in told.items() if not isinstance(value, list | dict)}
    inner = {
        f"{name} {key}": cell for name, value in told.items() if isinstance(value, dict) for key, cell in value.items()
    }
    if plain := plain | {name: value for name, value in inner.items() if not isinstance(value, list | dict)}:
        print_record(plain, as_json=False)
    for name, value in told.items():
        if isinstance(value, list):
            print_rows(name.capitalize(), _plain_rows(name, value), as_json=False, empty=f"{name}: none")


def _plain_rows(name: str, listed: list[Any]) -> list[dict[str, Any]]:
    """Give rows of those cells that fit into a table in every row."""
    rows = [row if isinstance(row, dict) else {name: row} for row in listed]
    nested = {key for row in rows for key, cell in row.items() if isinstance(cell, list | dict)}
    return [{key: cell for key, cell in row.items() if key not in nested} for row in rows]
