"""In a real browser: nothing hostile runs, no page breaks its own content policy, and the overview lives."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

from pipeline.model import Grouping, GroupingKind, Reason
from tests.dashboard.browser import CHROMIUM, Tab, browsing
from tests.dashboard.conftest import NOW, PASSWORD, Clock
from tests.dashboard.newsroom import Newsroom
from tests.dashboard.serving import Site

#: Opens a dialog if it runs; the attempt alone is a complaint of the content policy.
HOSTILE = """"><img src=x onerror="alert(1)"><script>alert(2)</script>"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]


@pytest.fixture
async def tab(tmp_path: Path) -> AsyncIterator[Tab]:
    """Give a browser's tab."""
    async with browsing(tmp_path / "profile") as tab:
        yield tab


async def test_complaints_are_heard(tab: Tab, site: Site) -> None:
    """Without this, the silence of the other tests would prove nothing: both a dialog and a violation are noted."""
    await tab.open("data:text/html,<script>alert('ran')</script>")
    assert tab.complaints == ["dialog: ran"]
    await tab.open(site.origin)
    await tab.value("document.body.setAttribute('onclick', 'alert(1)')")
    assert any("Content Security Policy" in complaint for complaint in tab.complaints)


async def test_hostile_news_runs_nothing(tab: Tab, site: Site, newsroom: Newsroom) -> None:
    """S12, S15: with markup in every field, each page stays silent, its own scripts included."""
    feed = newsroom.feed("https://evil.example/rss", HOSTILE)
    why = Grouping(GroupingKind.FIRST, None, None, 0.0, HOSTILE)
    article_id, story_id = newsroom.publish(feed, HOSTILE, HOSTILE, NOW - timedelta(minutes=5), why)
    alert = newsroom.alert(newsroom.subscription(HOSTILE, "x", HOSTILE), article_id, HOSTILE, ("img",), NOW)
    newsroom.deliver(alert, NOW, **{HOSTILE: Reason.RECEIVER_REFUSED})
    for path in ("/", "/queue", "/feeds", "/stories", f"/stories/{story_id}", f"/articles/{article_id}"):
        await tab.open(site.origin + path)
        assert "onerror" in await tab.value("document.body.innerText"), path
        assert await tab.value("document.images.length") == 0, path
    assert tab.complaints == []


async def test_hostile_queues_run_nothing(tab: Tab, start: Callable[..., Site], valkey: Redis, valkey_url: str) -> None:
    """S11, S12: rq-dashboard's scripts run under its own policy, and what they insert stays text."""
    valkey.sadd("rq:queues", f"rq:queue:{HOSTILE}")
    job = Queue("pages", connection=valkey, serializer=JSONSerializer).enqueue("fetch", 1)
    valkey.hset(f"rq:job:{job.id}", mapping={"description": HOSTILE, "meta": '{"a": "<img src=x onerror=alert(1)>"}'})
    site = start(queue_url=valkey_url)
    for path in ("/rq/", "/rq/0/view/jobs/pages/queued/8/asc/1", f"/rq/0/view/job/{job.id}"):
        await tab.open(site.origin + path)
        await tab.until("document.body.innerText.includes('onerror')")
        assert await tab.value("document.images.length") == 0, path
    assert tab.complaints == []


async def test_the_overview_refreshes_itself_and_can_be_paused(
    tab: Tab, site: Site, newsroom: Newsroom, clock: Clock
) -> None:
    """New figures come by themselves, alerts are said aloud; what has the focus keeps it; paused, nothing moves."""
    feed = newsroom.feed("https://a.example/rss", "A")
    article_id, story_id = newsroom.publish(feed, "Title", "Text.", NOW - timedelta(minutes=5))
    await tab.open(site.origin)
    await tab.value(f"window.held = document.getElementById('story-{story_id}'); window.held.focus()")
    newsroom.publish(feed, "Another", "Other text.", NOW)
    newsroom.alert(newsroom.subscription("All", "text"), article_id, "Text.", ("Text",), NOW)
    clock.forward(seconds=2)
    await tab.until("document.getElementById('count-articles').dataset.count === '2'")
    assert await tab.value("document.activeElement === window.held")
    news = "document.querySelector('#live-news[role=status]').textContent"
    assert await tab.value(news) == "1 new alert"
    assert await tab.value("document.getElementById('live-state').textContent") == "Live"
    await tab.value("document.getElementById('live-button').click()")
    assert await tab.value("document.getElementById('live-state').textContent") == "Paused"
    newsroom.publish(feed, "Third", "Third text.", clock.now)
    clock.forward(seconds=2)
    await tab.value("new Promise(done => setTimeout(done, 4000))")  # more than one round of refreshing
    assert await tab.value("document.getElementById('count-articles').dataset.count") == "2"
    assert tab.complaints == []


async def test_signing_in_and_out_by_hand(tab: Tab, guarded: Site) -> None:
    """S14: the forms work as browsers send them, with the Origin that the no-referrer policy leaves."""
    await tab.open(f"{guarded.origin}/stories/7")
    assert await tab.value("location.pathname") == "/login"
    await tab.value(f"password.value = {PASSWORD!r}; document.querySelector('main form').requestSubmit()")
    await tab.until("location.pathname === '/stories/7'")
    await tab.open(guarded.origin)
    await tab.until("document.querySelector('header form')")
    await tab.value("document.querySelector('header form').requestSubmit()")
    await tab.until("location.pathname === '/login'")
    await tab.open(guarded.origin)
    assert await tab.value("location.pathname") == "/login"


@pytest.mark.parametrize("width", [320, 768, 1440])
async def test_no_page_scrolls_sideways(tab: Tab, site: Site, newsroom: Newsroom, width: int) -> None:
    """WCAG 1.4.10: from a narrow phone up, everything fits, a word without end included."""
    feed = newsroom.feed("https://a.example/" + "a" * 200, "W" * 120)
    article_id, story_id = newsroom.publish(feed, "W" * 200, "W" * 500, NOW)
    newsroom.alert(newsroom.subscription("S" * 80, "x", "c" * 60), article_id, "W" * 300, ("W",), NOW)
    newsroom.beat("worker", NOW, host="h" * 120)
    await tab.tell("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
    for path in ("/", f"/stories/{story_id}", f"/articles/{article_id}", "/nothing", "/" + "x" * 300):
        await tab.open(site.origin + path)
        too_wide = (
            "[...document.querySelectorAll('body *')].filter(one => one.getBoundingClientRect().right > innerWidth)"
        )
        culprits = await tab.value(f"{too_wide}.map(one => one.tagName + '.' + one.className)")
        assert await tab.value("document.documentElement.scrollWidth") <= width, (path, culprits)
