"""What a message says of each story, before it becomes text, HTML, chat or a feed's entry.

In: an alert or update, and how many outlets the story has. Out: `Item`s of clean lines. Pure. Trap: lines are clean of
control characters but not escaped; each medium does that for itself.
"""

from dataclasses import dataclass

from pipeline.alerts.lines import clean_line, minute
from pipeline.alerts.links import story_link
from pipeline.model import Alert, DeliveryTask, Digest, Update
from pipeline.rule import UpdateReason


@dataclass(frozen=True, slots=True)
class Item:
    """One story, in lines."""

    headline: str
    source: str  #: who reported it, when, and how many more did
    passage: str | None  #: None in an update
    matched: tuple[str, ...]
    url: str  #: of the article
    why: str
    story_url: str  #: empty if the dashboard's address is not known


def items_of(task: DeliveryTask) -> list[Item]:
    """Give what a delivery tells of, in the order it was raised."""
    notice = task.notice
    if not isinstance(notice, Digest):
        return [item_of(notice, notice.outlet_count, story_link(task, _alert_of(notice).story_id))]
    return [
        item_of(
            member,
            notice.outlet_counts.get(_alert_of(member).story_id, member.outlet_count),
            story_link(task, _alert_of(member).story_id),
        )
        for member in notice.members
    ]


def item_of(told: Alert | Update, outlet_count: int, story_url: str = "") -> Item:
    """Make the lines of an alert or update."""
    alert = _alert_of(told)
    return Item(
        headline=clean_line(told.article_title) or clean_line(told.article_url),
        source=_source(told, outlet_count),
        passage=clean_line(told.passage) if isinstance(told, Alert) else None,
        matched=tuple(clean_line(word) for word in alert.matched if clean_line(word)),
        url=clean_line(told.article_url),
        why=_why(told),
        story_url=story_url,
    )


def subscription_of(task: DeliveryTask) -> tuple[int, str]:
    """Give number and name of the subscription that is told."""
    notice = task.notice
    of = notice if isinstance(notice, Digest) else _alert_of(notice)
    return of.subscription_id, clean_line(of.subscription_name)


def _alert_of(told: Alert | Update) -> Alert:
    return told if isinstance(told, Alert) else told.alert


def _source(told: Alert | Update, outlet_count: int) -> str:
    others = outlet_count - 1
    also = f", also in {others} other {'outlet' if others == 1 else 'outlets'}" if others > 0 else ""
    return f"{clean_line(told.outlet)}, {minute(told.published_at)}{also}"


def _why(told: Alert | Update) -> str:
    alert = _alert_of(told)
    words = ", ".join(f"“{clean_line(word)}”" for word in alert.matched)
    found = f"Subscription “{clean_line(alert.subscription_name)}”" + (f" found {words}." if words else ".")
    if isinstance(told, Alert):
        return found
    cause = (
        f"now in {told.outlet_count} outlets" if told.reason is UpdateReason.OUTLETS else "something new is reported"
    )
    return f"Update {told.number} of “{clean_line(alert.article_title)}”: {cause}. {found}"
