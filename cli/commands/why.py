"""`storywatch why`: why an address did or did not come to a subscription."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated

import typer
from rich.text import Text

from cli.commands.options import ConfigOption, JsonOption
from cli.commands.session import store_of
from cli.commands.subscriptions import find_subscription
from cli.output import out, print_json, print_rows, to_the_second
from pipeline.alerts.query.explain import Clause
from pipeline.store import subscriptions
from pipeline.why import Step, Why, find_why_of_any
from workers.clock import utc_now


def why(
    asked: Annotated[
        str, typer.Argument(metavar="URL-OR-ARTICLE", help="An address, an article's number, or 'story 12'.")
    ],
    subscription: Annotated[str, typer.Argument(help="The subscription's number or name.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say why you did or did not get an article: each station of its way, each clause of the query."""
    with store_of(config) as database, database.read() as tx:
        known = find_subscription(subscriptions.list_all(tx), subscription)
        answer = find_why_of_any(tx, asked, known, utc_now())
    if as_json:
        print_json(asdict(answer))
        return
    _print(answer)


def _print(answer: Why) -> None:
    out.print(Text(answer.verdict, style="bold"))
    out.print()
    print_rows("Its way", [_row(step) for step in answer.steps], as_json=False, empty="")
    if answer.clauses:
        out.print()
        for line in _lines(answer.clauses, 0):
            out.print(Text(line))


def _row(step: Step) -> dict[str, str | None]:
    return {"station": step.stage.value, "passed": step.passed.value, "at": to_the_second(step.at), "": step.says}


def _lines(clause: Clause, depth: int) -> Iterator[str]:
    """Yield the query as a tree, each clause with its sign and its first place."""
    name = {"all": "all of:", "any": "any of:", "none": "not:"}.get(clause.kind, clause.query)
    first = clause.places[0] if clause.places else None
    place = f"   {first.field} {first.start}: …{first.before}[{first.found}]{first.after}…" if first else ""
    yield f"{'  ' * depth}{'+' if clause.holds else '-'} {name}{place}"
    for part in clause.parts:
        yield from _lines(part, depth + 1)
