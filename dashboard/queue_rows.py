"""The queue's page in words: what is in work, what failed where and why, which deliveries are parked.

In: `QueueFacts`. Out: rows for the template. Hides nothing; all pure. Trap: an age is measured from the moment
a row was queued, since that is when it began to be somebody's.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from dashboard.chart import Chart, chart
from dashboard.queue_facts import HISTORY, MEMBER_LIMIT, Group, QueueFacts
from dashboard.rows import Mark
from dashboard.words import ago, number, span, spoken
from pipeline.model import DeliveryState, EntryState
from pipeline.store.deliveries import StoredDelivery
from pipeline.store.samples import SampledStage
from pipeline.store.troubles import InWork, Trouble, TroubledEntry

STATE_TONES = {EntryState.WAITING: "warn", EntryState.QUARANTINED: "bad", EntryState.DROPPED: "bad"}
STATE_WORDS = {
    EntryState.WAITING: "will be tried again",
    EntryState.QUEUED: "queued again",
    EntryState.FETCHING: "in work again",
    EntryState.DONE: "ended with the feed's text",
    EntryState.QUARANTINED: "quarantined",
    EntryState.DROPPED: "dropped, no text anywhere",
    EntryState.MERGED: "merged",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its name, and the tone it is said in."""

    label: str
    count: int
    tone: str = ""


@dataclass(frozen=True, slots=True)
class WorkRow:
    """One row in a worker's hands."""

    stage: str
    name: str
    place: str
    holder: str
    age: str
    tries: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class TroubleRow:
    """One group of failed entries."""

    host: str
    cause: str
    mark: Mark
    count: int
    first: str
    last: str
    sample: str
    link: str
    can_change: bool  #: its entries wait, so they can be tried at once or given up
    group: Group


@dataclass(frozen=True, slots=True)
class LetterRow:
    """One parked delivery."""

    id: int
    channel: str
    cause: str
    error: str
    tries: int
    when: str


@dataclass(frozen=True, slots=True)
class StageRow:
    """One stage's switch and history."""

    stage: SampledStage
    title: str
    paused: bool
    waiting: Chart
    age: Chart
    top_age: str


STAGE_TITLES = {SampledStage.PAGES: "Pages", SampledStage.DELIVERIES: "Deliveries"}


def stage_rows(facts: QueueFacts) -> list[StageRow]:
    """Draw how much waited over the last day, and for how long."""
    return [_stage_row(facts, stage) for stage in SampledStage]


def _stage_row(facts: QueueFacts, stage: SampledStage) -> StageRow:
    start, found = facts.at - HISTORY, facts.samples[stage]
    waiting = chart([(one.at, one.waiting_count + one.queued_count) for one in found], start, facts.at)
    age = chart([(one.at, one.oldest_seconds) for one in found], start, facts.at)
    return StageRow(stage, STAGE_TITLES[stage], facts.paused[stage], waiting, age, span(age.top))


def figures(facts: QueueFacts) -> list[Figure]:
    """Write the counts of both stages, in the order of the way."""
    pages, sends = facts.entries, facts.deliveries
    parked = sends[DeliveryState.PARKED]
    return [
        Figure("pages waiting", pages[EntryState.WAITING]),
        Figure("pages queued", pages[EntryState.QUEUED]),
        Figure("pages in work", pages[EntryState.FETCHING]),
        Figure("quarantined", pages[EntryState.QUARANTINED], "bad" if pages[EntryState.QUARANTINED] else ""),
        Figure("deliveries waiting", sends[DeliveryState.WAITING]),
        Figure("deliveries in work", sends[DeliveryState.QUEUED] + sends[DeliveryState.SENDING]),
        Figure("deliveries parked", parked, "bad" if parked else ""),
    ]


def work_rows(found: Iterable[InWork], now: datetime) -> list[WorkRow]:
    """Write what workers hold."""
    return [_work_row(one, now) for one in found]


def _work_row(one: InWork, now: datetime) -> WorkRow:
    late = one.lease_until is not None and one.lease_until < now
    mark = Mark("past its lease, will be taken back", "bad") if late else Mark("in work", "accent")
    age = span((now - one.queued_at).total_seconds()) if one.queued_at else "–"
    return WorkRow(
        one.stage, one.name or "(no title)", one.place, one.holder or "the sweeper", age, number(one.attempts), mark
    )


def trouble_rows(found: Iterable[Trouble], now: datetime) -> list[TroubleRow]:
    """Write the groups of failures, the largest first."""
    return [_trouble_row(one, now) for one in found]


def _trouble_row(one: Trouble, now: datetime) -> TroubleRow:
    group = Group(one.host, one.reason, one.state)
    return TroubleRow(
        host=one.host or "(no page)",
        cause=spoken(one.reason),
        mark=state_mark(one.state),
        count=one.count,
        first=ago(one.first_at, now),
        last=ago(one.last_at, now),
        sample=one.sample,
        link=group_link(group),
        can_change=one.state is EntryState.WAITING,
        group=group,
    )


def state_mark(state: EntryState) -> Mark:
    """Say what became of a failed entry."""
    return Mark(STATE_WORDS[state], STATE_TONES.get(state, ""))


def group_link(group: Group, before_id: int | None = None) -> str:
    """Give the address of a group's page."""
    asked = {"host": group.host, "reason": group.reason.value, "state": group.state.value}
    return "/queue/failures?" + urlencode(asked | ({"before": str(before_id)} if before_id else {}))


def letter_rows(found: Iterable[StoredDelivery], now: datetime) -> list[LetterRow]:
    """Write the parked deliveries, the newest first."""
    return [
        LetterRow(
            one.id,
            one.channel,
            spoken(one.reason) if one.reason else "",
            one.error,
            one.attempts,
            ago(one.finished_at, now),
        )
        for one in found
    ]


def one_page(found: Sequence[TroubledEntry], group: Group) -> tuple[Sequence[TroubledEntry], str]:
    """Cut what was read to one page; gives it with the address of the next, empty if this is the last."""
    shown = found[:MEMBER_LIMIT]
    return shown, group_link(group, shown[-1].entry_id) if len(found) > MEMBER_LIMIT else ""
