"""What `run` shows of the work: one table while a person looks, one line for a log.

In: a `Look`. Out: text or a rich renderable. Hides rich. Trap: titles come from feeds; they are shown through `Text`,
which knows no markup, and without control characters, which could steer a terminal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pipeline.model import Alert, DeliveryState, EntryState, FeedState, Story
from pipeline.store.counts import Overview
from workers.supervisor import ChildState

SHOWN_ALERTS = 6
SHOWN_STORIES = 5
IN_WORK = (EntryState.QUEUED, EntryState.FETCHING)
OPEN_DELIVERIES = (DeliveryState.WAITING, DeliveryState.QUEUED, DeliveryState.SENDING)


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the whole."""

    now: datetime
    overview: Overview
    alerts: Sequence[Alert]  #: newest first
    stories: Sequence[Story]  #: those of several outlets that grew last, last first
    processes: Sequence[ChildState]


def figures(look: Look) -> dict[str, str]:
    """Give the few numbers that tell whether all is well, by name."""
    seen = look.overview
    feed_count = sum(seen.feeds.values())
    waiting = seen.entries[EntryState.WAITING]
    return {
        "feeds": f"{feed_count}, {seen.poll_count} polls, {seen.failed_poll_count} failed",
        "entries": f"{sum(seen.entries.values())} seen, {waiting} waiting",
        "queue": f"{sum(seen.entries[state] for state in IN_WORK)} on it or in work",
        "articles": str(seen.article_count),
        "stories": str(seen.story_count),
        "alerts": f"{seen.alert_count} raised, {seen.deliveries[DeliveryState.SENT]} delivered, "
        f"{sum(seen.deliveries[state] for state in OPEN_DELIVERIES)} on their way"
        + (f", {seen.deliveries[DeliveryState.PARKED]} parked" if seen.deliveries[DeliveryState.PARKED] else ""),
    }


def line(look: Look) -> str:
    """Say the numbers in one line."""
    return "  ".join(f"{name}: {value};" for name, value in figures(look).items()).rstrip(";")


def alert_line(alert: Alert) -> str:
    """Say one alert in one line."""
    return printable(f"alert  {alert.subscription_name}: {alert.article_title} ({alert.outlet})")


def nothing_reached(look: Look) -> bool:
    """Tell whether every feed has been tried and none ever answered with a feed."""
    seen = look.overview
    active_count = seen.feeds[FeedState.ACTIVE]
    return 0 < active_count <= seen.poll_count == seen.failed_poll_count


def live(look: Look, remarks: Sequence[str]) -> RenderableType:
    """Give the table that a person watches."""
    return Group(
        *(Text(remark) for remark in remarks), _numbers(look), *_stories(look), *_alerts(look), *_troubles(look)
    )


def printable(text: str) -> str:
    """Give text that cannot steer a terminal."""
    return "".join(char if char.isprintable() else " " for char in text)


def _numbers(look: Look) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column()
    for name, value in figures(look).items():
        table.add_row(name, Text(value))
    return table


def _stories(look: Look) -> list[RenderableType]:
    rows = [
        _row(f"{story.outlet_count} outlets, {story.article_count} articles, {story.text_count} texts  ", story.title)
        for story in look.stories[:SHOWN_STORIES]
    ]
    return [Text("\nStories told by several outlets", style="bold"), *rows] if rows else []


def _alerts(look: Look) -> list[RenderableType]:
    rows = [
        _row(f"{alert.subscription_name}  ", f"{alert.article_title} ({alert.outlet})")
        for alert in look.alerts[:SHOWN_ALERTS]
    ]
    return [Text("\nLast alerts, one per story and subscription", style="bold"), *rows] if rows else []


def _row(mark: str, text: str) -> Text:
    return Text.assemble((printable(mark), "cyan"), printable(text), no_wrap=True, overflow="ellipsis")


def _troubles(look: Look) -> list[RenderableType]:
    return [
        Text(f"{child.name} {trouble}", style="bold red") for child in look.processes if (trouble := _trouble(child))
    ]


def _trouble(child: ChildState) -> str:
    if child.pid is None and child.exit_code is not None:
        return f"has ended with status {child.exit_code} and starts again"
    return ""
