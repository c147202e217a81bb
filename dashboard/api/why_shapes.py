"""The shapes of the answer why an article did or did not come to a subscription.

In: a `Why`. Out: pydantic models. Trap: a clause holds its parts, so its shape names itself.
"""

from datetime import datetime

from dashboard.api.shapes import Shape
from dashboard.words import shown_address
from pipeline.alerts.query.explain import Clause
from pipeline.why import Why
from pipeline.why.record import Passed, Stage


class PlaceShape(Shape):
    """Where a clause is met: offsets into `title` or `text`, and the words around."""

    field: str
    start: int
    end: int
    before: str
    found: str
    after: str


class ClauseShape(Shape):
    """A part of a query, true or false; `kind` is `all`, `any`, `none` or `leaf`."""

    query: str
    kind: str
    holds: bool
    places: list[PlaceShape]
    parts: list["ClauseShape"]

    @classmethod
    def of(cls, clause: Clause) -> "ClauseShape":
        """Write a clause with its parts."""
        return cls(
            query=clause.query,
            kind=clause.kind,
            holds=clause.holds,
            places=[PlaceShape.model_validate(place) for place in clause.places],
            parts=[cls.of(part) for part in clause.parts],
        )


class StepShape(Shape):
    """One station of the way."""

    stage: Stage
    passed: Passed
    at: datetime | None
    says: str


class SightShape(Shape):
    """A feed that showed the article; its address without what may be a key."""

    entry_id: int
    feed_id: int
    feed_address: str
    feed_title: str
    seen_at: datetime
    state: str
    reason: str | None


class WhyShape(Shape):
    """Why an article did or did not come to a subscription."""

    asked: str
    subscription_id: int
    subscription_name: str
    got_it: bool
    verdict: str
    steps: list[StepShape]
    sights: list[SightShape]
    clauses: ClauseShape | None
    article_id: int | None
    story_id: int | None
    alert_id: str | None

    @classmethod
    def of(cls, why: Why) -> "WhyShape":
        """Write the answer."""
        sights = [
            SightShape(
                entry_id=one.entry_id,
                feed_id=one.feed_id,
                feed_address=shown_address(one.feed_url),
                feed_title=one.feed_title,
                seen_at=one.seen_at,
                state=one.state,
                reason=one.reason,
            )
            for one in why.sights
        ]
        return cls(
            asked=why.asked,
            subscription_id=why.subscription_id,
            subscription_name=why.subscription_name,
            got_it=why.got_it,
            verdict=why.verdict,
            steps=[StepShape.model_validate(step) for step in why.steps],
            sights=sights,
            clauses=ClauseShape.of(why.clauses) if why.clauses else None,
            article_id=why.article_id,
            story_id=why.story_id,
            alert_id=why.alert_id,
        )
