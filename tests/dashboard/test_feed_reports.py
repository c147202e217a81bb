"""The reports on feeds: hygiene, coverage, events, etiquette, on pages and by the API; and a feed's rhythm."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from dashboard.feed_words import SENTENCES, fault_words
from dashboard.rhythm_picture import HEIGHT, rate_words, rhythm_picture
from pipeline.feeds.rhythm import learn, new_rhythm, to_text
from pipeline.model import Bound, CoverageKind, Finding, Reason
from pipeline.store import coverage, feeds, moves
from pipeline.store.tables import feed_traffic
from pipeline.store.tables import feeds as feed_table
from tests.dashboard.conftest import NOW
from tests.dashboard.newsroom import Newsroom
from tests.dashboard.serving import Site
from tests.dashboard.test_pages import HOSTILE, Outline, text_of

KEY = "c4n4ryK3y9xQ7w2Z"


def traffic(newsroom: Newsroom, feed_id: int, **counts: int) -> None:
    """Write what a feed's answers came to."""
    row: dict[str, Any] = dict.fromkeys((column.name for column in feed_traffic.c), 0)
    row |= {"feed_id": feed_id, "since_at": NOW, "body_key": None, "answer_count": 20, "byte_count": 5_000_000}
    with newsroom.database.write() as tx:
        tx.execute(insert(feed_traffic).values(row | counts))


def by_api(site: Site, path: str) -> Any:
    return site.ask(f"/api/v1{path}").json


def test_hygiene_names_what_to_mend_and_what_news_cost(site: Site, newsroom: Newsroom) -> None:
    """S12, S21: findings with advice and evidence, costs by feed; titles are text and keys are masked."""
    bad = newsroom.feed(f"https://evil.example/rss?key={KEY}", HOSTILE)
    good = newsroom.feed(f"https://good.example/rss?key={KEY}")
    traffic(newsroom, bad.id, stale_count=5)
    traffic(newsroom, good.id, unchanged_count=15)
    page = site.page("/feeds/hygiene").body
    assert "Wrong validators" in text_of(page)
    assert "img" not in Outline(page).tags
    report = by_api(site, "/feeds/hygiene")
    assert [(one["kind"], one["feed_id"]) for one in report["findings"]] == [("validators_stale", bad.id)]
    assert {one["feed_id"]: one["unchanged_count"] for one in report["costs"]} == {bad.id: 0, good.id: 15}
    assert KEY not in page + str(report)


def test_coverage_shows_incidents_with_evidence(site: Site, newsroom: Newsroom) -> None:
    """S21: open ones first, each with its evidence, and of a feed the way to its page; keys are masked."""
    feed = newsroom.feed(f"https://quiet.example/rss?key={KEY}", "Quiet")
    found = [
        Finding(CoverageKind.HOST_YIELD, "a.example", "3 of 25 pages"),
        Finding(CoverageKind.FEED_QUIET, feed.url, f"“Quiet” ({feed.url}) has brought nothing", feed.id),
    ]
    with newsroom.database.write() as tx:
        coverage.open_all(tx, found, [], NOW)
        [first] = [one for one in coverage.open_incidents(tx) if one.kind is CoverageKind.HOST_YIELD]
        coverage.close(tx, [first.id], NOW)
    page = site.page("/feeds/coverage").body
    assert "1 open incident" in text_of(page)
    assert f"/feeds/{feed.id}" in page
    assert "key=***) has brought nothing" in text_of(page)
    incidents = by_api(site, "/coverage")["items"]
    assert [one["feed_id"] for one in incidents] == [feed.id, None]
    assert KEY not in page + str(incidents)


def test_a_move_is_seen_and_brought_back(site: Site, newsroom: Newsroom) -> None:
    """F13: the page of events offers to undo a move; it is undone for good and noted."""
    feed = newsroom.feed("https://old.example/rss", "Mover")
    with newsroom.database.write() as tx:
        moves.adopt(tx, feed.id, "https://new.example/rss", NOW)
    assert "Bring it back" in text_of(site.page("/feeds/events").body)
    assert "Back to its old address" in text_of(site.page(f"/feeds/{feed.id}").body)
    assert by_api(site, "/feeds/events")["items"][0]["old_address"] == "old.example/rss"
    site.post(f"/feeds/{feed.id}/move-back")
    with newsroom.database.read() as tx:
        assert feeds.get(tx, feed.id).url == "https://old.example/rss"
    assert "Bring it back" not in text_of(site.page("/feeds/events").body)
    assert [one["kind"] for one in by_api(site, f"/feeds/{feed.id}/events")["items"]] == ["moved_back", "moved"]


