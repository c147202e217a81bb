"""The shapes of a query that is checked or tried before it is saved.

In: what a client sends, a `Trial`. Out: pydantic models. Trap: a rule is tried along with the query that it would be
saved with.
"""

from datetime import date, datetime
from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints

from dashboard.api.shapes import Shape
from dashboard.api.subscription_shapes import QueryText, RuleShape, Whole
from pipeline.trial import Trial


class AskedQuery(Shape):
    """A query to check; under `name` it may name itself, as when it is saved."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"query": 'Kursk AND (talks OR "cease fire")'}]})

    query: QueryText
    name: Annotated[str, StringConstraints(max_length=200)] = ""


class CheckShape(Shape):
    """Whether a query can be saved; with a mistake its place, the reason and, where one is known, the mended query."""

    can_be_saved: bool
    problem: str = ""
    position: int | None = None
    suggestion: str = ""
    remarks: list[str] = Field(default_factory=list)


class AskedTrial(Shape):
    """A query to try on the archive of the last days, with the rule that it would be saved with."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"query": "ferry NOT football", "days": 30, "rule": {"outlets": 2}}]}
    )

    query: QueryText
    days: Annotated[int, Whole, Field(ge=1, le=3650)] = 30
    rule: RuleShape = RuleShape()


class DayShape(Shape):
    """One day of UTC."""

    day: date
    match_count: int
    alert_count: int


class SampleShape(Shape):
    """A story that would have raised an alert, by the article that would have."""

    article_id: int
    story_id: int
    stored_at: datetime
    title: str
    outlet: str
    url: str
    passage: str
    matched: list[str]
    match_count: int


class MissingShape(Shape):
    """A condition, and how many stories never met it; a story may lack several."""

    condition: str
    story_count: int


class TrialShape(Shape):
    """What a query would have done.

    `suppressed_count` matches were kept back, as their story had met the query before; `held_back_count` stories met
    the query, but never every condition. `remarks` say what the trial does not foresee.
    """

    since: datetime
    article_count: int
    match_count: int
    story_count: int
    alert_count: int
    suppressed_count: int
    held_back_count: int
    missing: list[MissingShape]
    single_count: int
    digest_count: int
    remarks: list[str]
    warnings: list[str]
    days: list[DayShape]
    samples: list[SampleShape]

    @classmethod
    def of(cls, trial: Trial) -> "TrialShape":
        """Write a trial."""
        seen, told = trial.preview, trial.forecast
        return cls(
            since=seen.since,
            article_count=seen.article_count,
            match_count=seen.match_count,
            alert_count=seen.alert_count,
            story_count=seen.story_count,
            suppressed_count=seen.suppressed_count,
            held_back_count=told.held_back_count,
            missing=[MissingShape.model_validate(one) for one in told.missing],
            single_count=told.single_count,
            digest_count=told.digest_count,
            remarks=list(told.remarks),
            warnings=list(seen.warnings),
            days=[DayShape.model_validate(day) for day in seen.days],
            samples=[SampleShape.model_validate(one) for one in trial.samples],
        )


class VariantShape(Shape):
    """One spelling of a name, and in how many articles it stands."""

    spelling: str
    article_count: int
    why: str
