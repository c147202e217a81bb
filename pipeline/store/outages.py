"""What an outage of our own network leaves in the store.

In: feeds that were asked in vain, and what pollers say. Out: the feeds' rows as if they had not been asked; whether
pages had better wait. Hides the statements. Trap: a feed that was asked again since, by whichever poller, keeps what
that brought.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select, update

from pipeline.model import Bound, Feed, FeedState
from pipeline.store.tables import feeds, in_state, processes
from pipeline.store.types import Instant

AWAY_SINCE = "network_away_since"  #: the word under which a poller's heartbeat says it
BEATEN_WITHIN = timedelta(seconds=30)  #: six heartbeats
TRIED = 5  #: of those that answered last, and as many by chance: whoever answered last may be gone


def addresses_to_try(tx: Connection) -> list[str]:
    """Give addresses of feeds that show whether there is a way out: those that answered last first."""
    active: Select[Any] = select(feeds.c.url).where(in_state(feeds, FeedState.ACTIVE)).limit(TRIED)
    last = tx.scalars(active.order_by(feeds.c.last_success_at.desc().nulls_last()))
    some = tx.scalars(active.order_by(func.random()))
    return list(dict.fromkeys([*last, *some]))


def is_line_down(tx: Connection, now: datetime) -> bool:
    """Tell whether every poller that lives says that it finds no way out; False if none lives."""
    beaten = processes.c.beat_at > now - BEATEN_WITHIN
    said = tx.execute(select(processes.c.detail).where(processes.c.kind == "poller", beaten)).scalars().all()
    return bool(said) and all(AWAY_SINCE in detail for detail in said)


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
