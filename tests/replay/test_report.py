"""Each promise of the replay can be broken, and only what breaks it does."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from benchmarks.replay.figures import Ran
from benchmarks.replay.installation import CHANNELS
from benchmarks.replay.origin import Notice
from benchmarks.replay.report import PROMISES, report_of
from benchmarks.replay.stored import Stored, StoredEntry
from pipeline.model import DeliveryState, EntryState
from tests.replay.made_up import ALERT, delivery, made_up_run, notice


def with_store(ran: Ran, **changes: Any) -> Ran:
    return replace(ran, stored=replace(ran.stored, **changes))


def with_first(ran: Ran, **changes: Any) -> Ran:
    """Change the first page's entry."""
    first: StoredEntry = replace(ran.stored.entries[0], **changes)
    return with_store(ran, entries=(first, *ran.stored.entries[1:]))


def broken(ran: Ran) -> set[str]:
    return {promise.name for promise in report_of(ran).promises if not promise.holds}


def test_all_hold_where_all_is_well() -> None:
    """A run as it should be keeps every promise, and says so in text and JSON."""
    report = report_of(made_up_run())
    assert report.holds
    assert [promise.name for promise in report.promises] == list(PROMISES)
    assert report.as_json()["holds"] is True
    assert any(line.startswith("holds  copies are grouped") for line in report.lines())


BREAKS: dict[str, Callable[[Ran], Ran]] = {
    "every entry ends accounted for": lambda ran: with_first(ran, state=EntryState.WAITING),
    "each page is asked for once": lambda ran: replace(ran, asked=[*ran.asked, ran.asked[0]]),
    "a repeated page is merged": lambda ran: with_store(ran, entries=_one_not_merged(ran.stored)),
    "no page is quarantined": lambda ran: with_first(ran, state=EntryState.QUARANTINED),
    "texts are the articles' texts": lambda ran: with_first(ran, text="harbour and a menu"),
    "one alert for a subscription and story": lambda ran: with_store(
        ran, alerts=(ALERT, ALERT), deliveries=ran.stored.deliveries * 2
    ),
    "every delivery is sent": lambda ran: with_store(
        ran, deliveries=(delivery(CHANNELS[0]), delivery(CHANNELS[1], DeliveryState.PARKED))
    ),
    "the receiver gets each alert once and signed": lambda ran: replace(ran, notices=[notice(), notice()]),
    "nothing fails, and all stops when told to": lambda ran: replace(ran, errors=["process_ended"]),
}


def _one_not_merged(stored: Stored) -> tuple[StoredEntry, ...]:
    return (*stored.entries[:-1], replace(stored.entries[-1], state=EntryState.DROPPED))


@pytest.mark.parametrize("name", BREAKS)
def test_a_promise_can_be_broken(name: str) -> None:
    """What breaks a promise is noticed by that promise."""
    assert name in broken(BREAKS[name](made_up_run()))


def test_a_copy_in_another_story_is_noticed() -> None:
    """A copy that began a story of its own is not grouped, and its alert is then one that is missing."""
    ran = with_first(made_up_run(), story_id=3)
    assert broken(ran) == {"copies are grouped", "alerts are those the referee expects"}


def test_an_alert_nobody_expects_is_noticed() -> None:
    """An alert of a story without the word is as wrong as a missing one."""
    ran = with_store(made_up_run(), alerts=(replace(ALERT, story_id=2),))
    assert "alerts are those the referee expects" in broken(ran)


def test_a_page_without_article_is_noticed() -> None:
    """A page that was dropped is accounted for, and yet a promise is broken."""
    ran = with_first(made_up_run(), state=EntryState.DROPPED, story_id=None)
    assert "every page becomes an article" in broken(ran)
    assert "every entry ends accounted for" not in broken(ran)


@pytest.mark.parametrize("notices", [[], [notice(is_signed=False)]], ids=["none", "unsigned"])
def test_the_receiver_is_believed_before_the_store(notices: list[Notice]) -> None:
    """A delivery that the store calls sent and the receiver never got, or got unsigned, breaks the promise."""
    ran = replace(made_up_run(), notices=notices)
    assert broken(ran) == {"the receiver gets each alert once and signed"}
