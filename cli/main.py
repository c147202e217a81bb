"""The command `storywatch`.

In: the command line. Out: an exit code of `cli.exit_codes`, errors on standard error with what to do. Hides typer.
Trap: errors of ours end here as one message; only a fault in the program itself shows a traceback.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Annotated

import typer

from cli.commands import (
    alarms,
    articles,
    backups,
    channels,
    coverage,
    delays,
    deliveries,
    doctor,
    extract,
    feeds,
    hosts,
    hubs,
    init,
    prune,
    run,
    search,
    services,
    stories,
    subscriptions,
    tokens,
    users,
    why,
)
from cli.exit_codes import FAILED, UNUSABLE
from cli.output import print_error
from cli.remote.app import SERVER, remote_app
from cli.wiring import VERSION
from pipeline.errors import StorywatchError, Unusable

app = typer.Typer(
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_show_locals=False,  # a settings object among the locals would print passwords
    help="A self-hosted news watch: feeds in, one alert per story out.",
    epilog="Exit codes: 0 done, 1 failed for now, 2 something you gave cannot work, 3 doctor found something wrong.",
)
app.command()(run.run)
app.command()(run.demo)
app.command()(init.init)
app.command()(doctor.doctor)
app.add_typer(feeds.app, name="feeds")
app.add_typer(subscriptions.app, name="subscriptions")
app.add_typer(articles.app, name="articles")
app.add_typer(stories.app, name="stories")
app.add_typer(deliveries.app, name="deliveries")
app.add_typer(channels.app, name="channels")
app.add_typer(tokens.app, name="tokens")
app.add_typer(users.app, name="users")
app.command()(search.search)
app.command()(why.why)
app.command()(delays.delays)
app.command()(extract.extract)
app.command()(hosts.hosts)
app.command()(hubs.hubs)
app.command()(coverage.coverage)
app.command()(alarms.alarms)
app.command()(backups.backup)
app.command()(backups.restore)
app.command()(prune.prune)
app.command()(services.poll)
app.command()(services.dispatch)
app.command()(services.work)
app.command()(services.serve)


@app.callback(invoke_without_command=True)
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
            remote_app()(prog_name="storywatch")
        app()
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
