"""Subscriptions, and what can be said of them, as the API sends and takes them.

In: records of the pipeline. Out: pydantic models with examples. Hides pydantic. Trap: a rule is written as in the file
of subscriptions (docs/alerts.md), and `pipeline.rule_text` alone says what is wrong with it.
"""

from datetime import date, datetime
from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, Field, StrictBool, StringConstraints

from dashboard.api.shapes import AlertShape, DeliveryShape, Shape
from dashboard.words import shown_address
from pipeline.alerts.query.explain import Clause
from pipeline.alerts.query.scan import LENGTH_LIMIT
from pipeline.importing import Source
from pipeline.model import Reason, Subscription
from pipeline.rule import HoldReason, Rule, UpdateReason
from pipeline.rule_text import read_rule, write_rule
from pipeline.store.history import Told
from pipeline.store.receivers import Receiver
from pipeline.trial import Trial
from pipeline.why import Why
from pipeline.why.record import Passed, Stage


def whole(value: object) -> object:
    """Refuse what JSON does not call an integer: texts, truth values and fractions; 3.0 is one."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise ValueError("must be a whole number")
    return int(value)


def instant(value: object) -> object:
    """Refuse numbers where an instant is asked for; pydantic would take them for seconds since 1970."""
    return value if isinstance(value, datetime) else datetime.fromisoformat(value if isinstance(value, str) else "")


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
QueryText = Annotated[str, StringConstraints(min_length=1, max_length=LENGTH_LIMIT)]
ChannelName = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Channels = Annotated[list[ChannelName], Field(max_length=200)]
Whole = BeforeValidator(whole)
Instant = Annotated[datetime, BeforeValidator(instant)]
Count = Annotated[int, Whole, Field(ge=1, le=10_000)]
Text = Annotated[str, StringConstraints(max_length=100)]


class RuleShape(Shape):
    """What a subscription asks beyond its query; what is left out asks nothing."""

    outlets: Count | None = None
    texts: Count | None = None
    first_in_language: StrictBool = False
    growth: Text | None = Field(None, examples=["10 in 6h"])
    not_before: Instant | None = None
    not_after: Instant | None = None
    update_outlets: Annotated[list[Count], Field(max_length=20)] | None = Field(None, examples=[[5, 20]])
    update_changed: StrictBool = False
    update_most: Annotated[int, Whole, Field(ge=1, le=20)] | None = None
    quiet: Text | None = Field(None, examples=["22:00-07:00"])
    most_per_hour: Count | None = None
    digest: Text | None = Field(None, examples=["daily@07:30"])
    timezone: Text | None = Field(None, examples=["Europe/Berlin"])

    @classmethod
    def of(cls, rule: Rule) -> "RuleShape":
        """Write a rule."""
        return cls.model_validate(write_rule(rule))

    @property
    def rule(self) -> Rule:
        """Read it; raises BadSettings with a sentence for each mistake."""
        return read_rule(self.model_dump(exclude_defaults=True))


class SubscriptionShape(Shape):
    """A subscription; `owner_id` is the user who may change it, null for the whole newsroom's."""

    id: int
    name: str
    query: str
    channels: list[str]
    enabled: bool
    problem: str
    rule: RuleShape
    owner_id: int | None

    @classmethod
    def of(cls, one: Subscription) -> "SubscriptionShape":
        """Write a subscription."""
        told = {"id": one.id, "name": one.name, "query": one.query, "channels": list(one.channels)}
        told |= {"enabled": one.enabled, "problem": one.problem, "owner_id": one.owner_id}
        return cls(**told, rule=RuleShape.of(one.rule))


class SubscriptionDraftShape(Shape):
    """A subscription to make, or what one becomes."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Lock",
                    "query": 'lock AND ("harbour council" OR divers)',
                    "channels": [],
                    "rule": {"outlets": 3, "digest": "daily@07:30", "timezone": "Europe/Berlin"},
                }
            ]
        }
    )

    name: Name
    query: QueryText
    channels: Channels = Field(default_factory=list)
    enabled: StrictBool = True
    rule: RuleShape = RuleShape()


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


class FeedAddresses(Shape):
    """The secret addresses of a subscription's feeds; whoever has one can read it."""

    atom: str
    json_feed: str


