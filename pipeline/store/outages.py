"""What an outage of our own network leaves in the store.

In: feeds that were asked in vain. Out: their rows as if they had not been. Hides the statements. Trap: a feed that was
asked again since, by whichever poller, keeps what that brought.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select, update

from pipeline.model import Bound, Feed, FeedState
from pipeline.store.tables import feeds, in_state
from pipeline.store.types import Instant

TRIED = 5  #: of those that answered last, and as many by chance: whoever answered last may be gone


def addresses_to_try(tx: Connection) -> list[str]:
    """Give addresses of feeds that show whether there is a way out: those that answered last first."""
    active: Select[Any] = select(feeds.c.url).where(in_state(feeds, FeedState.ACTIVE)).limit(TRIED)
    last = tx.scalars(active.order_by(feeds.c.last_success_at.desc().nulls_last()))
    some = tx.scalars(active.order_by(func.random()))
    return list(dict.fromkeys([*last, *some]))


def forget_attempts(tx: Connection, struck: Sequence[tuple[Feed, datetime, datetime | None]], now: datetime) -> int:
    """Make feeds due that were asked in vain, and their failures undone; give how many still stood so.

    Of each: the feed as it was before, the last attempt in vain, the attempt that counts in its place.
    """
    count = 0
    for feed, vain_at, counts_at in struck:
        row = {"feed": feed.id, "vain": vain_at, "counts": counts_at, "now": now}
        count += tx.execute(_FORGET, row | {"errors": feed.error_count, "score": feed.error_score}).rowcount
    return count


_FORGET = (
    update(feeds)
    .where(
        feeds.c.id == bindparam("feed"),
        feeds.c.last_attempt_at == bindparam("vain", type_=Instant),
        feeds.c.error_count > bindparam("errors"),
    )
    .values(
        last_attempt_at=bindparam("counts", type_=Instant),
        next_poll_at=bindparam("now", type_=Instant),
        error_count=bindparam("errors"),
        error_score=bindparam("score"),
        bound=Bound.OUTAGE,
    )
)
