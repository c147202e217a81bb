"""What a person sees."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from html.parser import HTMLParser

import pytest
from fastapi import FastAPI

from dashboard.headers import SANDBOX_POLICY, STRICT_POLICY
from pipeline.model import Grouping, GroupingKind, Reason
from tests.dashboard.conftest import NOW, Clock, FixedQueue
from tests.dashboard.newsroom import Newsroom
from tests.dashboard.serving import Site, serving

HOSTILE = """"><img src=x onerror=alert(1)><script>alert(2)</script>'{{7*7}}"""


class Outline(HTMLParser):
    """Collects what a screen reader and a browser would make of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.ids: list[str] = []
        self.headings: list[int] = []
        self.labelled_by: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.tags.append(tag)
        self.attributes |= set(named)
        self.links += [named["href"] or ""] if "href" in named else []
        self.ids += [named["id"] or ""] if "id" in named else []
        self.labelled_by |= {named["aria-labelledby"] or ""} if "aria-labelledby" in named else set()
        self.headings += [int(tag[1])] if re.fullmatch(r"h[1-6]", tag) else []


def text_of(page: str) -> str:
    """Take the text out of a page, spaces folded."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).replace("\u202f", " ").split())


@pytest.fixture
def story(newsroom: Newsroom) -> tuple[int, int]:
    """Make a story of two outlets with an alert that was sent; gives the first article's and the story's id."""
    gazette = newsroom.feed("https://gazette.example/rss", "Gazette")
    courier = newsroom.feed("https://courier.example/rss", "Courier")
    at = NOW - timedelta(minutes=30)
    article_id, story_id = newsroom.publish(gazette, "Ferry strike goes on", "Crews voted.\n\nTalks fail.", at)
    joined = Grouping(GroupingKind.REPORT, story_id, article_id, 0.7, "Shares the terms ferry and strike.")
    newsroom.publish(courier, "Ferries stay in port", "No ship left today.", at + timedelta(minutes=5), joined)
    subscription = newsroom.subscription("Ferries", "ferry", "desk", "mail")
    raised = newsroom.alert(subscription, article_id, "the ferry strike goes on", ("ferry",), at + timedelta(minutes=6))
    newsroom.deliver(raised, at + timedelta(minutes=7), mail=Reason.RECEIVER_REFUSED)
    return article_id, story_id


@pytest.mark.usefixtures("story")
def test_the_first_page_shows_the_way_of_one_article(site: Site) -> None:
    """Each station has its count from the database, in the order of the way, and the queue's depth beside it."""
    page = site.page("/").body
    stations = re.findall(r'id="count-(\w+)" data-count="(\d+)"', page)
    assert stations == [
        ("due", "0"),
        ("waiting", "0"),
        ("queued", "0"),
        ("fetching", "0"),
        ("articles", "2"),
        ("stories", "1"),
        ("alerts", "1"),
        ("deliveries", "1"),
    ]
    text = text_of(page)
    assert "3 jobs on the queue" in text
    assert "2 entries seen, each in exactly one state" in text
    assert "1 parked" in text


@pytest.mark.usefixtures("story")
def test_the_first_page_shows_stories_and_alerts(site: Site) -> None:
    """The newest story with its outlets, the alert with its passage, the matched word marked, and each delivery."""
    page = site.page("/").body
    text = text_of(page)
    assert "Ferry strike goes on 2 outlets 2 articles" in text
    assert "the <mark>ferry</mark> strike goes on" in page
    assert "desk sent" in text
    assert "mail parked: receiver refused" in text


def test_feeds_with_trouble_come_first(site: Site, newsroom: Newsroom) -> None:
    """The feed that fails longest is on top, with the reason in words; its error text stays in the log."""
    for name in ("alpha", "beta", "gamma"):
        newsroom.feed(f"https://{name}.example/rss", name.title())
    failing = newsroom.feed("https://delta.example/rss", "Delta")
    for minutes in (50, 40, 30):
        at = NOW - timedelta(minutes=minutes)
        newsroom.poll(failing, at=at, reason=Reason.TIMED_OUT, error="canary-error", status=None)
    page = site.page("/").body
    table = page[page.index('id="feeds-title"') :]
    assert table.index("Delta") < table.index("Alpha")
    assert "Timed out, 3 times in a row" in text_of(table)
    assert "1 in trouble" in text_of(page)
    assert "canary-error" not in page


def test_secrets_in_feed_addresses_stay_off_the_page(site: Site, newsroom: Newsroom) -> None:
    """S21: the query of a feed's address, where keys hide, is shown nowhere; the store takes no user part."""
    newsroom.feed("https://paper.example/rss?token=canary-token")
    page = site.page("/").body
    assert "paper.example/rss?…" in page
    assert "canary" not in page


def test_missing_processes_are_said(site: Site, newsroom: Newsroom, clock: Clock) -> None:
    """R15: what beats is shown by age, what stopped or never started is named at the top."""
    for kind in ("poller", "dispatcher", "worker"):
        newsroom.beat(kind, NOW)
    assert "No deliverer at work" in text_of(site.page("/").body)
    newsroom.beat("deliverer", NOW)
    clock.forward(seconds=2)
    assert "Everything at work" in text_of(site.page("/").body)
    clock.forward(seconds=31)
    assert "silent for 33 s" in text_of(site.page("/").body)


