"""What machines ask: alive, ready, and the figures."""

from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from config.settings import WebSettings
from dashboard.app import create_app
from pipeline.model import Reason
from pipeline.store.database import Database
from tests.dashboard.conftest import NOW, Clock, FixedQueue
from tests.dashboard.newsroom import Newsroom
from tests.dashboard.serving import Site, serving

KINDS = ("poller", "dispatcher", "worker", "deliverer")


@pytest.fixture
def away(queue: FixedQueue, clock: Clock) -> Iterator[Site]:
    """Give a dashboard whose database cannot be reached: nothing listens on port 1 of loopback."""
    database = Database.open("postgresql://nobody:x@127.0.0.1:1/none")
    with serving(create_app(database, WebSettings(), queue, clock=clock)) as site:
        yield site
    database.close()


def test_livez_asks_nobody(away: Site) -> None:
    """R35: the process answers even with its database gone, and tells nothing about itself."""
    answer = away.ask("/livez")
    assert (answer.status, answer.json) == (200, {"ok": True})


def test_a_database_that_is_away_is_said(away: Site) -> None:
    """R35: 503 with a sentence on pages and figures; readyz names the part."""
    page = away.page("/")
    assert page.status == 503
    assert "database does not answer" in page.body
    assert away.ask("/metrics").status == 503
    ready = away.ask("/readyz")
    assert ready.status == 503
    assert ready.json["parts"]["database"] == {"ok": False, "detail": "does not answer"}
    assert ready.json["parts"]["queue"]["ok"]


def test_readyz_is_ready_when_every_part_is(site: Site, newsroom: Newsroom, clock: Clock) -> None:
    """R15, R35: each kind of process by its freshest heartbeat, at most 30 s old."""
    for kind in KINDS:
        newsroom.beat(kind, NOW)
    clock.forward(seconds=29)
    answer = site.ask("/readyz")
    assert answer.status == 200
    assert set(answer.json["parts"]) == {"database", "queue", *KINDS}
    clock.forward(seconds=1)
    assert site.ask("/readyz").status == 503
    newsroom.beat("poller", NOW)  # a second poller, as old as the first
    parts = site.ask("/readyz").json["parts"]
    assert parts["poller"] == {"ok": False, "detail": "last heartbeat 30 s ago"}


def test_one_live_process_of_a_kind_is_enough(site: Site, newsroom: Newsroom, clock: Clock) -> None:
    """A worker that died does not make the service unready while another lives."""
    for kind in (*KINDS, "worker"):
        newsroom.beat(kind, NOW)
    clock.forward(minutes=5)
    for kind in KINDS:
        newsroom.beat(kind, clock.now)
    assert site.ask("/readyz").status == 200


def test_readyz_names_what_is_missing(site: Site, newsroom: Newsroom, queue: FixedQueue) -> None:
    """R35: a queue that does not answer and a kind that never started are named."""
    for kind in KINDS[:-1]:
        newsroom.beat(kind, NOW)
    queue.depths = {"pages": 3, "deliveries": None}
    answer = site.ask("/readyz")
    assert answer.status == 503
    broken = {name: part["detail"] for name, part in answer.json["parts"].items() if not part["ok"]}
    assert broken == {"queue": "does not answer", "deliverer": "none has started"}


def figures(site: Site) -> dict[tuple[str, ...], float]:
    """Scrape, and give each sample by its name and label values."""
    answer = site.ask("/metrics")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    families = text_string_to_metric_families(answer.body)
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


def test_metrics_are_the_databases_counts(site: Site, newsroom: Newsroom, clock: Clock) -> None:
    """D10: each figure is what the store holds, every state is there, ages grow with the clock."""
    feed, failing = newsroom.feed("https://a.example/rss"), newsroom.feed("https://b.example/rss")
    article_id, _ = newsroom.publish(feed, "Title", "Text.", NOW)
    newsroom.poll(feed, *(newsroom.entry(f"https://a.example/w{number}", "W", NOW) for number in range(3)))
    newsroom.poll(failing, reason=Reason.TIMED_OUT, status=None)
    newsroom.take(1, NOW)
    subscription = newsroom.subscription("One", "text", "desk", "mail")
    newsroom.deliver(newsroom.alert(subscription, article_id, "Text.", ("Text",), NOW), NOW, mail=Reason.RECEIVER_GONE)
    newsroom.beat("poller", NOW)
    clock.forward(seconds=10)
    found = figures(site)
    expected = {
        ("storywatch_feeds", "active"): 2,
        ("storywatch_feeds", "gone"): 0,
        ("storywatch_feeds_due",): 0,
        ("storywatch_entries", "waiting"): 2,
        ("storywatch_entries", "fetching"): 1,
        ("storywatch_entries", "done"): 1,
        ("storywatch_entries", "quarantined"): 0,
        ("storywatch_articles_total",): 1,
        ("storywatch_stories_total",): 1,
        ("storywatch_alerts_total",): 1,
        ("storywatch_polls_failed_total",): 1,
        ("storywatch_deliveries", "sent"): 1,
        ("storywatch_deliveries", "parked"): 1,
        ("storywatch_queue_depth", "pages"): 3,
        ("storywatch_queue_depth", "deliveries"): 0,
        ("storywatch_oldest_waiting_seconds",): 10,
        ("storywatch_process_age_seconds", "poller"): 10,
    }
    assert {key: found.get(key) for key in expected} == expected


def test_a_depth_nobody_knows_is_absent(site: Site, queue: FixedQueue) -> None:
    """A queue that is away has no depth, which is not a depth of 0."""
    queue.depths = {"pages": None, "deliveries": 2}
    found = figures(site)
    assert ("storywatch_queue_depth", "pages") not in found
    assert found["storywatch_queue_depth", "deliveries"] == 2


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics", "/", "/login"])
def test_head_is_answered_like_get_without_a_body(site: Site, path: str) -> None:
    """RFC 9110, 9.3.2: health checks often ask by HEAD."""
    head, get = site.ask(path, method="HEAD"), site.ask(path)
    assert head.status == get.status
    assert head.body == ""
