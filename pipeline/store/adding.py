"""Adding many feeds at once, within the owner's quotas, their first polls spread.

In: addresses with title and folder, quotas, a wait for each. Out: what was added, known or refused. Trap: what one
person adds may aim at one victim; the quota by host is what keeps a list of 50,000 addresses from becoming that many
requests to one host, however politely spaced (checklist S35).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select, union

from pipeline.errors import Unusable
from pipeline.masking import masked_url
from pipeline.model import Feed
from pipeline.store import feeds as stored
from pipeline.store.tables import feed_events, feeds
from pipeline.store.types import key_of
from pipeline.urls import canonical, registrable_host

Wanted = tuple[str, str, str]  #: address, title, folder


@dataclass(frozen=True, slots=True)
class Quota:
    """How many feeds there may be, in all and at one host."""

    limit: int
    host_limit: int


@dataclass(slots=True)
class Added:
    """What became of a list."""

    new: list[Feed] = field(default_factory=list)
    known_count: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)  #: masked address, and why


class _Room:
    """What the quotas leave."""

    def __init__(self, tx: Connection, quota: Quota) -> None:
        counted = select(feeds.c.host, func.count()).where(~feeds.c.removed).group_by(feeds.c.host)
        self._by_host: Counter[str] = Counter(dict(tx.execute(counted).all()))
        self._total = sum(self._by_host.values())
        self._quota = quota

    def refusal(self, host: str) -> str:
        """Say why no further feed of a host fits; empty if one does."""
        if self._total >= self._quota.limit:
            return f"there are {self._total} feeds; feeds.limit allows no more"
        if self._by_host[host] >= self._quota.host_limit:
            return f"there are {self._by_host[host]} feeds of {host}; feeds.host_limit allows no more"
        return ""

    def take(self, host: str) -> None:
        self._by_host[host] += 1
        self._total += 1


def add_many(
    tx: Connection, wanted: Sequence[Wanted], quota: Quota, now: datetime, waits: Sequence[float] | None = None
) -> Added:
    """Add what is not known yet, each due after its wait, or at once; what does not fit the quotas is refused."""
    room, added, known = _Room(tx, quota), Added(), _known_keys(tx)
    for place, (url, title, folder) in enumerate(wanted):
        key = key_of(canonical(url))
        if key in known and stored.find_by_url(tx, url) is not None:
            added.known_count += 1
            continue
        host = registrable_host(url)
        refusal = room.refusal(host)
        if refusal:
            added.refused.append((masked_url(url), refusal))
            continue
        first_poll_at = now + timedelta(seconds=waits[place]) if waits else None
        added.new.append(stored.add(tx, url, title=title, folder=folder, now=now, first_poll_at=first_poll_at))
        room.take(host)
        known.add(key)
    return added


def _known_keys(tx: Connection) -> set[bytes]:
    """Give the addresses of today and of before: a question for each of 50,000 lines would take a minute."""
    today = select(feeds.c.url_key).where(~feeds.c.removed)
    before = select(feed_events.c.old_url_key).where(feed_events.c.old_url_key.is_not(None))
    return {bytes(key) for key in tx.execute(union(today, before)).scalars()}


def add_one(
    tx: Connection, url: str, quota: Quota, now: datetime, *, title: str, folder: str, interval_seconds: int | None
) -> Feed:
    """Add one feed that is due at once, or give the known one; raises Unusable beyond a quota."""
    found = stored.find_by_url(tx, url)
    refusal = "" if found else _Room(tx, quota).refusal(registrable_host(url))
    if refusal:
        raise Unusable(f"{refusal}; raise it in the settings, or remove feeds that nobody needs")
    return stored.add(tx, url, title=title, folder=folder, now=now, interval_seconds=interval_seconds)
