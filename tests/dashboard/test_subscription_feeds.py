"""What receivers reach without a login: the feed of a subscription, and leaving it with one click."""

import json
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest
from fastapi import FastAPI

from config.settings import WebSettings
from dashboard.app import create_app
from pipeline.alerts.links import feed_link, unsubscribe_mac
from pipeline.feeds.parse import parse
from pipeline.model import Grouping, GroupingKind, Role
from pipeline.store import subscriptions, users
from pipeline.store.database import Database
from tests.alerts.samples import HOSTILE
from tests.dashboard.conftest import NOW, PASSWORD, Clock
from tests.dashboard.newsroom import Newsroom
from tests.dashboard.serving import serving

ATOM = "{http://www.w3.org/2005/Atom}"


def key_of(database: Database, subscription_id: int) -> str:
    with database.write() as tx:
        return subscriptions.feed_key(tx, subscription_id)


@pytest.fixture
def told(newsroom: Newsroom) -> tuple[int, int, int]:
    """Make a subscription with one alert; gives its id, the article's and the story's."""
    feed = newsroom.feed("https://gazette.example/rss", "Gazette")
    at = NOW - timedelta(minutes=30)
    article_id, story_id = newsroom.publish(feed, "Ferry <strike> goes on", "Crews voted.", at)
    subscription = newsroom.subscription("Ferries", "ferry", "desk", "mail")
    newsroom.alert(subscription, article_id, "the ferry strike", ("ferry",), at)
    return subscription, article_id, story_id


def test_who_is_shut_out_reads_no_feed(newsroom: Newsroom, make_app: Callable[..., FastAPI]) -> None:
    """S13: the secret addresses of a disabled user's subscriptions lead nowhere, and again once he is let in."""
    with newsroom.database.write() as tx:
        eva = users.add(tx, "eva", Role.EDITOR, None, NOW)
        held = subscriptions.add(tx, "Ferries", "ferry", (), NOW, owner_id=eva.id)
    address = f"/alert-feeds/{key_of(newsroom.database, held.id)}.atom"
    with serving(make_app(password=PASSWORD)) as site:
        for disabled, status in ((False, 200), (True, 404), (False, 200)):
            with newsroom.database.write() as tx:
                users.set_disabled(tx, eva.id, disabled=disabled)
            assert site.ask(address).status == status


def test_a_feed_reader_can_read_it(
    newsroom: Newsroom, make_app: Callable[..., FastAPI], told: tuple[int, int, int]
) -> None:
    """Both forms, with a password set and no session; our own parser reads the Atom."""
    key = key_of(newsroom.database, told[0])
    with serving(make_app(password=PASSWORD)) as site:
        atom = site.ask(f"/alert-feeds/{key}.atom")
        told_json = json.loads(site.ask(f"/alert-feeds/{key}.json").body)
        assert site.ask("/").status != 200
    assert (atom.status, atom.headers["content-type"]) == (200, "application/atom+xml; charset=utf-8")
    parsed = parse(atom.body.encode(), url="https://watch.example/feed", now=NOW)
    [entry] = parsed.entries
    assert (entry.title, entry.author) == ("Ferry <strike> goes on", "gazette.example")
    assert "ferry strike" in entry.content
    [item] = told_json["items"]
    assert item["id"] == entry.guid
    assert "<b>ferry</b>" in item["content_html"]


def test_what_is_unchanged_is_not_sent_again(
    newsroom: Newsroom, make_app: Callable[..., FastAPI], told: tuple[int, int, int]
) -> None:
    """304 for the tag and for the date; a story that grows is a quiet edit: same id, other count, other tag."""
    subscription, article_id, story_id = told
    path = f"/alert-feeds/{key_of(newsroom.database, subscription)}.atom"
    with serving(make_app()) as site:
        first = site.ask(path)
        assert site.ask(path, if_none_match=first.headers["etag"]).status == 304
        assert site.ask(path, if_none_match=f'"other", W/{first.headers["etag"]}').status == 304
        assert site.ask(path, if_modified_since=first.headers["last-modified"]).status == 304
        assert site.ask(path, if_modified_since="nonsense").status == 200
        courier = newsroom.feed("https://courier.example/rss", "Courier")
        joined = Grouping(GroupingKind.REPORT, story_id, article_id, 0.7, "Shares terms.")
        newsroom.publish(courier, "Ferries stay in port", "No ship left.", NOW, joined)
        grown = site.ask(path, if_none_match=first.headers["etag"])
    assert grown.status == 200
    before, after = (ET.fromstring(each.body) for each in (first, grown))  # noqa: S314 - our own document
    ids = [tree.findtext(f"{ATOM}entry/{ATOM}id") for tree in (before, after)]
    assert ids[0] == ids[1]
    assert "also in 1 other outlet" in (after.findtext(f"{ATOM}entry/{ATOM}content") or "")


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_any_headline_makes_a_whole_feed(newsroom: Newsroom, make_app: Callable[..., FastAPI], text: str) -> None:
    """S12, S25: strangers' text neither breaks the document nor becomes markup in it."""
    feed = newsroom.feed("https://gazette.example/rss", "Gazette")
    article_id, _ = newsroom.publish(feed, f"Ferry {text}", "Crews voted.", NOW)
    subscription = newsroom.subscription("Ferries", "ferry", "desk")
    newsroom.alert(subscription, article_id, f"ferry {text}", ("ferry",), NOW)
    key = key_of(newsroom.database, subscription)
    with serving(make_app()) as site:
        tree = ET.fromstring(site.ask(f"/alert-feeds/{key}.atom").body)  # noqa: S314 - our own document
        item = json.loads(site.ask(f"/alert-feeds/{key}.json").body)["items"][0]
    for content in (tree.findtext(f"{ATOM}entry/{ATOM}content") or "", item["content_html"]):
        assert "<script" not in content
        assert "<img" not in content


