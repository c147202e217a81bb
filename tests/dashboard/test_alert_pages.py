"""The history of alerts, deliveries, channels, and the page that says why."""

import re
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import quote, urlencode

import pytest
from starlette.exceptions import HTTPException

from config.settings import WebSettings
from dashboard.app import create_app
from dashboard.may import Visitor
from dashboard.subscriptions.alert_pages import replay_own
from dashboard.subscriptions.channels import Channels
from pipeline.errors import Permanent
from pipeline.model import Alert, DeliveryState, Grouping, GroupingKind, Reason, Role
from pipeline.rule import HoldReason
from pipeline.store import alerts, deliveries, digests, history, receivers, subscriptions, users
from tests.dashboard.conftest import NOW, Clock, FixedQueue
from tests.dashboard.newsroom import Newsroom
from tests.dashboard.serving import Site, serving
from tests.dashboard.test_pages import HOSTILE, Outline, text_of


async def _refuse(name: str) -> str:
    raise Permanent(Reason.RECEIVER_REFUSED, f"{name} answered 404")


@pytest.fixture
def desk(newsroom: Newsroom, clock: Clock) -> Iterator[Site]:
    """Give a dashboard that knows a channel which refuses."""
    channels = Channels({"desk": "webhook"}, _refuse)
    app = create_app(newsroom.database, WebSettings(), FixedQueue(), clock=clock, channels=channels)
    with serving(app) as site:
        yield site


@pytest.fixture
def alert(newsroom: Newsroom) -> Alert:
    """Raise an alert that one channel took and one refused; the story has a second article that does not meet it."""
    gazette = newsroom.feed("https://gazette.example/rss?key=canary", "")
    article_id, story_id = newsroom.publish(gazette, "Ferry strike", "The ferry stays in port.", NOW)
    joined = Grouping(GroupingKind.REPORT, story_id, article_id, 0.7, "strike")
    newsroom.publish(gazette, "Boats idle", "No boat left.", NOW + timedelta(seconds=1), joined)
    number = newsroom.subscription("Ferries", "ferry NOT football", "desk", "mail")
    raised = newsroom.alert(number, article_id, "The ferry stays in port.", ("ferry",), NOW)
    newsroom.deliver(raised, NOW, mail=Reason.RECEIVER_REFUSED)
    return raised


def test_the_history_shows_every_delivery(site: Site, newsroom: Newsroom, alert: Alert) -> None:
    """R34: sent with the answer, parked with the reason and a button; one subscription can be seen alone."""
    newsroom.alert(newsroom.subscription("Others", "port"), alert.article_id, "in port", ("port",), NOW)
    text = text_of(site.page("/alerts").body)
    assert "desk sent" in text
    assert "mail parked (dead letter)" in text
    assert "Others" in text
    alone = site.page("/alerts?subscription=Ferries").body
    assert "Alerts of Ferries" in text_of(alone)
    assert "/subscriptions/2" not in alone
    assert "The <mark>ferry</mark> stays in port." in alone
    assert "No such subscription" in text_of(site.page("/alerts?subscription=nobody").body)


def test_older_alerts_follow(site: Site, newsroom: Newsroom, alert: Alert) -> None:
    """A page ends with the address of the next, and each alert stands on one page."""
    for number in range(50):
        newsroom.alert(newsroom.subscription(f"Topic {number}", "port"), alert.article_id, "x", (), NOW)
    first = site.page("/alerts").body
    [more] = [link for link in Outline(first).links if "before=" in link]
    assert "Ferries" not in re.sub(r"<datalist.*?</datalist>|<table.*?</table>", "", first, flags=re.DOTALL)
    assert "The <mark>ferry</mark> stays" in site.page(more).body


def test_a_held_alert_says_when_its_digest_comes(newsroom: Newsroom, site: Site, alert: Alert) -> None:
    """An alert in a digest has the digest's deliveries, and before that its time."""
    due = NOW + timedelta(hours=3)
    with newsroom.database.write() as tx:
        number = digests.join(tx, alert.subscription_id, due, NOW)
        assert number is not None
        alerts.hold(tx, alert.id, number, HoldReason.QUIET)
    assert "held (quiet) for the digest in 3 h" in text_of(site.page("/alerts").body)
    with newsroom.database.write() as tx:
        digests.close_due(tx, due)
        [told] = history.page(tx, None, 9)
    assert {one.channel for one in told.deliveries} == {"desk", "mail"}
    assert all(one.digest_id == number for one in told.deliveries)


@pytest.mark.usefixtures("alert")
def test_a_dead_letter_is_sent_again_with_its_id(site: Site, newsroom: Newsroom) -> None:
    """R5, R34: it waits again under the id it had; what is not parked is left alone."""
    with newsroom.database.read() as tx:
        [parked] = deliveries.recent(tx, 9, DeliveryState.PARKED)
    assert parked.public_id in site.page("/alerts/deliveries?state=parked").body
    answer = site.post(f"/alerts/deliveries/{parked.id}/replay")
    assert "1 delivery waits to be sent again" in text_of(site.page(answer.headers["location"]).body)
    with newsroom.database.read() as tx:
        again = deliveries.get(tx, parked.id)
    assert (again.state, again.public_id) == (DeliveryState.WAITING, parked.public_id)
    assert site.post(f"/alerts/deliveries/{parked.id}/replay").status == 409
    assert site.post("/alerts/deliveries/999/replay").status == 404