def test_programs_move_back_and_refresh(site: Site, newsroom: Newsroom) -> None:
    """F7, F13: a move is undone by the API; a refresh makes the feed due, and drops validators only if asked."""
    feed = newsroom.feed("https://old.example/rss", "Mover")
    with newsroom.database.write() as tx:
        moves.adopt(tx, feed.id, "https://new.example/rss", NOW)
    sent: dict[str, str] = {"origin": site.origin, "content_type": "application/json"}
    moved = site.ask(f"/api/v1/feeds/{feed.id}/move-back", method="POST", **sent)
    assert moved.json["address"] == "old.example/rss"
    assert site.ask(f"/api/v1/feeds/{feed.id}/move-back", method="POST", **sent).status == 404
    for wanted, kinds in (("{}", []), ('{"ignore_cache": true}', ["asked_in_full"])):
        asked = site.ask(f"/api/v1/feeds/{feed.id}/refresh", method="POST", body=wanted, **sent)
        assert asked.json["next_poll_at"] == "2026-03-01T12:00:00Z"
        events = by_api(site, f"/feeds/{feed.id}/events")["items"]
        assert [one["kind"] for one in events if one["kind"] == "asked_in_full"] == kinds


def test_etiquette_counts_what_decides(site: Site, newsroom: Newsroom) -> None:
    """How many feeds each bound decides for, and what conditional requests saved."""
    for number in range(3):
        feed = newsroom.feed(f"https://a{number}.example/rss")
        traffic(newsroom, feed.id, unchanged_count=15)
        bound = Bound.FRESHNESS if number else Bound.FLOOR
        with newsroom.database.write() as tx:
            changed = update(feed_table).where(feed_table.c.id == feed.id)
            tx.execute(changed.values(bound=bound, etag='"1"', poll_count=20))
    figures = by_api(site, "/feeds/etiquette")
    assert figures["bounds"] == {"freshness": 2, "floor": 1}
    assert (figures["request_count"], figures["unchanged_count"], figures["validator_count"]) == (60, 45, 3)
    text = text_of(site.page("/feeds/etiquette").body)
    assert "75 %" in text
    assert "stays fresh so long" in text


def test_a_feed_shows_its_rhythm_and_plan(site: Site, newsroom: Newsroom) -> None:
    """F32: bars by hour and by day, the busiest named; a program gets the same as figures, with the plan."""
    feed = newsroom.feed("https://a.example/rss", "Morning")
    with newsroom.database.write() as tx:
        tx.execute(update(feed_table).where(feed_table.c.id == feed.id).values(rhythm=_mornings()))
    page = text_of(site.page(f"/feeds/{feed.id}").body)
    assert "Most at 06:00 UTC" in page
    plan = by_api(site, f"/feeds/{feed.id}/plan")
    assert max(range(24), key=plan["rhythm"]["by_hour"].__getitem__) == 6
    assert plan["because"]


def _mornings() -> str:
    """Write the rhythm of a feed that brings five entries between six and seven each day."""
    known, at = new_rhythm(NOW - timedelta(days=20)), NOW - timedelta(days=20)
    while at < NOW:
        at += timedelta(hours=1)
        fresh = [at - timedelta(minutes=10 * n + 1) for n in range(5)] if at.hour == 7 else []
        known = learn(known, fresh, 20, at)
    return to_text(known)


def test_bars_fit_their_box() -> None:
    """The highest bar fills the box, none leaves it, and each says what it stands for."""
    drawn = rhythm_picture(_mornings())
    assert drawn is not None
    assert drawn.hours is not None
    assert max(bar.height for bar in drawn.hours.bars) == HEIGHT
    assert all(bar.y >= 0 and bar.y + bar.height == pytest.approx(HEIGHT) for bar in drawn.hours.bars)
    assert drawn.hours.bars[6].told.startswith("06:00: about")
    assert rhythm_picture(None) is rhythm_picture("of another make") is None
    little = rhythm_picture(to_text(new_rhythm(NOW)))
    assert little is not None
    assert little.hours is None


@pytest.mark.parametrize(
    ("rate", "words"),
    [
        (2.4, "about 2 entries an hour"),
        (1.0, "about 1 entry an hour"),
        (0.5, "about 12 entries a day"),
        (1 / 48, "about 4 entries a week"),
        (0.001, "less than an entry a week"),
    ],
)
def test_a_rate_reads_well(rate: float, words: str) -> None:
    """The unit is the one in which there is at least one."""
    assert rate_words(rate) == words


def test_every_failure_of_a_poll_has_words(site: Site, newsroom: Newsroom) -> None:
    """S21: what went wrong stands on the feed's page with what it means; the error's own words have no keys."""
    feed = newsroom.feed("https://a.example/rss", "Broken")
    error = f"404 at https://a.example/rss?key={KEY}"
    newsroom.poll(feed, at=NOW - timedelta(minutes=5), reason=Reason.HTTP_NOT_FOUND, error=error, status=404)
    page = text_of(site.page(f"/feeds/{feed.id}").body)
    assert SENTENCES[Reason.HTTP_NOT_FOUND] in page
    assert "404 at https://a.example/rss?key=***" in page
    assert fault_words(None) == ""
    assert fault_words(Reason.WORKER_LOST) == "It failed: worker lost."
