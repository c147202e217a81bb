"""A subscription as it stands in the editor, before it is saved.

In: the form's fields, or a stored subscription. Out: `Draft`. Pure. Trap: nothing that was typed is lost on the way
back to the form, however wrong it is; only lengths are cut.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.subscriptions.rule_form import FIELDS, typed_of
from pipeline.alerts.query.scan import LENGTH_LIMIT
from pipeline.model import Subscription
from pipeline.rule import Rule

CHANNEL = "channel."  #: before a channel's name, as the name of its field
NAME_LIMIT = 200
SPANS = (7, 30, 90, 365)  #: days of the archive that a test may ask
_FIELD_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Draft:
    """What the form holds."""

    id: int | None  #: of the subscription that is edited; None for a new one
    name: str
    query: str
    channels: tuple[str, ...]
    enabled: bool
    rule: Mapping[str, str]  #: every field of a rule as typed
    days: int = SPANS[1]
    word: str = ""  #: whose spellings are looked up


def new_draft(name: str, query: str, channels: tuple[str, ...]) -> Draft:
    """Give the form of a new subscription."""
    return Draft(None, name[:NAME_LIMIT], query[: LENGTH_LIMIT + 1], channels, enabled=True, rule=typed_of(Rule()))


def draft_of(held: Subscription) -> Draft:
    """Give the form of a stored subscription."""
    return Draft(held.id, held.name, held.query, held.channels, held.enabled, typed_of(held.rule))


def read_draft(form: Mapping[str, str]) -> Draft:
    """Read the form's fields."""
    number, days = form.get("id", ""), form.get("days", "")
    return Draft(
        id=int(number) if number.isascii() and number.isdecimal() and len(number) < 18 else None,
        name=" ".join(form.get("name", "").split())[:NAME_LIMIT],
        query=form.get("query", "").strip()[: LENGTH_LIMIT + 1],
        channels=tuple(name.removeprefix(CHANNEL) for name in form if name.startswith(CHANNEL)),
        enabled=bool(form.get("enabled")),
        rule={name: form.get(name, "").strip()[:_FIELD_LIMIT] for name in FIELDS},
        days=int(days) if days in {str(span) for span in SPANS} else SPANS[1],
        word=form.get("word", "").strip()[:_FIELD_LIMIT],
    )