def test_a_dead_letter_of_a_removed_subscription_is_sent_again_by_its_owner(newsroom: Newsroom, alert: Alert) -> None:
    """R34: its owner may, after it was removed too; another still may not."""
    with newsroom.database.write() as tx:
        owner, other = (users.add(tx, name, Role.EDITOR, None, NOW) for name in ("ruth", "omar"))
        subscriptions.give_to(tx, alert.subscription_id, owner.id)
        subscriptions.remove(tx, alert.subscription_id)
        [parked] = deliveries.recent(tx, 9, DeliveryState.PARKED)
        with pytest.raises(HTTPException, match="403"):
            replay_own(tx, parked.id, Visitor(other.id, "omar", Role.EDITOR), NOW)
        assert replay_own(tx, parked.id, Visitor(owner.id, "ruth", Role.EDITOR), NOW)


@pytest.mark.usefixtures("alert")
def test_all_dead_letters_are_sent_again_at_once(site: Site, newsroom: Newsroom) -> None:
    """R34: one click for all of them; sent ones stay sent."""
    assert site.post("/alerts/deliveries/replay").headers["location"].endswith("replayed=1")
    with newsroom.database.read() as tx:
        counts = deliveries.count_by_state(tx)
    assert (counts[DeliveryState.PARKED], counts[DeliveryState.WAITING], counts[DeliveryState.SENT]) == (0, 1, 1)


@pytest.mark.parametrize("path", ["/alerts/deliveries/replay", "/alerts/deliveries/2/replay", "/channels/test"])
@pytest.mark.usefixtures("alert")
def test_foreign_pages_send_nothing(desk: Site, newsroom: Newsroom, path: str) -> None:
    """S14: a form on another site is refused."""
    assert desk.post(path, "channel=desk", origin="https://evil.example").status == 403
    with newsroom.database.read() as tx:
        assert deliveries.count_by_state(tx)[DeliveryState.PARKED] == 1


# Channels


def test_channels_show_how_they_behave(desk: Site, newsroom: Newsroom) -> None:
    """A receiver that failed says why and until when it rests; it can be asked again at once."""
    with newsroom.database.write() as tx:
        for _ in range(3):
            receivers.failed(tx, "desk", Reason.TIMED_OUT, NOW)
        receivers.rest(tx, "desk", NOW + timedelta(minutes=5))
    text = text_of(desk.page("/channels").body)
    assert "rests after 3 failures, asked again in 5 min" in text
    assert "Timed out, failing since" in text
    desk.post("/channels/resume", urlencode({"channel": "desk"}))
    assert "works" in text_of(desk.page("/channels").body)


@pytest.mark.parametrize(("name", "said"), [("desk", "Not taken: receiver refused: desk answered 404")])
def test_a_refusal_of_a_test_is_shown(desk: Site, name: str, said: str) -> None:
    """The answer stands beside the channel."""
    assert said in text_of(desk.post("/channels/test", urlencode({"channel": name})).body)


def test_a_dashboard_without_channels_says_so(site: Site) -> None:
    """Nothing is sent by a dashboard that was given nothing to send with."""
    assert "cannot send" in text_of(site.post("/channels/test", "channel=desk").body)


# Why


def test_why_shows_the_way_and_the_place(site: Site, alert: Alert) -> None:
    """Every station, each clause true or false, the place marked; a key in a feed's address is not shown (S21)."""
    page = site.page(f"/why?asked={alert.article_id}&subscription=Ferries").body
    text = text_of(page)
    for station in ("seen yes", "fetched yes", "grouped yes", "matched yes", "raised yes", "sent yes", "sent no"):
        assert station in text, station
    assert "true ferry" in text
    assert "false football" in text
    assert "<mark>ferry</mark>" in page.lower()
    assert "canary" not in page


def test_why_not_names_the_clause(site: Site, alert: Alert) -> None:
    """An article that does not meet the query says by which clause it fails."""
    text = text_of(site.page(f"/why?asked={alert.article_id + 1}&subscription={alert.subscription_id}").body)
    assert "ferry is not there" in text


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("story {story}", "Yes: alert"),
        ("http://127.0.0.1/stories/{story}", "Yes: alert"),
        ("/articles/{article}", "Yes: alert"),
        ("https://gazette.example/1", "Yes: alert"),
        ("https://nowhere.example/x", "no feed has shown this address"),
        ("story 99", "There is no story 99"),
        ("7777777", "There is no article 7777777"),
        ("story 99999999999999999999", "no feed has shown this address"),
        (HOSTILE, "no feed has shown this address"),
    ],
)
def test_why_takes_articles_stories_and_addresses(site: Site, alert: Alert, asked: str, said: str) -> None:
    """Whatever is pasted in gets an answer in words; markup in it stays text (S12)."""
    what = asked.replace("{story}", str(alert.story_id)).replace("{article}", str(alert.article_id))
    page = site.page(f"/why?asked={quote(what)}&subscription=Ferries")
    assert page.status == 200
    assert said in text_of(page.body)
    assert "img" not in Outline(page.body).tags


def test_why_of_nobody_says_so(site: Site) -> None:
    """A name that no subscription has is a sentence on the page; an empty form asks nothing."""
    assert "no subscription named or numbered" in text_of(site.page("/why?asked=1&subscription=nobody").body)
    assert site.page("/why").status == 200
