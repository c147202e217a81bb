"""Take subscriptions over from the file that a team reviews.

In: the file's text, or drafts. Out: what became of each. Trap: others than those of the file stay as they are; a
subscription of the same name is changed, and its alerts stay.
"""

from collections.abc import Callable, Collection
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from pipeline.alerts.expectations import disappointed
from pipeline.alerts.subscriptions_file import SubscriptionDraft, in_order, read_subscriptions
from pipeline.errors import BadQuery, Unusable
from pipeline.model import Subscription
from pipeline.store import subscriptions
from pipeline.subscribing import change, find_query, save


class Stored(StrEnum):
    """What became of a draft."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


#: Raises for a subscription that whoever brings the file may not change.
Allowed = Callable[[Subscription], None]


def anything(_held: Subscription) -> None:
    """Let every subscription be changed."""


def import_file(
    tx: Connection,
    text: str,
    channels: Collection[str],
    now: datetime,
    *,
    owner_id: int | None = None,
    dry_run: bool = False,
    allowed: Allowed = anything,
) -> list[Stored]:
    """Store the subscriptions of a file, all or none; raises BadSettings, and Unusable where an example fails."""
    drafts = read_subscriptions(text, channels, lambda name: find_query(tx, name))
    if problems := disappointed(drafts):
        raise Unusable("\n".join(problems))
    return [
        import_draft(tx, draft, now, owner_id=owner_id, dry_run=dry_run, allowed=allowed) for draft in in_order(drafts)
    ]


def import_draft(
    tx: Connection,
    draft: SubscriptionDraft,
    now: datetime,
    *,
    owner_id: int | None = None,
    dry_run: bool = False,
    allowed: Allowed = anything,
) -> Stored:
    """Store one; raises BadQuery, which names the draft. In a dry run nothing is stored."""
    held = subscriptions.find_by_name(tx, draft.name)
    if held and (held.query, held.channels, held.rule) == (draft.query, draft.channels, draft.rule):
        return Stored.UNCHANGED
    if held:
        allowed(held)
    try:
        if held and not dry_run:
            change(tx, held, draft.query, draft.channels, draft.rule)
        elif not dry_run:
            save(tx, draft.name, draft.query, draft.channels, now, draft.rule, owner_id=owner_id)
    except BadQuery as error:
        problem = f"subscription ('{draft.name}'): {error.problem}"
        raise BadQuery(problem, error.position, error.suggestion) from error
    return Stored.CHANGED if held else Stored.ADDED
