"""Which feeds showed an address, and what became of it there.

In: an address or an article's number. Out: `Sight`s, and the entry that owns the page. Trap: an entry that another feed
showed first is `merged`; its page, article and story are that other one's.
"""

from typing import Any

from sqlalchemy import Connection, Row, or_, select

from pipeline.errors import NotFound
from pipeline.model import EntryState
from pipeline.store import articles
from pipeline.store.tables import entries, feeds, in_state
from pipeline.store.types import key_of
from pipeline.urls import canonical
from pipeline.why.record import Sight

NUMBER_LENGTH = 17  #: most digits of a number that both databases take


def find_owner(tx: Connection, asked: str) -> Row[Any] | None:
    """Give the entry that owns the page asked for, with its feed; None if no feed showed it.

    A number is an article's; raises NotFound if there is none of it.
    """
    if asked.isascii() and asked.isdecimal():
        if len(asked) > NUMBER_LENGTH:
            raise NotFound(f"there is no article {asked[:NUMBER_LENGTH]}…")
        return _row(tx, entries.c.id == articles.get(tx, int(asked)).entry_id)
    key = key_of(canonical(asked))
    row = _row(tx, (entries.c.page_key == key) & ~in_state(entries, EntryState.MERGED))
    if row is None:
        found = articles.find_by_url(tx, asked)
        row = _row(tx, entries.c.id == found.entry_id) if found else None
    return row


def sights_of(tx: Connection, owner_id: int) -> tuple[Sight, ...]:
    """Give every feed that showed the page of an entry, the first one first."""
    mine = or_(entries.c.id == owner_id, entries.c.same_as_entry_id == owner_id)
    rows = tx.execute(_SELECT.where(mine).order_by(entries.c.first_seen_at, entries.c.id))
    return tuple(
        Sight(
            entry_id=row.id,
            feed_id=row.feed_id,
            feed_url=row.feed_url,
            feed_title=row.feed_title,
            seen_at=row.first_seen_at,
            state=row.state.value,
            reason=row.reason.value if row.reason else None,
        )
        for row in rows
    )


_SELECT = select(
    entries, feeds.c.url.label("feed_url"), feeds.c.title.label("feed_title"), feeds.c.folder.label("feed_folder")
).join(feeds, feeds.c.id == entries.c.feed_id)


def _row(tx: Connection, condition: Any) -> Row[Any] | None:
    return tx.execute(_SELECT.where(condition).limit(1)).one_or_none()
