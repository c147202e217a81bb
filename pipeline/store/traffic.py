"""What each feed costs and how its server behaves, counted with every poll that was answered.

In: `PollResult`s and what storing them did. Out: rows of `feed_traffic`, which `pipeline.store.hygiene` reads. Trap:
bytes are those of the decompressed body, which is what reading costs; what travelled may be a tenth of it.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, UpdateBase

from pipeline.model import Feed, ParsedFeed, PollCounts, PollResult, Traffic
from pipeline.store.dialects import Inserter, inserter
from pipeline.store.each_row import execute_each
from pipeline.store.tables import feed_traffic

_NOT_MODIFIED = 304
_COUNTED = (
    *("answer_count", "byte_count", "unchanged_count", "repeated_count", "stale_count"),
    *("new_entry_count", "updated_entry_count", "renamed_entry_count"),
)
_OF_DOCUMENT = ("body_key", "entry_count", "undated_count", "unnamed_count")

Answered = tuple[Feed, PollResult, PollCounts, bytes | None]  #: the feed as it was, and the key of its last body


def count(tx: Connection, polls: Sequence[Answered], now: datetime) -> None:
    """Count polls of different feeds, those that were answered; the caller holds the feeds' rows."""
    plain, documents = [], []
    for feed, result, counts, body_key in polls:
        if result.traffic is None:
            continue
        row = {"feed_id": feed.id, "since_at": now, **_added(feed, result, result.traffic, body_key)}
        row |= _of_entries(counts)
        if result.parsed is None:
            plain.append(row | _NO_DOCUMENT)
        else:
            documents.append(row | _of_document(result.parsed, result.traffic))
    for rows, replaced in ((plain, ()), (documents, _OF_DOCUMENT)):
        execute_each(tx, _statement(inserter(tx), replaced), rows)


@cache
def _statement(begin: Inserter, replaced: tuple[str, ...]) -> UpdateBase:
    """Make the statement that begins a feed's row or adds to it, once."""
    inserted = begin(feed_traffic)
    added = {name: feed_traffic.c[name] + inserted.excluded[name] for name in _COUNTED}
    last = {name: inserted.excluded[name] for name in replaced}
    return inserted.on_conflict_do_update(index_elements=["feed_id"], set_=added | last)


_NO_DOCUMENT = {"body_key": None, "entry_count": 0, "undated_count": 0, "unnamed_count": 0}


def _added(feed: Feed, result: PollResult, traffic: Traffic, body_key: bytes | None) -> dict[str, int]:
    is_new = result.status != _NOT_MODIFIED
    same_body = is_new and body_key == traffic.body_key
    old, new = feed.validators, result.validators
    has_validators = bool(old.etag or old.last_modified)
    same_validators = has_validators and (old.etag, old.last_modified) == (new.etag, new.last_modified)
    return {
        "answer_count": 1,
        "byte_count": traffic.byte_count,
        "unchanged_count": int(not is_new),
        "repeated_count": int(same_body and traffic.conditional),
        "stale_count": int(is_new and body_key is not None and not same_body and same_validators),
    }


def _of_entries(counts: PollCounts) -> dict[str, int]:
    return {
        "new_entry_count": counts.new_count,
        "updated_entry_count": counts.updated_count,
        "renamed_entry_count": counts.renamed_count,
    }


def _of_document(parsed: ParsedFeed, traffic: Traffic) -> dict[str, Any]:
    return {
        "body_key": traffic.body_key,
        "entry_count": len(parsed.entries),
        "undated_count": sum(entry.published_at is None for entry in parsed.entries),
        "unnamed_count": sum(not entry.guid for entry in parsed.entries),
    }
