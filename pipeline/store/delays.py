"""How long alerts took, stage by stage, from the instants that the rows keep anyway.

In: how many of the last deliveries. Out: `Way`s, one for each that was sent singly, and their quantiles by stage,
subscription and host. Trap: what was held for a digest is late on purpose and not among them, nor what an edit of an
article raised; and an entry that was tried again counts from its last release.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, func, select

from pipeline.model import DeliveryState
from pipeline.store.tables import alerts, articles, deliveries, entries, in_state, page_checks

STAGES = ("release", "fetch", "group", "raise", "hand over")  #: what ends each stretch of the way
TOTAL = "all"


@dataclass(frozen=True, slots=True)
class Way:
    """The instants of one alert, from its article's entry to the receiver's yes; None where nothing was noted."""

    subscription: str
    host: str  #: of the article that gave cause
    seen_at: datetime
    released_at: datetime | None
    fetched_at: datetime | None
    grouped_at: datetime
    raised_at: datetime
    sent_at: datetime

    def seconds(self) -> dict[str, float]:
        """Give the seconds of each stage and of all; a stage without an instant is part of the next one."""
        found = {TOTAL: (self.sent_at - self.seen_at).total_seconds()}
        last = self.seen_at
        instants = (self.released_at, self.fetched_at, self.grouped_at, self.raised_at, self.sent_at)
        for stage, instant in zip(STAGES, instants, strict=True):
            if instant is not None and instant >= last:
                found[stage] = (instant - last).total_seconds()
                last = instant
        return found


@dataclass(frozen=True, slots=True)
class Delay:
    """The quantiles of one group, in seconds."""

    name: str
    count: int
    p50: float
    p95: float


def ways(tx: Connection, limit: int) -> list[Way]:
    """Give the ways of the last alerts sent, the newest first."""
    # The condition spells out the index over ended deliveries, from whose end the newest are taken.
    ended = in_state(deliveries, DeliveryState.SENT, DeliveryState.PARKED) & in_state(deliveries, DeliveryState.SENT)
    newest = select(deliveries.c.id).where(ended).order_by(deliveries.c.id.desc()).limit(limit)
    return _ways(tx, deliveries.c.id.in_(newest))


def ways_of(tx: Connection, subscription_id: int, limit: int) -> list[Way]:
    """Give the ways of a subscription's last alerts, as far as they were sent, the newest first."""
    c = alerts.c
    newest = select(c.id).where(c.subscription_id == subscription_id).order_by(c.created_at.desc()).limit(limit)
    sent = deliveries.c.alert_id.in_(newest) & in_state(deliveries, DeliveryState.SENT)
    return _ways(tx, sent)


def _ways(tx: Connection, chosen: ColumnElement[bool]) -> list[Way]:
    cause = func.coalesce(alerts.c.raised_by_article_id, alerts.c.article_id)
    found = (
        select(
            alerts.c.subscription_name,
            entries.c.host,
            entries.c.first_seen_at,
            _before_stored(func.coalesce(page_checks.c.released_at, entries.c.queued_at)),
            _before_stored(articles.c.fetched_at),
            articles.c.stored_at,
            alerts.c.created_at,
            deliveries.c.finished_at,
        )
        .join(alerts, alerts.c.id == deliveries.c.alert_id)
        .join(articles, articles.c.id == cause)
        .join(entries, entries.c.id == articles.c.entry_id)
        .outerjoin(page_checks, page_checks.c.entry_id == entries.c.id)
        .where(chosen, ~alerts.c.by_edit)
        .order_by(deliveries.c.id.desc())
    )
    return [Way(*row) for row in tx.execute(found)]


def _before_stored(instant: ColumnElement[Any]) -> ColumnElement[Any]:
    """Leave out an instant of a later look at the page."""
    return case((instant <= articles.c.stored_at, instant))


def by_stage(found: Iterable[Way]) -> list[Delay]:
    """Give the quantiles of each stage, and of all together last."""
    seconds: dict[str, list[float]] = {stage: [] for stage in (*STAGES, TOTAL)}
    for way in found:
        for stage, value in way.seconds().items():
            seconds[stage].append(value)
    return _delays(seconds)


def by_subscription(found: Iterable[Way]) -> list[Delay]:
    """Give the quantiles of the whole way by subscription, the slowest first."""
    return _slowest_first(found, lambda way: way.subscription)


def by_host(found: Iterable[Way]) -> list[Delay]:
    """Give the quantiles of the whole way by host, the slowest first."""
    return _slowest_first(found, lambda way: way.host)


def _slowest_first(found: Iterable[Way], name: Callable[[Way], str]) -> list[Delay]:
    seconds: dict[str, list[float]] = {}
    for way in found:
        seconds.setdefault(name(way), []).append(way.seconds()[TOTAL])
    return sorted(_delays(seconds), key=lambda delay: -delay.p95)


def _delays(seconds: Mapping[str, Sequence[float]]) -> list[Delay]:
    return [
        Delay(name, len(values), quantile(values, 0.5), quantile(values, 0.95))
        for name, values in seconds.items()
        if values
    ]


def quantile(values: Sequence[float], share: float) -> float:
    """Give the smallest value that at least this share of the values does not exceed."""
    ordered = sorted(values)
    place = -(-len(ordered) * share // 1)
    return ordered[max(0, int(place) - 1)]
