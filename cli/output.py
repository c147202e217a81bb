"""What commands print: tables for people, JSON for programs, one line of error that says what to do.

In: plain rows. Out: standard output and standard error. Hides rich. Trap: text from feeds may look like rich's
markup; it is printed through `Text`, never through markup.
"""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipeline.masking import masked_text

Cell = str | int | float | bool | datetime | None
Row = Mapping[str, object]

UNFOLDED = 100_000  #: the width where nobody looks: one row a line, for grep and cut

out = Console(soft_wrap=True)
err = Console(stderr=True, soft_wrap=True)


def print_rows(title: str, rows: Sequence[Row], *, as_json: bool, empty: str) -> None:
    """Print rows of equal keys as a table, or as a JSON list; `empty` says what to do where there are none."""
    if as_json:
        print_json(list(rows))
        return
    if not rows:
        out.print(Text(empty))
        return
    (out if out.is_terminal else Console(width=UNFOLDED)).print(_table(title, rows))


def _table(title: str, rows: Sequence[Row]) -> Table:
    """Make a table of the columns in which any row says something."""
    table = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    told = [name for name in rows[0] if any(row[name] not in (None, "") for row in rows)] or list(rows[0])
    for name in told:
        table.add_column(name.replace("_", " "), justify="right" if _is_number(rows, name) else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(shown(row[name])) for name in told))
    return table


def print_record(row: Row, *, as_json: bool) -> None:
    """Print one record, a line a field, or as a JSON object."""
    if as_json:
        print_json(dict(row))
        return
    width = max(len(name) for name in row)
    for name, value in row.items():
        out.print(Text(f"{name.replace('_', ' '):<{width}}  ", style="bold"), Text(shown(value)), sep="", end="\n")


def print_json(value: object) -> None:
    """Print JSON, instants in ISO 8601 and UTC."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=_plain) + "\n")


def print_error(message: str, *, hint: str = "") -> None:
    """Print what went wrong and, apart, what to do; keys in addresses are masked (S21)."""
    err.print(Text("error: ", style="bold red"), Text(masked_text(message)), sep="")
    if hint:
        err.print(Text(f"       {hint}"))


def note(message: str) -> None:
    """Print a remark to standard error, so that standard output stays clean for programs."""
    err.print(Text(masked_text(message), style="dim"))


def shown(value: object) -> str:
    """Give a cell's text."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%MZ")
    if isinstance(value, dict):
        return ", ".join(f"{name}: {shown(part)}" for name, part in value.items()) or "-"
    if isinstance(value, list | tuple):
        return ", ".join(shown(part) for part in value)
    return str(value)


def to_the_second(moment: datetime | None) -> str | None:
    """Give an instant for a cell where the order within a minute matters."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}" if moment else None


def _is_number(rows: Iterable[Row], name: str) -> bool:
    return all(isinstance(row[name], int | float) and not isinstance(row[name], bool) for row in rows)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return str(value)
