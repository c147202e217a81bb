"""Coverage in the store: articles counted by day; incidents, also of alarms; and what the operator is still to be told.

In: an instant, findings, channels. Out: counts, `Incident`s, `OperatorNotice`s. Trap: articles are counted as they
come, by a watermark a minute behind, because counting two weeks anew would read them all; one that is committed later
than a minute after its turn is not counted, which no share notices.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Row, Select, case, delete, func, literal, select, update

from pipeline.model import (
    CoverageKind,
    Feed,
    FeedEventKind,
    Finding,
    Incident,
    IncidentKind,
    MovedFeed,
    OperatorNotice,
    TextSource,
)
from pipeline.store import feeds as stored_feeds
from pipeline.store.dialects import free_rows, insert
from pipeline.store.tables import (
    articles,
    coverage_counts,
    entries,
    feed_events,
    feeds,
    incidents,
    meta,
    operator_notices,
)
from pipeline.store.types import Instant

BEHIND = timedelta(minutes=1)
BATCH = 5000
KEPT_DAYS = 35
RECENT_DAYS, PAST_DAYS = 2, 14
CLAIM = timedelta(minutes=5)  #: nobody else takes a notice meanwhile
_WATERMARK = "coverage_article_id"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def count_new(tx: Connection, now: datetime) -> int:
    """Add the articles since the last call to the counts of their days, at most `BATCH`; gives how many."""
    last = tx.execute(select(meta.c.value).where(meta.c.name == _WATERMARK).with_for_update()).scalar_one_or_none()
    found = (
        select(articles.c.id, articles.c.stored_at, articles.c.outlet, articles.c.language, articles.c.text_source)
        .add_columns(feeds.c.folder)
        .join(entries, entries.c.id == articles.c.entry_id)
        .join(feeds, feeds.c.id == entries.c.feed_id)
        .where(articles.c.id > (last or 0), articles.c.stored_at < now - BEHIND)
        .order_by(articles.c.id)
        .limit(BATCH)
    )
    rows = tx.execute(found).all()
    if rows:
        _add(tx, rows)
        mark = insert(tx, meta).values(name=_WATERMARK, value=rows[-1].id)
        tx.execute(mark.on_conflict_do_update(index_elements=["name"], set_={"value": rows[-1].id}))
        tx.execute(delete(coverage_counts).where(coverage_counts.c.day < _day(now) - KEPT_DAYS))
    return len(rows)


def _add(tx: Connection, rows: Sequence[Row[Any]]) -> None:
    all_, good = Counter[tuple[int, CoverageKind, str]](), Counter[tuple[int, CoverageKind, str]]()
    for row in rows:
        day = _day(row.stored_at)
        for kind, subject in (
            (CoverageKind.HOST_YIELD, row.outlet),
            (CoverageKind.FOLDER_SHARE, row.folder),
            (CoverageKind.LANGUAGE_SHARE, row.language),
        ):
            all_[day, kind, subject] += 1
            good[day, kind, subject] += row.text_source is TextSource.PAGE
    statement = insert(tx, coverage_counts)
    more = statement.on_conflict_do_update(
        index_elements=["day", "kind", "subject"],
        set_={
            "article_count": coverage_counts.c.article_count + statement.excluded.article_count,
            "good_count": coverage_counts.c.good_count + statement.excluded.good_count,
        },
    )
    names = ("day", "kind", "subject")
    tx.execute(
        more,
        [
            {**dict(zip(names, key, strict=True)), "article_count": count, "good_count": good[key]}
            for key, count in sorted(all_.items())
        ],
    )


def tallies(tx: Connection, now: datetime) -> list[tuple[CoverageKind, str, int, int, int, int]]:
    """Give (kind, subject, recent, past, recent good, past good): the last two days, and the two weeks before."""
    newest = _day(now)
    recent = coverage_counts.c.day > newest - RECENT_DAYS
    past = ~recent & (coverage_counts.c.day > newest - RECENT_DAYS - PAST_DAYS)
    sums = [
        func.coalesce(func.sum(column).filter(when), 0)
        for column in (coverage_counts.c.article_count, coverage_counts.c.good_count)
        for when in (recent, past)
    ]
    grouped = select(coverage_counts.c.kind, coverage_counts.c.subject, *sums).group_by(
        coverage_counts.c.kind, coverage_counts.c.subject
    )
    return [(row[0], row[1], *map(int, row[2:])) for row in tx.execute(grouped)]


def watched_feeds(tx: Connection) -> list[Feed]:
    """Give the feeds that are watched."""
    return stored_feeds.list_all(tx)


def moved_since(tx: Connection, since: datetime) -> list[MovedFeed]:
    """Give the feeds that took another address by themselves since an instant, and still have it."""
    moves = feed_events.c.kind.in_([FeedEventKind.MOVED, FeedEventKind.JOINED]) & feed_events.c.undone_at.is_(None)
    found = select(feed_events, feeds.c.title).join(feeds, feeds.c.id == feed_events.c.feed_id)
    rows = tx.execute(found.where(moves, feed_events.c.at >= since).order_by(feed_events.c.id))
    return [MovedFeed(row.feed_id, row.title, row.old_url, row.new_url, row.other_feed_id) for row in rows]


def open_incidents(tx: Connection, kinds: Iterable[IncidentKind] = tuple(CoverageKind)) -> list[Incident]:
    """Give what is not over, of some kinds."""
    mine = incidents.c.closed_at.is_(None) & incidents.c.kind.in_(list(kinds))
    return [_incident(row) for row in tx.execute(_select().where(mine).order_by(incidents.c.id))]


def closed_counts(tx: Connection, kinds: Iterable[IncidentKind], since: datetime) -> Counter[tuple[str, str]]:
    """Count the incidents of some kinds that ended since an instant, by kind and subject."""
    mine = incidents.c.kind.in_(list(kinds)) & (incidents.c.closed_at > since)
    counted = select(incidents.c.kind, incidents.c.subject, func.count().label("ended")).where(mine)
    rows = tx.execute(counted.group_by(incidents.c.kind, incidents.c.subject))
    return Counter({(row.kind.value, row.subject): row.ended for row in rows})


def recent(tx: Connection, limit: int, kinds: Iterable[IncidentKind] = tuple(CoverageKind)) -> list[Incident]:
    """Give the incidents of some kinds, open ones first, then the newest."""
    mine = _select().where(incidents.c.kind.in_(list(kinds)))
    ordered = mine.order_by(incidents.c.closed_at.is_not(None), incidents.c.id.desc()).limit(limit)
    return [_incident(row) for row in tx.execute(ordered)]


def open_all(tx: Connection, found: Iterable[Finding], channels: Sequence[str], now: datetime) -> list[Finding]:
    """Open an incident for each finding that has none, with a notice for each channel; gives those."""
    opened = []
    for finding in found:
        row = {
            "public_id": f"inc_{uuid4().hex}",
            "kind": finding.kind,
            "subject": finding.subject,
            "evidence": finding.evidence,
            "opened_at": now,
        }
        statement = insert(tx, incidents).values(row).on_conflict_do_nothing().returning(incidents.c.id)
        number = tx.execute(statement).scalar_one_or_none()
        if number is not None:
            opened.append(finding)
            _tell(tx, number, channels, now)
    return opened


def _tell(tx: Connection, incident_id: int, channels: Sequence[str], now: datetime) -> None:
    rows = [
        {"incident_id": incident_id, "channel": name, "attempts": 0, "next_attempt_at": now, "error": ""}
        for name in dict.fromkeys(channels)
    ]
    if rows:
        tx.execute(operator_notices.insert(), rows)


def close(tx: Connection, numbers: Sequence[int], now: datetime) -> None:
    """Note that incidents are over, and tell that to every channel that heard of them.

    A channel that has not heard of one yet hears nothing of it any more.
    """
    if numbers:
        tx.execute(update(incidents).where(incidents.c.id.in_(numbers)).values(closed_at=now))
        ended = _closed().where(incidents.c.id.in_(numbers))
        mine = operator_notices.c.incident_id.in_(ended) & ~operator_notices.c.over
        heard = operator_notices.c.sent_at.is_not(None)
        tx.execute(update(operator_notices).where(mine, ~heard).values(next_attempt_at=None))
        tx.execute(update(operator_notices).where(mine, heard).values(_over(now)))


def _over(now: datetime) -> dict[str, Any]:
    return {"over": True, "attempts": 0, "next_attempt_at": now, "error": ""}


def claim_notices(tx: Connection, now: datetime, limit: int) -> list[OperatorNotice]:
    """Take notices that are due; nobody else takes them for a while, and a try that dies is made again."""
    due = select(operator_notices).where(operator_notices.c.next_attempt_at <= now)
    rows = tx.execute(
        free_rows(due.order_by(operator_notices.c.next_attempt_at).limit(limit), of=operator_notices)
    ).all()
    if not rows:
        return []
    taken = update(operator_notices).where(operator_notices.c.id.in_([row.id for row in rows]))
    tx.execute(taken.values(attempts=operator_notices.c.attempts + 1, next_attempt_at=now + CLAIM))
    told = select(incidents).where(incidents.c.id.in_([row.incident_id for row in rows]))
    about = {row.id: _incident(row) for row in tx.execute(told)}
    return [OperatorNotice(row.id, row.channel, row.attempts + 1, about[row.incident_id], row.over) for row in rows]


def notice_ended(
    tx: Connection, number: int, *, sent_at: datetime | None, next_at: datetime | None, error: str
) -> None:
    """Note what came of a try: sent, to be tried again at `next_at`, or given up."""
    values: dict[str, Any] = {"next_attempt_at": next_at, "error": error[:500]}
    mine = operator_notices.c.id == number
    if sent_at is None:
        needless = ~operator_notices.c.over & operator_notices.c.incident_id.in_(_closed())
        values["next_attempt_at"] = case((needless, None), else_=literal(next_at, Instant))
        tx.execute(update(operator_notices).where(mine).values(values))
        return
    tx.execute(update(operator_notices).where(mine).values(values | {"sent_at": sent_at}))
    # It was over before the channel heard of it, so its end is still to be told.
    late = mine & ~operator_notices.c.over & operator_notices.c.incident_id.in_(_closed())
    tx.execute(update(operator_notices).where(late).values(_over(sent_at)))


def _closed() -> Select[Any]:
    """Select what is over; a move has no end to tell of, however long its news took."""
    return select(incidents.c.id).where(incidents.c.closed_at.is_not(None), incidents.c.kind != CoverageKind.FEED_MOVED)


def _select() -> Select[Any]:
    return select(incidents)


def _incident(row: Row[Any]) -> Incident:
    return Incident(**{field.name: getattr(row, field.name) for field in fields(Incident)})


def _day(at: datetime) -> int:
    return (at - _EPOCH).days
