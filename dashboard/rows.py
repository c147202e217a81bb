"""The lists of the first page: feeds with trouble first, processes by heartbeat, alerts with their deliveries.

In: stored records. Out: rows for the template. Hides nothing; all pure. Trap: a feed's address goes through
`shown_address`, since keys hide in the user part and the query.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.looking import AlertFacts
from dashboard.words import ago, capitalized, counted, number, shown_address, span, spoken
from pipeline.model import Alert, DeliveryState, Feed, FeedState, GroupingKind
from pipeline.store.deliveries import StoredDelivery
from pipeline.store.processes import Process
from pipeline.store.waiting import HostQueue

#: A process that has not written for this long does not count as alive.
FRESH = timedelta(seconds=30)
FEED_ROWS = 12
#: Failures in a row from which a feed is in real trouble.
FAILING_LONG = 3


@dataclass(frozen=True, slots=True)
class Mark:
    """A pill: its words, and the tone they are said in."""

    text: str
    tone: str


@dataclass(frozen=True, slots=True)
class FeedRow:
    """One feed."""

    title: str
    address: str
    mark: Mark
    problem: str
    last_success_at: datetime | None
    next_poll_at: datetime | None


@dataclass(frozen=True, slots=True)
class FeedRows:
    """The feeds worth a look, and how many more there are."""

    rows: tuple[FeedRow, ...]
    summary: str
    trouble_count: int
    hidden_count: int


def feed_rows(feeds: Sequence[Feed], now: datetime) -> FeedRows:
    """Choose the feeds to show: trouble first, the worst on top, then those that were asked last."""
    ordered = sorted(feeds, key=lambda feed: (-badness(feed), -_instant(feed.last_attempt_at), feed.title))
    trouble_count = sum(1 for feed in feeds if badness(feed))
    shown = ordered[: max(FEED_ROWS, min(trouble_count, 4 * FEED_ROWS))]
    summary = counted(len(feeds), "feed")
    if trouble_count:
        summary += f", {number(trouble_count)} in trouble"
    return FeedRows(tuple(feed_row(feed, now) for feed in shown), summary, trouble_count, len(feeds) - len(shown))


def feed_row(feed: Feed, now: datetime) -> FeedRow:
    """Write one feed."""
    address = shown_address(feed.url)
    return FeedRow(
        title=feed.title or feed.host,
        address=address,
        mark=_feed_mark(feed),
        problem=_problem(feed, now),
        last_success_at=feed.last_success_at,
        next_poll_at=feed.next_poll_at if feed.state is FeedState.ACTIVE else None,
    )


def badness(feed: Feed) -> int:
    """Give how bad a feed stands: failures in a row, more than any if it is gone, 0 if nothing is wrong."""
    if feed.state is FeedState.GONE:
        return 1_000_000
    return feed.error_count if feed.state is FeedState.ACTIVE else 0


def _instant(at: datetime | None) -> float:
    return at.timestamp() if at else 0.0


def _feed_mark(feed: Feed) -> Mark:
    if feed.state is FeedState.GONE:
        return Mark("gone", "bad")
    if feed.state is FeedState.PAUSED:
        return Mark("paused", "")
    if feed.error_count:
        return Mark("failing", "bad" if feed.error_count >= FAILING_LONG else "warn")
    return Mark("new", "accent") if feed.last_success_at is None else Mark("healthy", "calm")


def _problem(feed: Feed, now: datetime) -> str:
    if feed.state is FeedState.GONE:
        return f"Answered that it is gone for good, first {ago(feed.gone_seen_at, now)}"
    if not feed.error_count or feed.state is not FeedState.ACTIVE:
        return ""
    reason = capitalized(spoken(feed.last_reason)) if feed.last_reason else "Failed"
    times = "" if feed.error_count == 1 else f", {number(feed.error_count)} times in a row"
    return f"{reason}{times}"


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One alert with the state of each delivery."""

    alert: Alert
    deliveries: tuple[Mark, ...]


def alert_rows(found: Iterable[AlertFacts], now: datetime) -> list[AlertRow]:
    """Write alerts with their deliveries."""
    return [AlertRow(one.alert, tuple(delivery_mark(each, now) for each in one.deliveries)) for one in found]


def delivery_mark(delivery: StoredDelivery, now: datetime) -> Mark:
    """Say where a delivery stands."""
    name = delivery.channel
    if delivery.state is DeliveryState.SENT:
        return Mark(f"{name} sent", "ok")
    why = f": {spoken(delivery.reason)}" if delivery.reason else ""
    if delivery.state is DeliveryState.PARKED:
        return Mark(f"{name} parked{why}", "bad")
    if delivery.state is DeliveryState.WAITING and delivery.attempts:
        wait = span(max(0.0, (delivery.next_attempt_at - now).total_seconds()))
        return Mark(f"{name} tried {counted(delivery.attempts, 'time')}, again in {wait}{why}", "warn")
    return Mark(f"{name} on the way", "accent")


@dataclass(frozen=True, slots=True)
class Beat:
    """One process by its last heartbeat."""

    kind: str
    name: str
    detail: str
    mark: Mark


def is_fresh(process: Process, now: datetime) -> bool:
    """Tell whether a process wrote its heartbeat lately."""
    return now - process.beat_at < FRESH


def beats(found: Sequence[Process], now: datetime) -> list[Beat]:
    """Write the processes, silent ones first."""
    ordered = sorted(found, key=lambda process: (is_fresh(process, now), process.kind, process.name))
    return [_beat(process, now) for process in ordered]


def missing_kinds(found: Iterable[Process], required: Collection[str], now: datetime) -> list[str]:
    """Name the required kinds of process of which none has a fresh heartbeat (R15)."""
    alive = {process.kind for process in found if is_fresh(process, now)}
    return sorted(set(required) - alive)


def _beat(process: Process, now: datetime) -> Beat:
    fresh = is_fresh(process, now)
    silence = span((now - process.beat_at).total_seconds())
    mark = Mark(ago(process.beat_at, now), "calm") if fresh else Mark(f"silent for {silence}", "bad")
    facts = (f"{spoken(name)} {value}" for name, value in process.detail.items() if isinstance(value, int | str))
    up = f"up {span((now - process.started_at).total_seconds())}"
    return Beat(spoken(process.kind), process.name, ", ".join((up, *facts)), mark)


KIND_TONES = {GroupingKind.FIRST: "accent", GroupingKind.COPY: "", GroupingKind.REPORT: "ok", GroupingKind.ROUNDUP: ""}


@dataclass(frozen=True, slots=True)
class HostRow:
    """What waits at one host."""

    name: str
    waiting_count: int
    note: str


def host_rows(found: Iterable[HostQueue], now: datetime) -> list[HostRow]:
    """Write the hosts with the most waiting entries, and what holds them up."""
    return [HostRow(one.host or "(no page)", one.waiting_count, _hold(one, now)) for one in found]


def _hold(one: HostQueue, now: datetime) -> str:
    if one.not_before_at and one.not_before_at > now:
        return f"asked us to wait {span((one.not_before_at - now).total_seconds())}"
    if one.in_flight_count:
        return f"{number(one.in_flight_count)} in flight"
    if one.oldest_at > now:
        return f"next try in {span((one.oldest_at - now).total_seconds())}"
    return ""
