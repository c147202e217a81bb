"""The counts for Prometheus.

In: the database's counts, the queue's depths, the heartbeats, read at each scrape. Out: the text format.
Hides prometheus_client. Trap: nothing is counted in this process, since its numbers would start over with it
and know nothing of the others; every figure comes from the database (D10, R25).
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import accumulate
from typing import TypeVar

from fastapi import APIRouter
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from starlette.responses import Response

from dashboard.looking import Figures, look_at_figures
from dashboard.queue_view import depths
from dashboard.reading import reading
from dashboard.sources import Sources
from pipeline.store.counts import Overview
from pipeline.store.delays import Delay
from pipeline.store.durations import EDGES, Tally, Timed
from pipeline.store.processes import Process

Word = TypeVar("Word", bound=str)


def metrics_routes(sources: Sources) -> APIRouter:
    """Make the route that Prometheus scrapes."""
    router = APIRouter()

    @reading(router, "/metrics")
    async def metrics() -> Response:
        now = sources.clock()
        figures = await sources.database.look(look_at_figures, now)
        text = exposition(figures, await depths(sources.queue), now)
        return Response(text, headers={"Content-Type": CONTENT_TYPE_LATEST})

    return router


def exposition(figures: Figures, waiting: Mapping[str, int | None], now: datetime) -> bytes:
    """Write all figures in the text format."""
    registry = CollectorRegistry()
    registry.register(_Snapshot([*families(figures, waiting, now)]))
    return generate_latest(registry)


def families(figures: Figures, waiting: Mapping[str, int | None], now: datetime) -> Iterator[Metric]:
    """Give one metric family for each figure."""
    overview = figures.overview
    yield _by_label("storywatch_feeds", "Feeds by state.", "state", overview.feeds)
    yield GaugeMetricFamily("storywatch_feeds_due", "Feeds whose time has come.", overview.due_count)
    yield _by_label("storywatch_entries", "Entries by state, together all ever seen.", "state", overview.entries)
    yield from _totals(overview)
    yield _held(figures.held_counts)
    yield _delay(figures.delays)
    yield histogram(figures.durations)
    yield _by_label("storywatch_incidents_open", "Incidents and alarms that are open.", "kind", figures.open_alarms)
    yield _by_label("storywatch_deliveries", "Deliveries by state.", "state", overview.deliveries)
    answering = {name: depth for name, depth in waiting.items() if depth is not None}
    yield _by_label("storywatch_queue_depth", "Jobs on each queue; absent if it does not answer.", "queue", answering)
    yield _oldest_waiting(overview, now)
    yield _process_ages(figures.processes, now)


def _totals(overview: Overview) -> Iterator[Metric]:
    yield CounterMetricFamily("storywatch_polls", "Polls of feeds, failed ones included.", overview.poll_count)
    yield CounterMetricFamily("storywatch_polls_failed", "Polls that failed.", overview.failed_poll_count)
    yield CounterMetricFamily("storywatch_articles", "Articles stored.", overview.article_count)
    yield CounterMetricFamily("storywatch_stories", "Stories formed.", overview.story_count)
    yield CounterMetricFamily("storywatch_alerts", "Alerts raised.", overview.alert_count)


def _delay(found: Iterable[Delay]) -> GaugeMetricFamily:
    text = "Delay of the last 1,000 alerts sent singly, from an entry first seen to the receiver's yes, by stage."
    family = GaugeMetricFamily("storywatch_alert_delay_seconds", text, labels=["stage", "quantile"])
    for delay in found:
        family.add_metric([delay.name, "0.5"], delay.p50)
        family.add_metric([delay.name, "0.95"], delay.p95)
    return family


def histogram(found: Mapping[tuple[Timed, int], Tally]) -> HistogramMetricFamily:
    """Give what was timed as one family."""
    text = "How long things took: a poll, a fetch, an entry until its article, an alert until the receiver's yes."
    family = HistogramMetricFamily("storywatch_duration_seconds", text, labels=["step"])
    for step in Timed:
        tallies = [found.get((step, bucket), Tally(0, 0)) for bucket in range(len(EDGES) + 1)]
        sums = accumulate(tally.count for tally in tallies)
        names = [*(str(edge) for edge in EDGES), "+Inf"]
        seconds = sum(tally.microseconds for tally in tallies) / 1e6
        family.add_metric([step.value], [(name, count) for name, count in zip(names, sums, strict=True)], seconds)
    return family


def _held(counts: Mapping[Word, int]) -> CounterMetricFamily:
    text = "Alerts that waited in a digest, by why: its schedule, quiet hours, the limit an hour."
    family = CounterMetricFamily("storywatch_alerts_held", text, labels=["reason"])
    for reason, count in counts.items():
        family.add_metric([str(reason)], count)
    return family


def _by_label(name: str, text: str, label: str, values: Mapping[Word, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=[label])
    for value, count in values.items():
        family.add_metric([str(value)], count)
    return family


def _oldest_waiting(overview: Overview, now: datetime) -> GaugeMetricFamily:
    since = overview.oldest_waiting_at
    age_seconds = max(0.0, (now - since).total_seconds()) if since else 0.0
    text = "Age of the entry that waits longest; 0 if none waits."
    return GaugeMetricFamily("storywatch_oldest_waiting_seconds", text, age_seconds)


def _process_ages(found: Iterable[Process], now: datetime) -> GaugeMetricFamily:
    text = "Seconds since the freshest heartbeat of each kind of process."
    family = GaugeMetricFamily("storywatch_process_age_seconds", text, labels=["kind"])
    freshest: dict[str, datetime] = {}
    for process in found:
        freshest[process.kind] = max(process.beat_at, freshest.get(process.kind, process.beat_at))
    for kind, beat_at in freshest.items():
        family.add_metric([kind], max(0.0, (now - beat_at).total_seconds()))
    return family


class _Snapshot(Collector):
    """Figures that were read already, since the database is asked outside of `collect`."""

    def __init__(self, found: list[Metric]) -> None:
        self._families = found

    def collect(self) -> Iterable[Metric]:
        return self._families
