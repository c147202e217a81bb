"""Throughput and delay over an hour and a day: counted from the rows, drawn without claiming what nobody saw."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from dashboard.pace import HEIGHT, pace_card
from pipeline.store import pace
from pipeline.store.database import Database
from pipeline.store.pace import Pace, Slice
from pipeline.store.tables import articles
from tests.dashboard.conftest import NOW
from tests.dashboard.newsroom import Newsroom
from tests.dashboard.serving import Site
from tests.dashboard.test_pages import text_of
from tests.store.making import sketch, stored_article

HOUR = timedelta(hours=1)


def stored(database: Database, *times: tuple[float, float]) -> None:
    """Store articles: so many minutes ago, so many seconds after they were first seen."""
    with database.write() as tx:
        for number, (minutes, seconds) in enumerate(times):
            article_id = stored_article(tx, number, sketch(str(number)))
            at = NOW - timedelta(minutes=minutes)
            values = {"stored_at": at, "first_seen_at": at - timedelta(seconds=seconds)}
            tx.execute(update(articles).where(articles.c.id == article_id).values(values))


def test_articles_fall_into_their_slices(database: Database) -> None:
    """The slice of an article is that of its end; the first instant is outside, the last inside."""
    stored(database, (0, 4), (29, 1), (31, 3), (60, 9), (61, 9))
    with database.read() as tx:
        found = pace.over(tx, HOUR, NOW, 2)
    assert [(one.article_count, one.p50, one.p95) for one in found.slices] == [(1, 3.0, 3.0), (2, 1.0, 4.0)]
    assert (found.whole.article_count, found.whole.p50, found.whole.p95) == (3, 3.0, 4.0)


def test_a_day_is_read_from_the_index(sqlite_database: Database) -> None:
    """The first page reads the times of a day's articles, not their rows."""
    with sqlite_database.read() as tx:
        plan = tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {pace._READ}", {"start": 0, "end": 1}).all()
    assert ["USING COVERING INDEX ix_articles_stored" in row[3] for row in plan] == [True]


def sliced(*counts_and_delays: tuple[int, float | None]) -> Pace:
    slices = [Slice(NOW, count, delay, delay) for count, delay in counts_and_delays]
    return Pace(NOW - HOUR, NOW, slices, Slice(NOW, sum(one.article_count for one in slices), 1.0, 2.0))


def test_lines_break_where_nothing_came() -> None:
    """An hour without articles has no delay: two runs are two lines, and a lone slice is a dot."""
    card = pace_card("hour", "a minute", sliced((1, 2.0), (2, 4.0), (0, None), (1, 1.0)))
    (p95, p50) = card.lines
    assert (p95.name, p50.name) == ("p95", "p50")
    first, last = p95.points
    assert len(first.split()) == 2
    assert len(set(last.split())) == 1
    assert [bar.height for bar in card.bars] == [HEIGHT / 2, HEIGHT, HEIGHT / 2]
    assert card.count_words == "4 articles, at most 2 in a minute"


@pytest.mark.parametrize("slices", [sliced(), sliced((0, None))])
def test_an_empty_span_draws_nothing(slices: Pace) -> None:
    """Without an article there is neither bar nor line."""
    card = pace_card("day", "a quarter of an hour", slices)
    assert not card.has_news
    assert [line.points for line in card.lines] == [(), ()]


def test_the_overview_shows_both_spans(site: Site, newsroom: Newsroom) -> None:
    """An article of three hours ago is in the day and not in the hour."""
    feed = newsroom.feed("https://a.example/rss", "A")
    newsroom.publish(feed, "Title", "Text.", NOW - timedelta(hours=3))
    page = text_of(site.ask("/").body)
    hour, day = page.index("The last hour"), page.index("The last day")
    assert "No article came" in page[hour:day]
    assert "1 article, at most 1 in a quarter of an hour" in page[day:]
