"""Storing what polls of feeds brought, many in one transaction (F4).

In: leases and `PollResult`s. Out: `PollCounts` of each, or None if the lease had passed to somebody else. Few
statements, however many polls, each built once. Trap: validators must never run ahead of the entries they stand for,
so a poll is stored whole or not at all; a poll that cannot be stored takes no other with it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from operator import attrgetter, itemgetter
from typing import Any

from sqlalchemy import Connection, Row, Select, Update, bindparam, select, update

from pipeline.model import FeedEventKind, FeedLease, FeedState, ParsedFeed, PollCounts, PollResult, Reason
from pipeline.store import arrivals, hosts, moves, pushes, shown, traffic
from pipeline.store.each_row import execute_each
from pipeline.store.feed_events import note
from pipeline.store.tables import feed_traffic, feeds
from pipeline.store.tables import pushes as push_rows
from pipeline.store.writers import attempt

Poll = tuple[FeedLease, PollResult]
Outcome = PollCounts | BaseException | None

_ENDED = "the feed says that it has ended"
_GONE_STATUS = 410  # RFC 9110, 15.5.11


@dataclass(slots=True)
class _Held:
    """A poll with its feed's row, locked, as it was before."""

    lease: FeedLease
    result: PollResult
    row: Row[Any]
    counts: PollCounts = field(default_factory=PollCounts)

    @property
    def is_import(self) -> bool:
        """Tell whether no complete document was read before."""
        return self.row.imported_at is None


def record_poll(
    tx: Connection, lease: FeedLease, result: PollResult, import_hours: int, now: datetime
) -> PollCounts | None:
    """Store one poll; see `record_polls`."""
    [counts] = record_polls(tx, [(lease, result)], import_hours, now)
    return counts


def record_each(tx: Connection, done: Sequence[Poll], import_hours: int, now: datetime) -> list[Outcome]:
    """Store polls together; if one of them cannot be stored, each by itself, and give its error in its place."""
    together, failure = attempt(tx, lambda tx: record_polls(tx, done, import_hours, now))
    if failure is None:
        return list(together)
    if len(done) == 1:
        return [failure]
    return [outcome for poll in done for outcome in record_each(tx, [poll], import_hours, now)]


def record_polls(tx: Connection, done: Sequence[Poll], import_hours: int, now: datetime) -> list[PollCounts | None]:
    """Store new entries, validators and schedules, and give the leases back; None for each that was no longer ours.

    At the first complete poll of a feed, and always in its archives, entries older than `import_hours` are stored as
    dropped (F24). A page that is another entry's already makes the new entry `merged` with it.
    """
    held = _hold(tx, done)
    _store_entries(tx, held, now - timedelta(hours=import_hours), now)
    traffic.count(tx, [(one.lease.feed, one.result, one.counts, one.row.body_key) for one in held], now)
    _update_feeds(tx, held, now)
    for one in held:
        pushes.after_poll(tx, one.row, one.result, one.counts, is_import=one.is_import)
    _tell_hosts(tx, held, now)
    counts = {id(one.lease): _outcome(one, tuple(_events(tx, one, now))) for one in held}
    return [counts.get(id(lease)) for lease, _ in done]


def _outcome(one: _Held, events: tuple[FeedEventKind, ...]) -> PollCounts:
    return replace(one.counts, events=events, arrived=()) if events or one.counts.arrived else one.counts


def _hold(tx: Connection, done: Sequence[Poll]) -> list[_Held]:
    """Lock the feeds, and give the polls whose lease is still ours."""
    rows = {row.id: row for row in tx.execute(_HELD, {"ids": [lease.feed.id for lease, _ in done]})}
    held = []
    for lease, result in done:
        row = rows.get(lease.feed.id)
        if row is not None and row.token == lease.token:
            held.append(_Held(lease, result, row))
            del rows[lease.feed.id]
    return held


