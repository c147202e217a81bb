"""Take over a file of subscriptions or of another service's queries, for pages and API alike.

In: the file's text and who brings it. Out: a `Report`; all of it is stored or nothing. Trap: a file changes what has
the same name, so everything it changes must belong to whoever brings it, and nobody gets more than the settings allow.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from dashboard.may import Visitor, check_owner
from dashboard.subscriptions.saving import refuse_beyond
from pipeline.importing import Report, Source, import_file, read_file


@dataclass(frozen=True, slots=True)
class AskedImport:
    """A file, and what is to become of it."""

    text: str
    source: Source = Source.STORYWATCH
    channels: tuple[str, ...] = ()  #: for queries of another service; none means all there are
    dry_run: bool = False


def take_over(
    tx: Connection, asked: AskedImport, known: Sequence[str], visitor: Visitor, now: datetime, most: int
) -> Report:
    """Store what a file holds; raises BadSettings, BadQuery and Unusable; answers 403 for what is another's."""
    reading = read_file(tx, asked.text, known, asked.source, asked.channels)
    report = import_file(
        tx,
        reading,
        now,
        owner_id=visitor.id,
        dry_run=asked.dry_run,
        allowed=lambda held: check_owner(visitor, held),
    )
    refuse_beyond(tx, visitor, most)
    return report
