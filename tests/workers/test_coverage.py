"""Incidents: opened once, told once, closed; on both databases."""

import json
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select, update

from pipeline.alerts.channels import FileTarget, Target
from pipeline.model import CoverageKind, TextSource
from pipeline.store import coverage, feeds, moves
from pipeline.store.database import Database
from pipeline.store.tables import articles, coverage_counts, operator_notices
from pipeline.store.tables import feeds as feed_rows
from pipeline.transport import Transport
from tests.store.making import NOW, after, sketch, stored_article
from tests.workers.polling import WEB
from workers.coverage import Coverage
from workers.operator_notices import ATTEMPTS, OperatorNotices

URL = "https://feeds.example/dead"
CANARY = "c4n4ry0f7e5t5c4n4ry"


def dead_feed(database: Database) -> None:
    with database.write() as tx:
        feed = feeds.add(tx, URL, now=NOW - timedelta(days=9))
        failed = {"error_count": 7, "last_error": "the name is unknown"}
        tx.execute(update(feed_rows).where(feed_rows.c.id == feed.id).values(failed))


async def test_an_incident_is_opened_once_told_once_and_closed(database: Database, tmp_path: Path) -> None:
    """Two lookers open one incident; its channel gets one line with the evidence; the feed's return closes it."""
    dead_feed(database)
    lookers = [Coverage(database, ["ops"], clock=lambda: NOW) for _ in range(2)]
    opened = [await looker.look() for looker in lookers for _ in range(2)]
    assert [len(each) for each in opened] == [1, 0, 0, 0]
    targets: dict[str, Target] = {"ops": FileTarget(Path("ops.jsonl"))}
    async with Transport(WEB) as transport:
        notices = OperatorNotices(database, transport, targets, tmp_path, clock=lambda: NOW)
        assert [await notices.send_due() for _ in range(2)] == [1, 0]
    [line] = (tmp_path / "ops.jsonl").read_text().splitlines()
    assert "the name is unknown" in json.dumps(json.loads(line))
    with database.write() as tx:
        tx.execute(update(feed_rows).values(error_count=0, last_success_at=NOW))
    assert await lookers[0].look() == []
    with database.read() as tx:
        [incident] = coverage.recent(tx, 9)
    assert (incident.kind, incident.subject, incident.closed_at) == (CoverageKind.FEED_DEAD, URL, NOW)


async def test_a_notice_shows_no_key(sqlite_database: Database, tmp_path: Path) -> None:
    """S21: what the operator is told of a feed names it, and blots out the key in its address and in its error."""
    url = f"https://feeds.example/dead?token={CANARY}"
    with sqlite_database.write() as tx:
        feed = feeds.add(tx, url, now=NOW - timedelta(days=9))
        failed = {"error_count": 7, "last_error": f"{url} did not answer"}
        tx.execute(update(feed_rows).where(feed_rows.c.id == feed.id).values(failed))
    await Coverage(sqlite_database, ["ops"], clock=lambda: NOW).look()
    targets: dict[str, Target] = {"ops": FileTarget(Path("ops.jsonl"))}
    async with Transport(WEB) as transport:
        notices = OperatorNotices(sqlite_database, transport, targets, tmp_path, clock=lambda: NOW)
        assert await notices.send_due() == 1
    told = (tmp_path / "ops.jsonl").read_text()
    assert "did not answer" in told
    assert "feeds.example/dead" in told
    assert CANARY not in told


async def test_a_channel_that_is_missing_parks_and_one_that_is_away_is_tried_again(
    sqlite_database: Database, tmp_path: Path
) -> None:
    """Nothing is told twice, and nothing for ever."""
    dead_feed(sqlite_database)
    await Coverage(sqlite_database, ["gone", "away", "away"], clock=lambda: NOW).look()
    targets: dict[str, Target] = {"away": FileTarget(tmp_path / "none" / "ops.jsonl")}
    clock = [NOW]
    async with Transport(WEB) as transport:
        notices = OperatorNotices(sqlite_database, transport, targets, tmp_path, clock=lambda: clock[0])
        tried = 0
        for day in range(20):
            clock[0] = NOW + timedelta(days=day)
            tried += await notices.send_due()
    with sqlite_database.read() as tx:
        rows = tx.execute(select(operator_notices).order_by(operator_notices.c.channel)).all()
    assert [row.channel for row in rows] == ["away", "gone"]
    assert [row.next_attempt_at for row in rows] == [None, None]
    assert all(row.error and row.sent_at is None for row in rows)
    assert tried <= 1 + ATTEMPTS


async def test_articles_are_counted_once(database: Database) -> None:
    """Counts by day, host, folder and language grow by what came since, and by nothing else."""
    with database.write() as tx:
        for number in (1, 2):
            stored_article(tx, number, sketch(f"text {number}"))
        tx.execute(update(articles).where(articles.c.id == 2).values(text_source=TextSource.FEED))
    looker = Coverage(database, [], clock=lambda: after(120))
    for _ in range(2):
        await looker.look()
    with database.read() as tx:
        rows = tx.execute(select(coverage_counts.c.kind, coverage_counts.c.article_count, coverage_counts.c.good_count))
        counts = {kind: (count, good) for kind, count, good in rows}
    assert counts[CoverageKind.HOST_YIELD] == (2, 1)
    assert counts[CoverageKind.LANGUAGE_SHARE] == (2, 1)
    with database.write() as tx:
        stored_article(tx, 3, sketch("text 3"))
    await looker.look()
    with database.read() as tx:
        found = coverage.tallies(tx, after(120))
    assert ("en", 3, 0, 2, 0) in [row[1:] for row in found if row[0] is CoverageKind.LANGUAGE_SHARE]


async def test_a_move_is_told_once_and_has_no_end(database: Database, tmp_path: Path) -> None:
    """F13: the operator hears where a feed went and how to take it back; a day later nothing is said, nor again."""
    with database.write() as tx:
        feed = feeds.add(tx, "https://old.example/rss?key=c4n4ryK3y9xQ7w2Z", title="Mover", now=NOW)
        moves.adopt(tx, feed.id, "https://new.example/rss", NOW)
    clock = [NOW]
    looker = Coverage(database, ["ops"], clock=lambda: clock[0])
    targets: dict[str, Target] = {"ops": FileTarget(Path("ops.jsonl"))}
    async with Transport(WEB) as transport:
        notices = OperatorNotices(database, transport, targets, tmp_path, clock=lambda: clock[0])
        for hours in (0, 1, 25, 26, 50):
            clock[0] = NOW + timedelta(hours=hours)
            await looker.look()
            await notices.send_due()
    [line] = (tmp_path / "ops.jsonl").read_text().splitlines()
    assert f"feeds move-back {feed.id}" in line
    assert "https://new.example/rss" in line
    assert "c4n4ry" not in line
    with database.read() as tx:
        assert coverage.open_incidents(tx) == []