_HELD: Select[Any] = (
    select(
        *(feeds.c.id, feeds.c.token, feeds.c.imported_at, feeds.c.state, feeds.c.stays, feeds.c.undead_at),
        *(
            feeds.c.title,
            feeds.c.stranger_url,
            feeds.c.gone_seen_at,
            feeds.c.error_count,
            feeds.c.gap_count,
            feed_traffic.c.body_key,
        ),
        *(push_rows.c.hub_url, push_rows.c.topic_url, push_rows.c.state.label("push_state"), push_rows.c.good_count),
    )
    .select_from(feeds.outerjoin(feed_traffic).outerjoin(push_rows, push_rows.c.feed_id == feeds.c.id))
    .where(feeds.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(feeds.c.id)
    .with_for_update(of=feeds)
)


def _store_entries(tx: Connection, held: Sequence[_Held], oldest_archived: datetime, now: datetime) -> None:
    """Store what the documents show, then what the feeds' older pages show besides."""
    read = [(one, one.result.parsed) for one in held if one.result.parsed]
    documents = [
        shown.Document(one.row.id, parsed.entries, oldest_archived if one.is_import else None) for one, parsed in read
    ]
    for (one, _), counts in zip(read, shown.store(tx, documents, now) if documents else (), strict=True):
        one.counts = counts
    older = [one for one, _ in read if one.result.archived]
    archives = [shown.Document(one.row.id, one.result.archived, oldest_archived) for one in older]
    for one, counts in zip(older, shown.store(tx, archives, now) if archives else (), strict=True):
        one.counts += counts


def _update_feeds(tx: Connection, held: Sequence[_Held], now: datetime) -> None:
    """Write the feeds' columns, those of equal kinds of polls by one statement."""
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for one in held:
        values = after(one.row, one.result, now)
        values |= arrivals.after(one.row, one.result, one.counts, is_import=one.is_import)
        values |= _of_a_stranger(one.result) if _came_to_a_stranger(one) else {}
        planned_seconds = (values["next_poll_at"] - one.result.attempted_at).total_seconds()
        values["planned_seconds"] = max(1.0, planned_seconds)  # turns are counted in it
        if _is_as_it_was(one, values):
            values = {name: value for name, value in values.items() if name not in _LASTING}
        row = {"feed": one.row.id, **{f"v_{name}": value for name, value in values.items()}}
        alike.setdefault(tuple(values), []).append(row)
    for names, rows in alike.items():
        execute_each(tx, _feeds_statement(names), rows)


#: Columns that most polls leave as they are, and where the feed has them: a poll that changes none writes none of them.
_LASTING = {
    "etag": "validators.etag",
    "last_modified": "validators.last_modified",
    "validators_url": "validators.url",
    **{name: name for name in ("fresh_seconds", "shown_key", "error_score", "error_count")},
    **{name: name for name in ("last_reason", "last_error", "moved_url", "moved_since_at", "moved_count")},
    **{name: name for name in ("gone_seen_at", "undead_at")},
}
_FOUND = attrgetter(*_LASTING.values())
_LEFT = itemgetter(*_LASTING)


def _is_as_it_was(one: _Held, values: Mapping[str, Any]) -> bool:
    """Tell whether an answer without a document, such as a 304, left all lasting columns as the lease found them."""
    if one.result.reason is not None or one.result.parsed is not None:
        return False
    return bool(_LEFT(values) == _FOUND(one.lease.feed))


@cache
def _feeds_statement(names: tuple[str, ...]) -> Update:
    """Make the statement for columns of these names, once; polls are of a few kinds."""
    given: dict[str, Any] = {name: bindparam(f"v_{name}", type_=feeds.c[name].type) for name in names}
    raised = {name: feeds.c[name] + 1 for name in ("token", "poll_count")}
    if "last_success_at" not in names:
        raised["failed_poll_count"] = feeds.c.failed_poll_count + 1
    return update(feeds).where(feeds.c.id == bindparam("feed")).values(**raised, **given)


def _tell_hosts(tx: Connection, held: Sequence[_Held], now: datetime) -> None:
    """Tell the hosts what was asked of us; in one order, so that two transactions cannot block each other."""
    for one in sorted(held, key=lambda one: one.lease.feed.host):
        _tell_host(tx, one.lease, one.result, now)


def _tell_host(tx: Connection, lease: FeedLease, result: PollResult, now: datetime) -> None:
    """Let the whole host rest as it asked (F8), and ask it more seldom if it said that it was too much (F9)."""
    if result.reason is Reason.HTTP_THROTTLED:
        hosts.widen(tx, lease.feed.host, now)
    if result.host_not_before is not None:
        hosts.extend(tx, lease.feed.host, result.host_not_before)


def _events(tx: Connection, held: _Held, now: datetime) -> Iterator[FeedEventKind]:
    """Note what the owner should know of, once each, and adopt a move that is believed."""
    before, result = held.row, held.result
    ended = result.parsed is not None and result.parsed.expired
    gone = (result.gone or ended) and before.state is FeedState.ACTIVE
    for kind, happened, detail in (
        (FeedEventKind.GONE, gone, _ENDED if ended else result.error),
        (FeedEventKind.UNDEAD, result.undead and before.undead_at is None, result.error),
        (FeedEventKind.REVIVED, result.reason is None and before.undead_at is not None, ""),
        (FeedEventKind.REST_CAPPED, _is_capped(result), f"asked for {result.rest_asked_seconds or 0:.0f} seconds"),
    ):
        if happened:
            note(tx, before.id, kind, now, detail)
            yield kind
    shares_entries = result.parsed is None or held.counts.known_count > 0
    if result.is_moved and result.moved_url and shares_entries and not before.stays:
        moved = moves.adopt(tx, before.id, result.moved_url, now)
        if moved is not None:
            yield moved


def _came_to_a_stranger(held: _Held) -> bool:
    """Tell whether a redirect's first answer showed nothing that was known; all it shows is known later (F13).

    One that was a stranger before is one when it comes back: what is known of its entries came from itself.
    """
    result = held.result
    is_first = result.parsed is not None and result.moved_count == 1
    is_known = held.counts.known_count and result.moved_url != held.row.stranger_url
    return is_first and not held.is_import and not is_known


def _of_a_stranger(result: PollResult) -> dict[str, Any]:
    return {"moved_since_at": None, "moved_count": 0, "stranger_url": result.moved_url}


def _is_capped(result: PollResult) -> bool:
    if result.host_not_before is None or result.rest_asked_seconds is None:
        return False
    return result.rest_asked_seconds > (result.host_not_before - result.attempted_at).total_seconds() + 1


def after(before: Row[Any], result: PollResult, now: datetime) -> dict[str, Any]:
    """Give the feed's columns after a poll; `before` is its locked row. Token and counters are raised besides."""
    values: dict[str, Any] = {
        "lease_until": None,
        "last_attempt_at": result.attempted_at,
        "next_poll_at": result.next_poll_at,
        "etag": result.validators.etag,
        "last_modified": result.validators.last_modified,
        "validators_url": result.validators.url,
        "last_status": result.status,
        "last_reason": result.reason,
        "last_error": result.error,
        "bound": result.bound,
        "bounds": dict(result.bounds),
        "fresh_seconds": result.fresh_seconds,
        "quiet_count": result.quiet_count,
        "shown_key": result.shown_key,
        "error_score": result.error_score,
        "moved_url": result.moved_url,
        "moved_since_at": result.moved_since_at,
        "moved_count": result.moved_count,
        "error_count": before.error_count + 1 if result.reason else 0,
    }
    values |= _after_failure(before, result) if result.reason else _after_success(result)
    if result.parsed:
        values |= _after_document(before, result.parsed, now)
    return values


def _after_success(result: PollResult) -> dict[str, Any]:
    return {"last_success_at": result.attempted_at, "gone_seen_at": None, "undead_at": None}


def _after_failure(before: Row[Any], result: PollResult) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if result.gone:
        values["state"] = _given_up(before)
    if result.undead:
        values["undead_at"] = before.undead_at or result.attempted_at
    if result.status == _GONE_STATUS:
        values["gone_seen_at"] = before.gone_seen_at or result.attempted_at
    elif result.status is not None:
        values["gone_seen_at"] = None
    return values


def _after_document(before: Row[Any], parsed: ParsedFeed, now: datetime) -> dict[str, Any]:
    values: dict[str, Any] = {
        "minimum_interval_seconds": parsed.minimum_interval_seconds,
        "skip_hours": parsed.skip_hours,
        "skip_days": parsed.skip_days,
        "title": before.title or parsed.title,
    }
    if parsed.expired:
        values |= {"state": _given_up(before), "last_error": _ENDED}
    if parsed.complete:
        values["imported_at"] = before.imported_at or now
    return values


def _given_up(before: Row[Any]) -> FeedState:
    state: FeedState = before.state
    return FeedState.GONE if state is FeedState.ACTIVE else state
