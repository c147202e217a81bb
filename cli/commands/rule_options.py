"""The options of `storywatch subscriptions add` that make a rule.

In: what was typed. Out: a `Rule`. Hides typer's types. Trap: an option that was not given is None and must not
reach the reader, which knows only keys that are written.
"""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from pipeline.errors import BadSettings, Unusable
from pipeline.rule import Rule
from pipeline.rule_text import read_rule

CONDITIONS = "Conditions on the story"
UPDATES = "Updates after the alert"
TIMES = "When it is handed over"

Outlets = Annotated[
    int | None, typer.Option(help="Least outlets with a text of their own.", rich_help_panel=CONDITIONS)
]
Texts = Annotated[int | None, typer.Option(help="Least distinct texts.", rich_help_panel=CONDITIONS)]
FirstInLanguage = Annotated[
    bool, typer.Option("--first-in-language", help="Only the first in each language.", rich_help_panel=CONDITIONS)
]
Growth = Annotated[str | None, typer.Option(help="As in '10 in 6h'.", rich_help_panel=CONDITIONS)]
NotBefore = Annotated[str | None, typer.Option(help="As in 2026-03-01T00:00Z.", rich_help_panel=CONDITIONS)]
NotAfter = Annotated[str | None, typer.Option(help="As in 2026-03-31T00:00Z.", rich_help_panel=CONDITIONS)]
UpdateOutlets = Annotated[
    list[int] | None,
    typer.Option(help="Tell once more at so many outlets; may be repeated.", rich_help_panel=UPDATES),
]
UpdateChanged = Annotated[
    bool, typer.Option("--update-changed", help="Tell once more when much is new.", rich_help_panel=UPDATES)
]
UpdateMost = Annotated[int | None, typer.Option(help="Most updates of one story.", rich_help_panel=UPDATES)]
QuietHours = Annotated[
    str | None, typer.Option("--quiet", help="Local hours without messages: 22:00-07:00.", rich_help_panel=TIMES)
]
MostPerHour = Annotated[int | None, typer.Option(help="Most alerts an hour one by one.", rich_help_panel=TIMES)]
DigestAt = Annotated[
    str | None,
    typer.Option("--digest", help="hourly@:30, daily@07:30 or weekly@mon-07:30.", rich_help_panel=TIMES),
]
TimeZone = Annotated[str | None, typer.Option("--tz", help="As in Europe/Berlin.", rich_help_panel=TIMES)]


def rule_of(typed: Mapping[str, Any]) -> Rule:
    """Read a rule; raises Unusable with every mistake."""
    given = {key: value for key, value in typed.items() if not (value is None or value is False or value == ())}
    try:
        return read_rule(given)
    except BadSettings as mistakes:
        raise Unusable("\n".join(mistakes.problems)) from mistakes
