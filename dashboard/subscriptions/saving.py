"""Store what the editor holds.

In: a transaction, a draft, the channels of the settings. Out: the subscription's number, or BadQuery and Unusable
with what to do. Trap: a draft whose rule has mistakes never comes here; `check_draft` says them first.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection

from dashboard.may import Visitor, check_owner
from dashboard.subscriptions.draft import Draft
from dashboard.subscriptions.rule_form import read_typed
from pipeline.errors import Unusable
from pipeline.model import Subscription
from pipeline.rule import Rule
from pipeline.store import subscriptions
from pipeline.subscribing import change, rename, save


def save_draft(tx: Connection, draft: Draft, known: Collection[str], visitor: Visitor, now: datetime, most: int) -> int:
    """Add a subscription, or change the one that the draft names; raises Unusable, NotFound and BadQuery.

    Answers 403 for one that is somebody else's; nobody gets more than `most`.
    """
    if not draft.name:
        raise Unusable("give it a name")
    if not draft.query:
        raise Unusable("write what to look for")
    rule = read_typed(draft.rule).rule
    held = subscriptions.get(tx, draft.id) if draft.id is not None else None
    if held is not None:
        check_owner(visitor, held)
    refuse_unknown(draft.channels, [*known, *(held.channels if held else ())])
    if held is not None:
        return _change(tx, held, draft, rule)
    added = _add(tx, draft, rule, visitor, now)
    refuse_beyond(tx, visitor, most)
    return added


def refuse_beyond(tx: Connection, visitor: Visitor, most: int) -> None:
    """Raise Unusable if a visitor has more subscriptions than one may have (S35); asked after one was added."""
    if visitor.id is not None and subscriptions.count_of(tx, visitor.id) > most:
        raise Unusable(
            f"nobody may have more than {most} subscriptions; remove one, or have web.subscriptions_per_user raised"
        )


def refuse_unknown(channels: Collection[str], known: Collection[str]) -> None:
    """Raise Unusable for a channel that the settings do not have."""
    if unknown := [name for name in channels if name not in known]:
        there_are = f"the settings have: {', '.join(known)}" if known else "the settings have none"
        raise Unusable(f"no channel is called {unknown[0]!r}; {there_are}")


def _add(tx: Connection, draft: Draft, rule: Rule, visitor: Visitor, now: datetime) -> int:
    added = save(tx, draft.name, draft.query, draft.channels, now, rule, owner_id=visitor.id)
    if added.enabled != draft.enabled:
        check_owner(visitor, added)  # the very same again is what was there already, perhaps somebody else's
        subscriptions.switch(tx, added.id, enabled=draft.enabled)
    return added.id


def _change(tx: Connection, held: Subscription, draft: Draft, rule: Rule) -> int:
    rename(tx, held, draft.name)
    change(tx, subscriptions.get(tx, held.id), draft.query, draft.channels, rule)
    if held.enabled != draft.enabled:
        subscriptions.switch(tx, held.id, enabled=draft.enabled)
    return held.id
