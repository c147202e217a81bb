"""Take over feeds.opml and subscriptions.toml at the first start of an installation, once.

In: the database and the folder of the settings file. Out: what was taken over, or None if this was not the first
start. Trap: several processes may start at once; the taking over is one transaction that only one of them does.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection

from pipeline.alerts.subscriptions_file import SubscriptionDraft, read_subscriptions
from pipeline.errors import Unusable
from pipeline.feeds.opml import OpmlFeed, read_opml
from pipeline.store import feeds, meta, subscriptions
from pipeline.store.database import Database


@dataclass(frozen=True, slots=True)
class FirstStart:
    """What the first start took over."""

    feed_count: int
    subscription_count: int
    skipped: tuple[str, ...]  #: lines of the OPML file that were not used, with the reason


def take_over(database: Database, folder: Path, channels: frozenset[str]) -> FirstStart | None:
    """Store the feeds and subscriptions of `folder`; raises Unusable if a file is broken, and stores nothing then."""
    opml, drafts = folder / "feeds.opml", folder / "subscriptions.toml"
    with _naming(opml):
        reading = read_opml(opml.read_bytes()) if opml.is_file() else None
    with _naming(drafts):
        wanted = read_subscriptions(drafts.read_text(encoding="utf-8"), channels) if drafts.is_file() else []
    with database.write() as tx:
        if not meta.claim_first_start(tx, datetime.now(UTC)):
            return None
        _store(tx, reading.feeds if reading else (), wanted)
    skipped = tuple(f"{text}: {why}" for text, why in reading.skipped) if reading else ()
    return FirstStart(len(reading.feeds) if reading else 0, len(wanted), skipped)


@contextmanager
def _naming(file: Path) -> Iterator[None]:
    """Put the file's name before what is wrong with it."""
    try:
        yield
    except (OSError, UnicodeDecodeError) as error:
        raise Unusable(f"{file} cannot be read: {error}") from error
    except Unusable as error:
        raise Unusable(f"{file}: {error}") from error


def _store(tx: Connection, wanted_feeds: Sequence[OpmlFeed], drafts: Sequence[SubscriptionDraft]) -> None:
    now = datetime.now(UTC)
    for feed in wanted_feeds:
        feeds.add(tx, feed.url, title=feed.title, folder=feed.folder, now=now)
    for draft in drafts:
        subscriptions.add(tx, draft.name, draft.query, draft.channels, now=now, rule=draft.rule)
