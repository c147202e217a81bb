"""What the live view says."""

import asyncio
import errno
import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from rich.console import Console

from cli.local.looking import Viewer
from cli.local.view import Look, alert_line, figures, line, live, nothing_reached, printable
from pipeline.model import Alert, DeliveryState, EntryState, FeedState
from pipeline.store.counts import Overview
from pipeline.store.database import Database
from workers.supervisor import ChildState, Supervisor

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ALERT = Alert(
    id=1,
    public_id="alt_1",
    subscription_id=1,
    subscription_name="Rates",
    story_id=1,
    article_id=1,
    article_url="https://example.org/1",
    article_title="Bank raises\x1b]0;owned\x07 rates [bold]",
    outlet="example.org",
    published_at=NOW,
    passage="",
    matched=("rates",),
    outlet_count=1,
    created_at=NOW,
)


def look_at(feeds: int = 3, polls: int = 5, failed: int = 1, parked: int = 0) -> Look:
    overview = Overview(
        feeds=dict.fromkeys(FeedState, 0) | {FeedState.ACTIVE: feeds},
        due_count=0,
        poll_count=polls,
        failed_poll_count=failed,
        entries=dict.fromkeys(EntryState, 0) | {EntryState.WAITING: 4, EntryState.QUEUED: 2, EntryState.FETCHING: 1},
        oldest_waiting_at=None,
        article_count=11,
        story_count=6,
        alert_count=2,
        deliveries=dict.fromkeys(DeliveryState, 0) | {DeliveryState.SENT: 2, DeliveryState.PARKED: parked},
    )
    return Look(NOW, overview, [ALERT], [], [])


def test_the_line_has_every_figure() -> None:
    """Feeds polled, entries, queue, articles, stories, alerts: one line for a log."""
    said = line(look_at())
    assert said == (
        "feeds: 3, 5 polls, 1 failed;  entries: 7 seen, 4 waiting;  queue: 3 on it or in work;  "
        "articles: 11;  stories: 6;  alerts: 2 raised, 2 delivered, 0 on their way"
    )


def test_parked_deliveries_are_told() -> None:
    """They need a hand, so they are told where there are any."""
    assert "1 parked" in figures(look_at(parked=1))["alerts"]


@pytest.mark.parametrize(
    ("feeds", "polls", "failed", "expected"),
    [(3, 3, 3, True), (3, 2, 2, False), (3, 3, 2, False), (0, 0, 0, False), (3, 0, 0, False), (3, 9, 9, True)],
)
def test_nothing_reached_only_when_all_were_tried(feeds: int, polls: int, failed: int, expected: bool) -> None:
    """Every feed was tried and none has ever answered."""
    assert nothing_reached(look_at(feeds, polls, failed)) is expected


def test_a_headline_cannot_steer_the_terminal() -> None:
    """Escape sequences and markup of a feed's title are shown as plain text."""
    console = Console(record=True, width=120, force_terminal=True)
    with console.capture() as captured:
        console.print(live(look_at(), []))
    assert "\x1b]0;" not in captured.get()
    assert "[bold]" in captured.get()
    assert printable("a\x1bb\u202ec") == "a b c"
    assert "\x1b" not in alert_line(ALERT)


def test_a_process_that_is_down_is_told() -> None:
    """The name and the exit status of what ended stand at the bottom."""
    look = replace(look_at(), processes=[ChildState("worker", None, 2, -9), ChildState("poller", 5, 0, None)])
    console = Console(record=True, width=120)
    with console.capture() as captured:
        console.print(live(look, []))
    assert "worker has ended with status -9" in captured.get()
    assert "poller" not in captured.get()


class FullDisk(io.StringIO):
    """A file that has no room."""

    def write(self, _text: str, /) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


async def test_a_view_that_cannot_be_written_ends_nothing(sqlite_database: Database) -> None:
    """R30: `run` whose output goes to a full disk looks on, so that its services go on."""
    viewer = Viewer(sqlite_database, Supervisor([]), Console(file=FullDisk()), ["Dashboard  http://127.0.0.1:8420"])
    stop = asyncio.Event()
    viewing = asyncio.create_task(viewer.run(stop))
    done, _ = await asyncio.wait({viewing}, timeout=0.5)
    assert not done
    stop.set()
    await viewing
