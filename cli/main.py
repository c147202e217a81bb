"""The command `storywatch`.

In: the command line. Out: an exit code of `cli.exit_codes`, errors on standard error with what to do. Hides typer, and
that only the command that was named is loaded: all of them together take longer to load than most take to run.
Trap: errors of ours end here as one message; only a fault in the program itself shows a traceback.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from itertools import takewhile
from pathlib import Path
from typing import Annotated

import typer

from cli.exit_codes import FAILED, UNUSABLE
from cli.output import print_error
from cli.remote import SERVER
from cli.version import VERSION
from pipeline.errors import StorywatchError, Unusable
from workers.garbage import left_alone

EXIT_CODES = "Exit codes: 0 done, 1 failed for now, 2 something you gave cannot work, 3 doctor found something wrong."
#: Commands in the order of the help, with the module of `cli.commands` and its function, or its group of commands.
COMMANDS = {
    "run": ("run", "run"),
    "demo": ("demo", "demo"),
    "init": ("init", "init"),
    "doctor": ("doctor", "doctor"),
    "feeds": ("feeds", "app"),
    "subscriptions": ("subscriptions", "app"),
    "articles": ("articles", "app"),
    "stories": ("stories", "app"),
    "deliveries": ("deliveries", "app"),
    "channels": ("channels", "app"),
    "tokens": ("tokens", "app"),
    "users": ("users", "app"),
    "search": ("search", "search"),
    "why": ("why", "why"),
    "delays": ("delays", "delays"),
    "extract": ("extract", "extract"),
    "hosts": ("hosts", "hosts"),
    "hubs": ("hubs", "hubs"),
    "coverage": ("coverage", "coverage"),
    "alarms": ("alarms", "alarms"),
    "backup": ("backups", "backup"),
    "restore": ("backups", "restore"),
    "prune": ("prune", "prune"),
    "poll": ("services", "poll"),
    "dispatch": ("services", "dispatch"),
    "work": ("services", "work"),
    "serve": ("services", "serve"),
}


def command_line(words: Sequence[str] = ()) -> typer.Typer:
    """Give the command that the words name; all of them for the help, and where the words name none."""
    app = typer.Typer(
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
        pretty_exceptions_show_locals=False,  # a settings object among the locals would print passwords
        help="A self-hosted news watch: feeds in, one alert per story out.",
        epilog=EXIT_CODES,
    )
    app.callback(invoke_without_command=True)(root)
    named = next((word for word in words if not word.startswith("-")), "")
    with left_alone():
        for name in [named] if named in COMMANDS else COMMANDS:
            _add(app, name)
    return app


def _add(app: typer.Typer, name: str) -> None:
    module, attribute = COMMANDS[name]
    found = getattr(import_module(f"cli.commands.{module}"), attribute)
    if isinstance(found, typer.Typer):
        app.add_typer(found, name=name)
    else:
        app.command(name)(found)


def root(
    version: Annotated[bool, typer.Option("--version", help="Show the version and end.", is_eager=True)] = False,
    server: Annotated[str, typer.Option("--server", help="Ask a Storywatch elsewhere, through its API.")] = "",
    token_file: Annotated[Path | None, typer.Option("--token-file", help="File with a token for --server.")] = None,
    insecure: Annotated[bool, typer.Option("--insecure", help="Send the token of --server over plain http.")] = False,
) -> None:
    """Show the version; everything else is in the commands."""
    del server, token_file, insecure  # with these `main` does not come here; they stand in the help
    if version:
        typer.echo(VERSION)
        raise typer.Exit


def is_remote(words: Sequence[str], environ: Mapping[str, str]) -> bool:
    """Tell whether a server elsewhere is meant: `--server` stands before the command, or the environment says so."""
    before = takewhile(lambda word: word.startswith("-"), words)
    return bool(environ.get(SERVER)) or any(word.split("=")[0] in {"--server", "--token-file"} for word in before)


def main() -> None:
    """Run the command line."""
    try:
        if is_remote(sys.argv[1:], os.environ):
            import_module("cli.remote.app").remote_app()(prog_name="storywatch")
        command_line(sys.argv[1:])()
    except Unusable as error:
        print_error(str(error))
        sys.exit(UNUSABLE)
    except StorywatchError as error:
        print_error(str(error))
        sys.exit(FAILED)
    except BrokenPipeError:
        # Whoever read our output has gone (`| head`); the interpreter must not try to flush to them once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FAILED)