def test_a_queue_that_does_not_answer_is_said(site: Site, queue: FixedQueue) -> None:
    """The page works without the queue and says that it is away."""
    queue.depths = {"pages": None, "deliveries": None}
    page = site.page("/")
    assert page.status == 200
    assert "queue does not answer" in text_of(page.body)


def test_the_part_that_refreshes_is_the_page_without_its_frame(site: Site, newsroom: Newsroom, clock: Clock) -> None:
    """Our script asks for the inner part only, and it is new as soon as a second has passed."""
    assert "<html" not in site.ask("/live").body
    newsroom.feed("https://new.example/rss", "Brand New")
    assert "Brand New" not in site.ask("/live").body
    clock.forward(seconds=1)
    assert "Brand New" in site.ask("/live").body


def test_an_empty_newsroom_says_what_to_do(site: Site) -> None:
    """Before the first feed, the page explains itself."""
    text = text_of(site.page("/").body)
    assert "storywatch feeds add" in text
    assert "storywatch run" in text


def test_a_story_tells_why_each_article_is_in_it(site: Site, story: tuple[int, int]) -> None:
    """First, copy or report, each with its reason."""
    text = text_of(site.page(f"/stories/{story[1]}").body)
    assert "outlets 2" in text
    assert "gazette.example first" in text
    assert "Ferries stay in port Shares the terms ferry and strike." in text
    assert "mail parked" in text


def test_an_article_shows_its_text_and_its_page(site: Site, story: tuple[int, int]) -> None:
    """The text is text; the page is linked, without telling it where from."""
    page = site.page(f"/articles/{story[0]}").body
    assert "Crews voted.\n\nTalks fail." in page
    assert '<a href="https://gazette.example/1" rel="noopener noreferrer">' in page
    assert f'href="/stories/{story[1]}"' in page


def test_hostile_texts_stay_texts(site: Site, newsroom: Newsroom) -> None:
    """S12: markup in titles, names, texts, reasons and passages is shown, never interpreted."""
    feed = newsroom.feed("https://evil.example/rss", HOSTILE)
    why = Grouping(GroupingKind.FIRST, None, None, 0.0, HOSTILE)
    article_id, story_id = newsroom.publish(feed, HOSTILE, HOSTILE, NOW - timedelta(minutes=5), why)
    subscription = newsroom.subscription(HOSTILE, "x", HOSTILE)
    newsroom.alert(subscription, article_id, HOSTILE, ("alert", "<script>"), NOW)
    newsroom.beat(HOSTILE, NOW, **{HOSTILE: HOSTILE})
    for path in ("/", "/live", f"/stories/{story_id}", f"/articles/{article_id}"):
        page = site.page(path).body
        outline = Outline(page)
        assert "img" not in outline.tags, path
        assert not [one for one in outline.attributes if one.startswith("on")], path
        assert page.count("<script") == (2 if path == "/" else 0), path
        assert "{{7*7}}" in unescape(page), path
        assert "'49" not in page, path


def test_only_web_addresses_are_linked(site: Site, newsroom: Newsroom) -> None:
    """S12: an article whose address is no http address shows it as text."""
    feed = newsroom.feed("https://evil.example/rss", "Evil")
    url = "https://evil.example/1"
    newsroom.poll(feed, newsroom.entry(url, "Title", NOW))
    [task] = newsroom.take(10, NOW)
    article_id, _ = newsroom.article(task, "Text.", NOW, url="javascript:alert(1)")
    page = site.page(f"/articles/{article_id}").body
    assert "javascript:alert(1)" in page
    assert not [link for link in Outline(page).links if "javascript" in link]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/stories/999", 404),
        ("/stories/none", 404),
        ("/articles/999", 404),
        ("/articles/99999999999999999999999", 404),
        ("/no-such-page", 404),
        ("/static/../app.py", 404),
        ("/static/%2e%2e/app.py", 404),
    ],
)
def test_wrong_addresses_get_a_page_that_helps(site: Site, path: str, status: int) -> None:
    """404 in the layout of all pages for people, JSON for programs, the same headers for both."""
    page, plain = site.page(path), site.ask(path)
    assert (page.status, plain.status) == (status, status)
    assert "Nothing here" in text_of(page.body)
    assert plain.json["error"] == "Nothing here"
    assert page.headers["content-security-policy"] == STRICT_POLICY
    assert plain.headers["content-security-policy"] == SANDBOX_POLICY


def test_an_unexpected_error_shows_no_traceback(
    make_app: Callable[..., FastAPI], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A 500 carries the headers and the layout; what happened is in the log only."""

    def broken(*_: object) -> None:
        raise RuntimeError("canary-secret")

    monkeypatch.setattr("dashboard.freshest.look_at_overview", broken)
    with serving(make_app()) as site:
        answer = site.page("/")
    assert answer.status == 500
    assert "Something broke" in answer.body
    assert "canary-secret" not in answer.body
    assert "Traceback" not in answer.body
    assert answer.headers["content-security-policy"] == STRICT_POLICY
    assert "canary-secret" in caplog.text
