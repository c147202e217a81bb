"""What the pages of subscriptions show, read in one transaction each.

In: a read transaction. Out: the facts of the list, of one subscription, of the editor. Hides which store functions
give them. Trap: these may run twice (`Database.look`), so they only read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from dashboard.subscriptions.draft import Draft
from dashboard.subscriptions.findings import Checked, Spellings, check_draft, look_up, try_draft
from pipeline.model import Subscription
from pipeline.store import delays, history, receivers, subscriptions, users
from pipeline.store.delays import Delay
from pipeline.store.history import Activity, Told
from pipeline.store.receivers import Receiver
from pipeline.trial import Trial

PAGE = 100
ALERTS_SHOWN = 20
DELAYS_OF = 500  #: last alerts of a subscription whose delays are told
SAVED_SHOWN = 200  #: names of saved queries that the editor offers


@dataclass(frozen=True, slots=True)
class ListFacts:
    """One page of the list."""

    found: list[Subscription]  #: one more than `PAGE` if there are more
    activity: Mapping[int, Activity]
    owners: Mapping[int, str]  #: names of users by number
    removed: str  #: name of the subscription that was just removed


@dataclass(frozen=True, slots=True)
class OneFacts:
    """One subscription."""

    subscription: Subscription
    owner: str  #: name of the user whose it is; empty if it is the whole newsroom's
    added_at: datetime
    feed_key: str
    told: list[Told]
    delays: list[Delay]
    naming: list[str]  #: subscriptions whose queries name this one's
    receivers: Mapping[str, Receiver]


@dataclass(frozen=True, slots=True)
class EditorFacts:
    """What stands beside a draft."""

    checked: Checked
    trial: Trial | None
    spellings: Spellings | None
    saved: list[str]
    receivers: Mapping[str, Receiver]


def look_at_list(tx: Connection, words: str, after: str, removed_id: int | None, now: datetime) -> ListFacts:
    """Read one page of the list."""
    found = subscriptions.page(tx, words, after, PAGE + 1)
    removed = subscriptions.find_removed_name(tx, removed_id) if removed_id is not None else ""
    owners = {user.id: user.name for user in users.list_all(tx)}
    return ListFacts(found, history.activity(tx, [one.id for one in found], now), owners, removed)


def look_at_one(tx: Connection, subscription_id: int) -> OneFacts:
    """Read one subscription; raises NotFound."""
    held = subscriptions.get(tx, subscription_id)
    owner = users.find(tx, held.owner_id) if held.owner_id is not None else None
    return OneFacts(
        subscription=held,
        owner=owner.name if owner else "",
        added_at=subscriptions.added_at(tx, held.id),
        feed_key=subscriptions.find_feed_key(tx, held.id),
        told=history.page(tx, None, ALERTS_SHOWN, subscription_id=held.id),
        delays=delays.by_stage(delays.ways_of(tx, held.id, DELAYS_OF)),
        naming=[other.name for other in subscriptions.naming(tx, held.name) if other.id != held.id],
        receivers=_troubled(tx),
    )


def look_at_draft(tx: Connection, draft: Draft, now: datetime, *, tried: bool, looked_up: bool) -> EditorFacts:
    """Check a draft, and try it on the archive or look a name up if that was asked."""
    return EditorFacts(
        checked=check_draft(tx, draft),
        trial=try_draft(tx, draft, now) if tried else None,
        spellings=look_up(tx, draft) if looked_up and draft.word else None,
        saved=[name for name in subscriptions.names(tx, SAVED_SHOWN) if name != draft.name],
        receivers=_troubled(tx),
    )


def _troubled(tx: Connection) -> dict[str, Receiver]:
    return {receiver.channel: receiver for receiver in receivers.list_all(tx)}