class FileShape(Shape):
    """A file of subscriptions, as `GET /subscriptions/export` gives it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"toml": '[[subscription]]\nname = "Lock"\nquery = "lock"\nchannels = []\n', "dry_run": True}]
        }
    )

    toml: Annotated[str, StringConstraints(max_length=2_000_000)]
    source: Source = Field(Source.STORYWATCH, description="Another service's queries are one a line")
    channels: Channels = Field(default_factory=list, description="For another service's queries; none: all")
    dry_run: StrictBool = False


class Imported(Shape):
    """What came of a file; of a dry run, what would have."""

    added: int
    changed: int
    unchanged: int
    remarks: list[str]  #: lines left out, and what could not be said in our words


class NewOwner(Shape):
    """To whom a subscription is given: a user's name, or null for the whole newsroom."""

    owner: Annotated[str, StringConstraints(max_length=100)] | None


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


class DelayShape(Shape):
    """Half of the alerts took at most `p50` seconds, 95 of 100 at most `p95`."""

    name: str
    count: int
    p50: float
    p95: float


class DelaysShape(Shape):
    """Delays of the last alerts, from an entry first seen to the receiver's yes."""

    stages: list[DelayShape]
    subscriptions: list[DelayShape]
    hosts: list[DelayShape]


class UpdateShape(Shape):
    """An update of an alert, with its deliveries."""

    id: int
    number: int
    reason: UpdateReason
    article_id: int
    article_title: str
    outlet: str
    created_at: datetime
    hold: HoldReason | None
    due_at: datetime | None
    deliveries: list[DeliveryShape]


class AlertDetail(Shape):
    """An alert and what became of it; `hold` says why it came or comes with the digest of `due_at`."""

    alert: AlertShape
    hold: HoldReason | None
    due_at: datetime | None
    deliveries: list[DeliveryShape]
    updates: list[UpdateShape]

    @classmethod
    def of(cls, told: Told) -> "AlertDetail":
        """Write an alert with what became of it."""
        return cls(
            alert=AlertShape.of(told.alert),
            hold=told.hold,
            due_at=told.due_at,
            deliveries=[DeliveryShape.model_validate(one) for one in told.deliveries],
            updates=[UpdateShape.model_validate(one) for one in told.updates],
        )


class ChannelShape(Shape):
    """A channel of the settings, and how its receiver behaves: `works`, `fails`, `rests` or `gone`."""

    name: str
    kind: str
    receiver: str
    failures: int
    failing_since_at: datetime | None
    rests_until: datetime | None
    gone_at: datetime | None
    reason: Reason | None

    @classmethod
    def of(cls, name: str, kind: str, receiver: Receiver | None, now: datetime) -> "ChannelShape":
        """Write a channel."""
        return cls(
            name=name,
            kind=kind,
            receiver=_behaviour(receiver, now),
            failures=receiver.failures if receiver else 0,
            failing_since_at=receiver.failing_since_at if receiver else None,
            rests_until=receiver.rests_until if receiver else None,
            gone_at=receiver.gone_at if receiver else None,
            reason=receiver.reason if receiver else None,
        )


class AskedChannel(Shape):
    """A channel by its name in the settings."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"channel": "alerts"}]})

    channel: ChannelName


class TestShape(Shape):
    """What came of a test message: whether the receiver took it, and what it said."""

    channel: str
    taken: bool
    said: str


def _behaviour(receiver: Receiver | None, now: datetime) -> str:
    if receiver is None:
        return "works"
    if receiver.gone_at:
        return "gone"
    return "rests" if receiver.rests_until and receiver.rests_until > now else "fails"
