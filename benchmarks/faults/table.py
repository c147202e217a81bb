"""Print verdicts, as a table for people and as JSON for programs.

In: `Verdict`s. Out: text. Pure.
"""

from collections.abc import Iterable
from typing import Any

from benchmarks.faults.play import Verdict

HEAD = (
    "| fault | database | what is done | promised, s | seen, s | entries | alerts | lost | repeated | held |",
    "|---|---|---|---|---|---|---|---|---|---|",
)
MOST_LINES = 12


def row(verdict: Verdict) -> str:
    """Give one line of the table."""
    fault, found = verdict.fault, verdict.account
    seen = "-" if verdict.seen_seconds is None else f"{verdict.seen_seconds:.0f}"
    counts = (found.entries, found.alerts, found.lost, found.repeated) if found else ("-",) * 4
    held = "skipped" if verdict.skipped else "yes" if verdict.holds else "**late**" if not verdict.broken else "**no**"
    cells = (fault.name, verdict.store, fault.what, f"{fault.bound_seconds:.0f}", seen, *counts, held)
    return f"| {' | '.join(map(str, cells))} |"


def remarks(verdict: Verdict) -> list[str]:
    """Say what broke, what was noted and what was logged as an error."""
    if verdict.skipped:
        return [f"  {verdict.fault.name}: {verdict.skipped}"]
    lines = [*(f"BROKEN {line}" for line in verdict.broken), *verdict.notes]
    lines += [f"{count} x {event} in the log" for event, count in verdict.errors.items()]
    more = [f"and {len(lines) - MOST_LINES} more"] if len(lines) > MOST_LINES else []
    return [f"  {verdict.fault.name}, {verdict.store}: {line}" for line in (*lines[:MOST_LINES], *more)]


def as_json(verdicts: Iterable[Verdict]) -> list[dict[str, Any]]:
    """Give everything, for programs."""
    return [
        {
            "fault": one.fault.name,
            "database": one.store,
            "checklist": one.fault.items,
            "promised_seconds": one.fault.bound_seconds,
            "seen_seconds": one.seen_seconds,
            "entries": one.account.entries if one.account else None,
            "alerts": one.account.alerts if one.account else None,
            "quarantined": one.account.quarantined if one.account else None,
            "lost": one.account.lost if one.account else None,
            "repeated": one.account.repeated if one.account else None,
            "broken": list(one.broken),
            "notes": list(one.notes),
            "errors": one.errors,
            "skipped": one.skipped,
            "took_seconds": round(one.took_seconds, 1),
        }
        for one in verdicts
    ]
