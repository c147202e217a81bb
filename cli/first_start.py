"""Take over feeds.opml and subscriptions.toml at the first start of an installation, once.

In: the database and the folder of the settings file. Out: what was taken over, or None if this was not the first
start. Trap: several processes may start at once; the taking over is one transaction that only one of them does. A start
that finds neither file nor anything stored does not count.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import SystemRandom

from sqlalchemy import Connection

from cli.wiring import poll_policy, quota
from config.settings import Settings
from pipeline.alerts.subscriptions_file import SubscriptionDraft, in_order, read_subscriptions
from pipeline.errors import Unusable
from pipeline.feeds.opml import OpmlFeed, read_opml
from pipeline.feeds.schedule import spread_seconds
from pipeline.masking import masked_text
from pipeline.store import meta
from pipeline.store.adding import Added, add_many
from pipeline.store.database import Database
from pipeline.subscribing import save


@dataclass(frozen=True, slots=True)
class FirstStart:
    """What the first start took over."""

    feed_count: int
    subscription_count: int
    skipped: tuple[str, ...]  #: lines of the OPML file that were not used, with the reason


def take_over(database: Database, folder: Path, settings: Settings) -> FirstStart | None:
    """Store the feeds and subscriptions of `folder`; raises Unusable if a file is broken, and stores nothing then."""
    opml, drafts = folder / "feeds.opml", folder / "subscriptions.toml"
    with _naming(opml):
        reading = read_opml(opml.read_bytes()) if opml.is_file() else None
    with _naming(drafts):
        wanted = _drafts(drafts, settings) if drafts.is_file() else []
    listed = reading.feeds if reading else ()
    has_files = reading is not None or drafts.is_file()
    with database.write() as tx:
        if not has_files and meta.is_untouched(tx):
            return FirstStart(0, 0, ())  # files that `storywatch init` writes later are still taken over
        if not meta.claim_first_start(tx, datetime.now(UTC)) or not has_files:
            return None
        added = _store(tx, listed, wanted, settings)
    skipped = [(masked_text(text), masked_text(why)) for text, why in reading.skipped] if reading else []
    told = tuple(f"{text}: {why}" for text, why in [*skipped, *added.refused])
    return FirstStart(len(listed) - len(added.refused), len(wanted), told)


def _drafts(file: Path, settings: Settings) -> list[SubscriptionDraft]:
    return read_subscriptions(file.read_text(encoding="utf-8"), frozenset(settings.channels))


@contextmanager
def _naming(file: Path) -> Iterator[None]:
    """Put the file's name before what is wrong with it."""
    try:
        yield
    except (OSError, UnicodeDecodeError) as error:
        raise Unusable(f"{file} cannot be read: {error}") from error
    except Unusable as error:
        raise Unusable(f"{file}: {error}") from error


def _store(
    tx: Connection, listed: Sequence[OpmlFeed], drafts: Sequence[SubscriptionDraft], settings: Settings
) -> Added:
    now = datetime.now(UTC)
    waits = spread_seconds([poll_policy(settings).interval_seconds] * len(listed), SystemRandom())
    wanted = [(feed.url, feed.title, feed.folder) for feed in listed]
    added = add_many(tx, wanted, quota(settings), now, waits)
    for draft in in_order(drafts):
        save(tx, draft.name, draft.query, draft.channels, now, draft.rule)
    return added
