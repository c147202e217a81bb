"""`storywatch demo` as its user meets it: within a minute it shows what the product is for."""

import os
import signal
from collections import Counter
from pathlib import Path

import pytest

from demo.content import TEASER_WORD
from pipeline.model import DeliveryState, EntryState
from pipeline.store import alerts, stories
from pipeline.store.database import Database
from tests.cli.instance import Instance, started, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

OPEN = (EntryState.WAITING, EntryState.QUEUED, EntryState.FETCHING)


def is_settled(instance: Instance) -> bool:
    """Tell whether all that was seen has come to its end."""
    seen = instance.overview()
    open_count = sum(seen.entries[state] for state in OPEN)
    return open_count == 0 and seen.deliveries[DeliveryState.SENT] == sum(seen.deliveries.values())


def test_within_a_minute_stories_form_and_alerts_are_raised_once(tmp_path: Path) -> None:
    """Stories of several outlets, one alert per story and subscription, none for a word of the teasers."""
    with started("demo", "--port", 0, "--keep", tmp_path, cwd=tmp_path, data_dir=tmp_path / "data") as instance:
        instance.wait_for_text("Dashboard")
        wait_for("thirty articles", lambda: instance.overview().article_count >= 30)
        before = instance.overview().article_count
        wait_for("a new article", lambda: instance.overview().article_count > before)
        wait_for("all settled", lambda: is_settled(instance))
        assert instance.stop() == 0
    database = Database.open(f"sqlite:///{tmp_path / 'data' / 'storywatch.db'}")
    with database.read() as tx:
        raised, formed = alerts.recent(tx, 1000), stories.recent(tx, 1000)
    database.close()
    assert sum(story.outlet_count > 1 for story in formed) >= 3
    assert len(raised) >= 5
    assert max(Counter((alert.subscription_id, alert.story_id) for alert in raised).values()) == 1
    assert not [alert for alert in raised if TEASER_WORD in alert.matched]
    assert len(instance.alerts()) == len(raised)


def test_every_process_may_be_killed(tmp_path: Path) -> None:
    """R1, R2, R5: each process is killed in mid-run; all that was published comes through, each alert with one id."""
    killed = ("poll", "pages", "dispatch", "deliveries", "dashboard", "valkey", "nursery", "pages", "poll")
    arguments = ("demo", "--port", 0, "--pace", 8, "--keep", tmp_path)
    with started(*arguments, cwd=tmp_path, data_dir=tmp_path / "data") as instance:
        instance.wait_for_text("Dashboard")
        for name in killed:
            wait_for(f"{name} runs", lambda name=name: name in instance.children())
            before = instance.overview().article_count
            signal_to(instance.children()[name], signal.SIGKILL)
            wait_for("work goes on", lambda before=before: instance.overview().article_count > before)
        suspend_poller(instance)  # nothing new from here on
        wait_for("all settled", lambda: is_settled(instance))
        seen = instance.overview()
        signal_to(instance.children()["poll"], signal.SIGCONT)
        assert instance.stop() == 0
    assert seen.entries[EntryState.QUARANTINED] == 0
    ids: dict[tuple[int, int], set[str]] = {}
    for alert in instance.alerts():
        data = alert["data"]
        ids.setdefault((data["subscription"]["id"], data["story"]["id"]), set()).add(alert["id"])
    assert len(ids) == seen.alert_count
    assert all(len(own) == 1 for own in ids.values())


def suspend_poller(instance: Instance) -> None:
    """Suspend the poller at a moment when it holds no lock of the store that the others would wait for."""
    wait_for("the poller runs", lambda: "poll" in instance.children())
    database = Database.open(f"sqlite:///{instance.data_dir / 'storywatch.db'}")
    with database.write():
        signal_to(instance.children()["poll"], signal.SIGSTOP)
    database.close()


def signal_to(pid: int, number: signal.Signals) -> None:
    """Signal one process of the instance."""
    os.kill(pid, number)
