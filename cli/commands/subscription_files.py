"""`storywatch subscriptions export`, `import` and `check`: all subscriptions as a file that a team can review."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection

from cli.commands.options import ConfigOption
from cli.commands.query_trial import shown_mistake
from cli.commands.session import settings_of, store_of
from cli.output import note, out, print_rows
from cli.wiring import open_database
from pipeline.alerts.expectations import disappointed
from pipeline.alerts.subscriptions_file import SubscriptionDraft, in_order, read_subscriptions, write_subscriptions
from pipeline.errors import BadQuery, Unusable
from pipeline.importing import Source, Stored, import_draft, read_file
from pipeline.store import subscriptions

ChannelOption = Annotated[
    list[str] | None, typer.Option(help="Channel for queries of other services; may be repeated.")
]


def export_file(
    file: Annotated[Path | None, typer.Argument(help="Where to write; standard output without it.")] = None,
    config: ConfigOption = None,
) -> None:
    """Write all subscriptions as a TOML file that reads in again."""
    with store_of(config) as database, database.read() as tx:
        held = subscriptions.list_all(tx)
    text = write_subscriptions(SubscriptionDraft(one.name, one.query, one.channels, one.rule) for one in held)
    if file is None:
        typer.echo(text, nl=False)
        return
    file.write_text(text, encoding="utf-8")
    out.print(f"{len(held)} subscriptions written to {file}", markup=False)


def check_file(
    file: Annotated[Path, typer.Argument(help="A TOML file of subscriptions.")],
    config: ConfigOption = None,
) -> None:
    """Read a file of subscriptions and hold it to its own examples; ends with 2 if anything is wrong.

    Needs no database and, without --config, no settings: channels are then not checked. For a team's CI.
    """
    channels = frozenset(settings_of(config).channels) if config else None
    drafts = read_subscriptions(_read(file), channels)
    if problems := disappointed(drafts):
        raise Unusable("\n".join(problems))
    examples = sum(len(draft.matches) + len(draft.misses) for draft in drafts)
    out.print(f"{len(drafts)} subscriptions, {examples} examples: all as they should be", markup=False)


def import_file(
    file: Annotated[Path, typer.Argument(help="A TOML file of subscriptions, or queries, one a line.")],
    source: Annotated[Source, typer.Option("--from", help="Whose queries they are.")] = Source.STORYWATCH,
    channel: ChannelOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
    config: ConfigOption = None,
) -> None:
    """Add the subscriptions of a file, and change those of the same name; others stay as they are.

    A line of another service's queries may begin with a name and a tab.
    """
    settings = settings_of(config)
    text = _read(file)
    with open_database(settings) as database, database.write() as tx:
        known = frozenset(settings.channels)
        reading = read_file(tx, text, known, source, tuple(channel or settings.channels))
        for remark in reading.remarks:
            note(remark)
        if dry_run and source is not Source.STORYWATCH:
            print_rows("Translated", _translated(reading.drafts), as_json=False, empty="Nothing can be asked.")
        done = [_store(tx, draft, dry_run=dry_run) for draft in in_order(list(reading.drafts))]
    for word in Stored:
        out.print(f"{done.count(word)} {word}{' (dry run: nothing was stored)' if dry_run else ''}", markup=False)


def _translated(drafts: Iterable[SubscriptionDraft]) -> list[dict[str, object]]:
    return [{"name": draft.name, "query": draft.query} for draft in drafts]


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Unusable(f"{file} cannot be read: {error}") from error


def _store(tx: Connection, draft: SubscriptionDraft, *, dry_run: bool) -> Stored:
    try:
        return import_draft(tx, draft, datetime.now(UTC), dry_run=dry_run)
    except BadQuery as problem:
        raise shown_mistake(draft.query, problem) from problem