def test_a_hub_is_named_only_where_one_is_a_channel(
    newsroom: Newsroom, sqlite_database: Database, clock: Clock, told: tuple[int, int, int]
) -> None:
    """The feed names the hub that its subscription tells, and no other; its own address is the one set."""
    key = key_of(newsroom.database, told[0])
    hubs = {"desk": "https://hub.example/", "elsewhere": "https://other.example/"}
    app = create_app(sqlite_database, WebSettings(), hubs=hubs, site_url="https://watch.example", clock=clock)
    with serving(app) as site:
        tree = ET.fromstring(site.ask(f"/alert-feeds/{key}.atom").body)  # noqa: S314 - our own document
        document = json.loads(site.ask(f"/alert-feeds/{key}.json").body)
    links = {link.get("rel"): link.get("href") for link in tree.findall(f"{ATOM}link")}
    assert links["hub"] == "https://hub.example/"
    assert links["self"] == feed_link("https://watch.example", key)
    assert document["hubs"] == [{"type": "WebSub", "url": "https://hub.example/"}]


def test_leaving_takes_one_click(
    newsroom: Newsroom, make_app: Callable[..., FastAPI], told: tuple[int, int, int]
) -> None:
    """RFC 8058: a POST from anywhere, without session or cookie, leaves; opening the link does not; twice is fine."""
    with newsroom.database.read() as tx:
        key = subscriptions.find_leave_key(tx, told[0])
    assert key
    path = f"/unsubscribe/{told[0]}/mail/{unsubscribe_mac(key, 'mail')}"
    with serving(make_app(password=PASSWORD)) as site:
        assert "Ferries" in site.ask(path).body
        assert _channels(newsroom.database, told[0]) == ("desk", "mail")
        for _ in range(2):
            assert site.post(path, "List-Unsubscribe=One-Click", origin="https://mail.example").status == 200
            assert _channels(newsroom.database, told[0]) == ("desk",)


@pytest.mark.parametrize("channel", ["desk/night", "a/b/c", "50% ?#&"])
def test_any_name_of_a_channel_can_be_left(newsroom: Newsroom, make_app: Callable[..., FastAPI], channel: str) -> None:
    """The link as it stands in the message leads to its question, whatever its channel is called."""
    subscription = newsroom.subscription("Ferries", "ferry", channel)
    with newsroom.database.read() as tx:
        key = subscriptions.find_leave_key(tx, subscription)
    assert key
    path = f"/unsubscribe/{subscription}/{quote(channel, safe='')}/{unsubscribe_mac(key, channel)}"
    with serving(make_app(password=PASSWORD)) as site:
        assert "Ferries" in site.ask(path).body
        assert site.post(path, "List-Unsubscribe=One-Click", origin="https://mail.example").status == 200
    assert _channels(newsroom.database, subscription) == ()


@pytest.mark.parametrize("path", ["/alert-feeds/wrong.atom", "/alert-feeds/wrong.txt", "/unsubscribe/1/mail/wrong"])
def test_a_wrong_secret_is_a_page_that_is_not_there(
    make_app: Callable[..., FastAPI], told: tuple[int, int, int], path: str
) -> None:
    """Nobody learns whether the subscription exists; nothing changes."""
    assert told
    with serving(make_app(password=PASSWORD)) as site:
        assert site.ask(path).status == 404
        assert site.post(path).status in {404, 405}


def test_whoever_reads_the_feed_cannot_leave_for_others(
    newsroom: Newsroom, make_app: Callable[..., FastAPI], told: tuple[int, int, int]
) -> None:
    """The secret in the feed's address, which hubs and readers know, opens no address of unsubscription."""
    path = f"/unsubscribe/{told[0]}/mail/{unsubscribe_mac(key_of(newsroom.database, told[0]), 'mail')}"
    with serving(make_app(password=PASSWORD)) as site:
        assert site.post(path, "List-Unsubscribe=One-Click", origin="https://mail.example").status == 404
    assert _channels(newsroom.database, told[0]) == ("desk", "mail")


def _channels(database: Database, subscription_id: int) -> tuple[str, ...]:
    with database.read() as tx:
        return subscriptions.get(tx, subscription_id).channels
