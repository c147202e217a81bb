"""The overview for programs: the way of one article in figures, its pace, who is at work and what needs a hand.

In: requests. Out: shapes. Hides FastAPI's routing. Trap: an incident of a feed is named by its address, which may hold
a key, so subjects and evidence leave masked (S21).
"""

from collections.abc import Mapping
from datetime import datetime

from fastapi import APIRouter

from dashboard.api.shapes import ProcessShape, Shape
from dashboard.freshest import Freshest
from dashboard.hands import by_urgency
from dashboard.rows import missing_kinds
from dashboard.sources import Sources
from pipeline.masking import masked_text
from pipeline.model import AlarmKind, CoverageKind, DeliveryState, EntryState, FeedState, Incident
from pipeline.store.pace import Pace


class SliceShape(Shape):
    """The articles of one slice of time; delays are in seconds, null where none came."""

    at: datetime
    article_count: int
    p50: float | None
    p95: float | None


class PaceShape(Shape):
    """How many articles came over a span, and how long each took from first seen to stored."""

    start: datetime
    end: datetime
    whole: SliceShape
    slices: list[SliceShape]


class OpenIncidentShape(Shape):
    """Something that needs a hand."""

    id: int
    kind: AlarmKind | CoverageKind
    subject: str
    evidence: str
    opened_at: datetime

    @classmethod
    def of(cls, told: Incident) -> "OpenIncidentShape":
        """Write an incident."""
        subject, evidence = masked_text(told.subject), masked_text(told.evidence)
        return cls(id=told.id, kind=told.kind, subject=subject, evidence=evidence, opened_at=told.opened_at)


class OverviewShape(Shape):
    """How much of everything there is at one instant; what needs a hand, the most urgent first."""

    at: datetime
    feeds: dict[FeedState, int]
    due_count: int
    poll_count: int
    failed_poll_count: int
    entries: dict[EntryState, int]
    oldest_waiting_at: datetime | None
    article_count: int
    story_count: int
    alert_count: int
    deliveries: dict[DeliveryState, int]
    queue_depths: dict[str, int | None]  #: null where the queue does not answer
    missing: list[str]  #: kinds of process of which none is at work
    processes: list[ProcessShape]
    incidents: list[OpenIncidentShape]
    paces: dict[str, PaceShape]


def overview_routes(sources: Sources, freshest: Freshest) -> APIRouter:
    """Make the route of the overview."""
    router = APIRouter(tags=["overview"])

    @router.get("/overview", summary="Show the way of one article in figures, its pace, and what needs a hand")
    async def overview() -> OverviewShape:
        facts, waiting = await freshest.get()
        counts = facts.overview
        told = {name: getattr(counts, name) for name in counts.__dataclass_fields__}
        return OverviewShape(
            at=facts.at,
            queue_depths=waiting,
            missing=missing_kinds(facts.processes, sources.required_kinds, facts.at),
            processes=[ProcessShape.model_validate(one) for one in facts.processes],
            incidents=[OpenIncidentShape.of(one) for one in by_urgency(facts.incidents)],
            paces=_paces(await freshest.paces()),
            **told,
        )

    return router


def _paces(found: Mapping[str, Pace]) -> dict[str, PaceShape]:
    return {key: PaceShape.model_validate(one) for key, one in found.items()}
