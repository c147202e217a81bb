"""Alerts with what became of each, as rows of a page.

In: stored alerts with their deliveries. Out: rows for the template. Pure. Trap: the words for a delivery's state are
those of the glossary; "rests" is said of the receiver, whose other deliveries wait too.
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import datetime

from dashboard.rows import Mark
from dashboard.words import counted, spoken, until
from pipeline.model import Alert, DeliveryState
from pipeline.rule import UpdateReason
from pipeline.store.deliveries import StoredDelivery
from pipeline.store.history import Told, ToldUpdate

_TONES = {
    DeliveryState.WAITING: "accent",
    DeliveryState.QUEUED: "accent",
    DeliveryState.SENDING: "accent",
    DeliveryState.SENT: "ok",
    DeliveryState.PARKED: "bad",
}


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One delivery: where it stands, and what the receiver said."""

    id: int
    public_id: str
    channel: str
    mark: Mark
    said: str
    attempts: int
    created_at: datetime
    finished_at: datetime | None
    is_parked: bool
    may_send_again: bool  #: parked, and whoever looks may change its subscription
    notice: str


@dataclass(frozen=True, slots=True)
class UpdateRow:
    """An update of an alert."""

    why: str
    title: str
    article_id: int
    outlet: str
    created_at: datetime
    held: str
    deliveries: tuple[DeliveryRow, ...]


@dataclass(frozen=True, slots=True)
class ToldRow:
    """An alert with its deliveries and updates."""

    alert: Alert
    held: str  #: why it waits in a digest, empty if it does not
    deliveries: tuple[DeliveryRow, ...]
    updates: tuple[UpdateRow, ...]


def told_rows(found: Iterable[Told], now: datetime, changeable: Container[int]) -> list[ToldRow]:
    """Write alerts, the way they were read, for somebody who may change these subscriptions."""
    return [
        ToldRow(
            one.alert,
            _held(one.hold, one.due_at, now, is_open=one.is_held),
            _rows(one.deliveries, now, may_change=one.alert.subscription_id in changeable),
            tuple(_update(each, now, may_change=one.alert.subscription_id in changeable) for each in one.updates),
        )
        for one in found
    ]


def _rows(found: Iterable[StoredDelivery], now: datetime, *, may_change: bool) -> tuple[DeliveryRow, ...]:
    return tuple(delivery_row(one, now, may_change=may_change) for one in found)


def delivery_row(one: StoredDelivery, now: datetime, *, may_change: bool) -> DeliveryRow:
    """Write a delivery."""
    return DeliveryRow(
        id=one.id,
        public_id=one.public_id,
        channel=one.channel,
        mark=Mark(_state(one, now), "warn" if _is_retried(one) else _TONES[one.state]),
        said=_said(one),
        attempts=one.attempts,
        created_at=one.created_at,
        finished_at=one.finished_at,
        is_parked=one.state is DeliveryState.PARKED,
        may_send_again=may_change and one.state is DeliveryState.PARKED,
        notice=_notice(one),
    )


def _is_retried(one: StoredDelivery) -> bool:
    return one.state is DeliveryState.WAITING and one.attempts > 0


def _state(one: StoredDelivery, now: datetime) -> str:
    if _is_retried(one):
        return f"tried {counted(one.attempts, 'time')}, again {until(one.next_attempt_at, now)}"
    return "parked (dead letter)" if one.state is DeliveryState.PARKED else one.state.value


def _said(one: StoredDelivery) -> str:
    reason = spoken(one.reason.value) if one.reason else ""
    words = one.error or one.answer
    return f"{reason}: {words}" if reason and words and words != one.reason else reason or words


def _notice(one: StoredDelivery) -> str:
    if one.alert_id is not None:
        return "alert"
    return "digest" if one.digest_id is not None else "update"


def _update(one: ToldUpdate, now: datetime, *, may_change: bool) -> UpdateRow:
    why = "reached more outlets" if one.reason is UpdateReason.OUTLETS else "something new is reported"
    return UpdateRow(
        why=f"update {one.number}: {why}",
        title=one.article_title,
        article_id=one.article_id,
        outlet=one.outlet,
        created_at=one.created_at,
        held=_held(one.hold, one.due_at, now, is_open=not one.deliveries),
        deliveries=_rows(one.deliveries, now, may_change=may_change),
    )


def _held(hold: str | None, due_at: datetime | None, now: datetime, *, is_open: bool) -> str:
    if hold is None or due_at is None:
        return ""
    return f"held ({hold}) for the digest {until(due_at, now)}" if is_open else f"came with a digest ({hold})"
