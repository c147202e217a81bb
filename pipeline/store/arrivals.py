"""What the new entries of a document mean for the feed: gaps, its rhythm, its next poll.

In: a `PollResult` and what storing it did. Out: columns of the feed. Trap: `PollResult.replan` is called here, inside
the transaction, because only now it is known which entries are new; it is pure and may be called again.
"""

from typing import Any

from sqlalchemy import Row

from pipeline.model import Arrivals, ParsedFeed, PollCounts, PollResult

_IM_USED = 226  # RFC 3229, 10.4.1: only what is new is shown, so that nothing of it is known (F44)
SMALLEST_WINDOW = 3  # a document of one or two entries shares none with the one before quite rightly


def after(before: Row[Any], result: PollResult, counts: PollCounts, *, is_import: bool) -> dict[str, Any]:
    """Give the columns that depend on what was new; `before` is the feed's locked row."""
    if result.parsed is None:
        return {}
    values: dict[str, Any] = {}
    lost = not is_import and result.status != _IM_USED and is_gap(result.parsed, counts)
    if lost:
        values = {"gap_at": result.attempted_at, "gap_count": before.gap_count + 1}
    if result.replan is not None:
        planned = result.replan(Arrivals(counts.arrived[: len(result.parsed.entries)], lost))
        plan = planned.next_poll
        values |= {"next_poll_at": plan.at, "bound": plan.decided_by, "bounds": dict(plan.bounds)}
        values["rhythm"] = planned.rhythm
    return values


def is_gap(parsed: ParsedFeed, counts: PollCounts) -> bool:
    """Tell whether entries may have come and gone unseen: nothing that a whole document shows was known (F32).

    Pages known under other names mean new names, not new entries (F21).
    """
    if not parsed.complete or counts.known_count or len(parsed.entries) < SMALLEST_WINDOW:
        return False
    return counts.merged_count * 2 <= len(parsed.entries)
