"""Subscriptions and files of them, as the API sends and takes them.

In: records of the pipeline. Out: pydantic models with examples. Hides pydantic. Trap: a rule is written as in the file
of subscriptions (docs/alerts.md), and `pipeline.rule_text` alone says what is wrong with it.
"""

from datetime import datetime
from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, Field, StrictBool, StringConstraints

from dashboard.api.shapes import Shape
from pipeline.alerts.query.scan import LENGTH_LIMIT
from pipeline.importing import Source
from pipeline.model import Subscription
from pipeline.rule import Rule
from pipeline.rule_text import read_rule, write_rule


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
