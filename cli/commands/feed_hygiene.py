"""`storywatch feeds hygiene`: feeds that work and are still worth a look."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from cli.commands.options import ConfigOption, JsonOption, LimitOption
from cli.commands.session import store_of
from cli.output import out, print_json, print_rows
from pipeline.feeds.hygiene import Cost, Finding, costs, findings
from pipeline.masking import masked_url
from pipeline.model import FeedFigures
from pipeline.store import hygiene as stored


def hygiene(
    days: Annotated[int, typer.Option(min=1, max=3650, help="How far back shared pages count.")] = 30,
    limit: LimitOption = 20,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Report duplicate feeds, subsets, wrong validators, missing dates and ids, and what each new story costs."""
    with store_of(config) as database, database.read() as tx:
        figures = stored.figures(tx)
        overlaps = stored.overlaps(tx, datetime.now(UTC) - timedelta(days=days))
    by_id = {one.feed_id: one for one in figures}
    found = [_finding_row(one, by_id) for one in findings(figures, overlaps)]
    dearest = [_cost_row(one, by_id) for one in costs(figures)[:limit]]
    if as_json:
        print_json({"findings": found, "costs": dearest})
        return
    print_rows("Worth a look", found, as_json=False, empty="Nothing to mend.")
    out.print()
    print_rows("Dearest news", dearest, as_json=False, empty="No feed has answered yet.")


def _name(feed: FeedFigures) -> str:
    return feed.title or masked_url(feed.url)


def _finding_row(finding: Finding, by_id: dict[int, FeedFigures]) -> dict[str, object]:
    other = by_id[finding.other_feed_id] if finding.other_feed_id is not None else None
    return {
        "finding": finding.kind.value,
        "feed": finding.feed_id,
        "title": _name(by_id[finding.feed_id]),
        "evidence": finding.evidence,
        "other_feed": finding.other_feed_id,
        "other_title": _name(other) if other else None,
    }


def _cost_row(cost: Cost, by_id: dict[int, FeedFigures]) -> dict[str, object]:
    return {
        "feed": cost.feed_id,
        "title": _name(by_id[cost.feed_id]),
        "requests": cost.request_count,
        "kilobytes": round(cost.byte_count / 1000),
        "unchanged": by_id[cost.feed_id].unchanged_count,
        "new_entries": cost.new_entry_count,
        "new_stories": cost.new_story_count,
        "kilobytes_per_story": round(cost.bytes_per_story / 1000),
        "requests_per_entry": round(cost.requests_per_entry, 1),
    }
