"""The API of subscriptions, alerts, deliveries and channels: all that the pages do."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from config.settings import WebSettings
from dashboard.app import create_app
from dashboard.subscriptions.channels import Channels
from pipeline.errors import Transient
from pipeline.model import Alert, DeliveryState, Reason, Role, Scope
from pipeline.store import deliveries, receivers, subscriptions, tokens, users
from tests.dashboard.conftest import NOW, Clock, FixedQueue
from tests.dashboard.newsroom import Newsroom
from tests.dashboard.serving import Answer, Site, serving
from tests.dashboard.test_api import send as send_bare

DRAFT = {
    "name": "Lock",
    "query": "lock AND divers",
    "channels": ["desk"],
    "rule": {"outlets": 3, "quiet": "22:00-07:00"},
}


async def _send(name: str) -> str:
    if name == "mail":
        raise Transient(Reason.TIMED_OUT)
    return "desk answered 200"


@pytest.fixture
def desk(newsroom: Newsroom, clock: Clock) -> Iterator[Site]:
    """Give a dashboard that knows two channels, on the machine itself."""
    channels = Channels({"desk": "webhook", "mail": "email"}, _send)
    app = create_app(
        newsroom.database, WebSettings(), FixedQueue(), clock=clock, channels=channels, site_url="https://news.example"
    )
    with serving(app) as site:
        yield site


@pytest.fixture
def alert(newsroom: Newsroom) -> Alert:
    """Raise an alert that one channel took and one refused."""
    feed = newsroom.feed("https://gazette.example/rss?key=canary", "Gazette")
    article_id, _ = newsroom.publish(feed, "Ferry strike", "Zelenskyy says the ferry stays in port.", NOW)
    number = newsroom.subscription("Ferries", "ferry NOT football", "desk", "mail")
    raised = newsroom.alert(number, article_id, "The ferry stays in port.", ("ferry",), NOW)
    newsroom.deliver(raised, NOW, mail=Reason.RECEIVER_REFUSED)
    return raised


def send(site: Site, method: str, path: str, body: object = None, **headers: str) -> Answer:
    """Send as a program with a token, or as a script of our own page."""
    return send_bare(
        site, method, path, body, **({} if "authorization" in headers else {"origin": site.origin}), **headers
    )


def _post(site: Site, path: str, body: object = None, **headers: str) -> Any:
    answer = send(site, "POST", path, {} if body is None else body, **headers)
    assert answer.status < 300, answer.body
    return answer.json


def test_a_subscription_lives_its_whole_life(desk: Site) -> None:
    """Made, read, changed, renamed, paused, resumed, removed and put back; what comes back is what was sent."""
    made = _post(desk, "/subscriptions", DRAFT)
    path = f"/subscriptions/{made['id']}"
    assert {key: made[key] for key in ("name", "query", "channels")} == {
        k: DRAFT[k] for k in ("name", "query", "channels")
    }
    assert (made["rule"]["outlets"], made["rule"]["quiet"], made["rule"]["texts"]) == (3, "22:00-07:00", None)
    again = {key: made[key] for key in ("name", "query", "channels", "enabled", "rule")}
    assert send(desk, "PUT", path, again).json == made
    changed = send(desk, "PUT", path, {"name": "Locks", "query": "lock", "enabled": False}).json
    assert (changed["name"], changed["enabled"], changed["channels"]) == ("Locks", False, [])
    assert _post(desk, f"{path}/resume")["enabled"]
    assert not _post(desk, f"{path}/pause")["enabled"]
    assert send(desk, "DELETE", path).status == 204
    assert send(desk, "GET", path).status == 404
    assert _post(desk, f"{path}/restore")["name"] == "Locks"
    assert [one["name"] for one in send(desk, "GET", "/subscriptions?words=LOCK").json["items"]] == ["Locks"]


def test_a_list_comes_in_pages(desk: Site, newsroom: Newsroom) -> None:
    """The cursor is the last name, whatever stands in it."""
    for name in ("Ä & B", "Beta", "Zeta"):
        newsroom.subscription(name, "word")
    first = send(desk, "GET", "/subscriptions?limit=2").json
    rest = send(desk, "GET", f"/subscriptions?limit=2&cursor={quote(first['next'])}").json
    assert sorted(one["name"] for one in first["items"] + rest["items"]) == ["Beta", "Zeta", "Ä & B"]
    assert rest["next"] is None


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"query": "lock AND ("}, 400, "never closed"),
        ({"channels": ["pager"]}, 400, "no channel is called 'pager'"),
        ({"rule": {"quiet": "late"}}, 400, "quiet: must be local hours"),
        ({"rule": {"outlets": "3"}}, 422, "outlets"),
        ({"rule": {"moon": 1}}, 422, "moon"),
        ({"name": " "}, 422, "name"),
        ({"name": "Taken"}, 400, "there is a subscription named 'Taken'"),
    ],
)
def test_what_cannot_be_made_says_why(
    desk: Site, newsroom: Newsroom, change: dict[str, object], status: int, said: str
) -> None:
    """A mistake has a status and a sentence, and nothing was stored."""
    newsroom.subscription("Taken", "boat")
    answer = send(desk, "POST", "/subscriptions", DRAFT | change)
    assert answer.status == status
    assert said in answer.json["detail"]
    with newsroom.database.read() as tx:
        assert subscriptions.names(tx, 9) == ["Taken"]


@pytest.mark.usefixtures("alert")
def test_a_query_is_checked_and_tried(desk: Site) -> None:
    """The check gives place and mend, the trial what would have been raised; a wrong query is no server error."""
    wrong = _post(desk, "/subscriptions/check", {"query": "ferry AND (strike"})
    assert (wrong["can_be_saved"], wrong["position"], wrong["suggestion"]) == (False, 10, "ferry AND (strike)")
    fine = _post(desk, "/subscriptions/check", {"query": "ferry and strike"})
    assert fine["can_be_saved"]
    assert "in lower case" in fine["remarks"][0]
    tried = _post(desk, "/subscriptions/trial", {"query": "ferry", "days": 7})
    assert (tried["alert_count"], tried["match_count"], len(tried["days"])) == (1, 1, 8)
    assert tried["samples"][0]["matched"] == ["Ferry"]
    held = _post(desk, "/subscriptions/trial", {"query": "ferry", "days": 7, "rule": {"outlets": 5}})
    assert (held["alert_count"], held["story_count"], held["held_back_count"]) == (0, 1, 1)
    assert held["missing"] == [{"condition": "at least 5 independent outlets", "story_count": 1}]
    assert send(desk, "POST", "/subscriptions/trial", {"query": "ferry", "rule": {"growth": "much"}}).status == 400
    answer = send(desk, "POST", "/subscriptions/trial", {"query": "ferry ("})
    assert (answer.status, answer.json["position"]) == (400, 6)


@pytest.mark.usefixtures("alert")
def test_spellings_are_listed(desk: Site) -> None:
    """The archive's spellings of a name come with their counts."""
    found = send(desk, "GET", "/subscriptions/variants?word=Zelensky").json["items"]
    assert [(one["spelling"], one["article_count"]) for one in found] == [("zelenskyy", 1)]


def test_a_file_goes_out_and_comes_in(desk: Site, newsroom: Newsroom) -> None:
    """What is exported reads in unchanged; a dry run stores nothing; a mistake stores nothing of the file."""
    newsroom.subscription("Ferries", "ferry", "desk")
    text = send(desk, "GET", "/subscriptions/export").body
    assert _post(desk, "/subscriptions/import", {"toml": text}) == {
        "added": 0,
        "changed": 0,
        "unchanged": 1,
        "remarks": [],
    }
    more = text.replace("'ferry'", "'boat'").replace('"ferry"', '"boat"')
    more += '\n[[subscription]]\nname = "New"\nquery = "@\\"Ferries\\" port"\nchannels = []\n'
    told = {"added": 1, "changed": 1, "unchanged": 0, "remarks": []}
    assert _post(desk, "/subscriptions/import", {"toml": more, "dry_run": True}) == told
    with newsroom.database.read() as tx:
        assert subscriptions.names(tx, 9) == ["Ferries"]
    assert _post(desk, "/subscriptions/import", {"toml": more}) == told
    wrong = more + '\n[[subscription]]\nname = "Third"\nquery = "("\nchannels = []\n'
    assert send(desk, "POST", "/subscriptions/import", {"toml": wrong}).status == 400
    with newsroom.database.read() as tx:
        assert subscriptions.names(tx, 9) == ["Ferries", "New"]


def test_feed_addresses_are_given_and_renewed(desk: Site, newsroom: Newsroom) -> None:
    """Both forms lead to the feed; renewed, the old ones lead nowhere."""
    number = newsroom.subscription("Ferries", "ferry")
    first = _post(desk, f"/subscriptions/{number}/feeds")
    assert first["atom"].startswith("https://news.example/alert-feeds/")
    assert desk.ask(first["json_feed"].removeprefix("https://news.example")).status == 200
    second = _post(desk, f"/subscriptions/{number}/feeds?renew=true")
    assert second != first
    assert desk.ask(first["atom"].removeprefix("https://news.example")).status == 404


def test_an_alert_shows_what_became_of_it(desk: Site, newsroom: Newsroom, alert: Alert) -> None:
    """With each delivery, its state and answer; a list can be of one subscription."""
    told = send(desk, "GET", f"/alerts/{alert.id}").json
    assert {one["channel"]: one["state"] for one in told["deliveries"]} == {"desk": "sent", "mail": "parked"}
    other = newsroom.subscription("Others", "port")
    assert send(desk, "GET", f"/alerts?subscription_id={other}").json["items"] == []
    assert len(send(desk, "GET", f"/alerts?subscription_id={alert.subscription_id}").json["items"]) == 1
    assert send(desk, "GET", "/alerts/999").status == 404


@pytest.mark.usefixtures("alert")
def test_dead_letters_are_listed_and_replayed(desk: Site) -> None:
    """R5, R34: one or all, each with its id."""
    [parked] = send(desk, "GET", "/deliveries?state=parked").json["items"]
    again = _post(desk, f"/deliveries/{parked['id']}/replay")
    assert (again["state"], again["public_id"]) == ("waiting", parked["public_id"])
    assert send(desk, "POST", f"/deliveries/{parked['id']}/replay", {}).status == 409
    assert _post(desk, "/deliveries/replay") == {"count": 0}


def test_delays_and_why_are_told(desk: Site, alert: Alert) -> None:
    """The same answers as on the pages; no key of a feed's address in them (S21)."""
    told = send(desk, "GET", f"/delays?subscription_id={alert.subscription_id}").json
    assert [one["name"] for one in told["subscriptions"]] == ["Ferries"]
    assert told["stages"][-1]["name"] == "all"
    why = send(desk, "GET", f"/why?asked=story%20{alert.story_id}&subscription=Ferries")
    assert why.json["got_it"]
    assert [part["holds"] for part in why.json["clauses"]["parts"]] == [True, True]
    assert "canary" not in why.body
    assert send(desk, "GET", "/why?asked=1&subscription=nobody").status == 404


def test_channels_are_listed_tested_and_asked_again(desk: Site, newsroom: Newsroom) -> None:
    """A test gives the receiver's answer, a refusal included; what rests can be asked again."""
    with newsroom.database.write() as tx:
        receivers.failed(tx, "mail", Reason.TIMED_OUT, NOW)
        receivers.rest(tx, "mail", NOW + timedelta(minutes=1))
    listed = {one["name"]: one["receiver"] for one in send(desk, "GET", "/channels").json["items"]}
    assert listed == {"desk": "works", "mail": "rests"}
    told = {"channel": "desk", "taken": True, "said": "desk answered 200"}
    assert _post(desk, "/channels/test", {"channel": "desk"}) == told
    assert _post(desk, "/channels/test", {"channel": "mail"})["said"] == "timed out"
    assert _post(desk, "/channels/resume", {"channel": "mail"})["receiver"] == "works"
    assert send(desk, "POST", "/channels/test", {"channel": "none"}).status == 404


def test_an_editors_token_changes_his_own_alone(desk: Site, newsroom: Newsroom, alert: Alert) -> None:
    """S27: a token does what its user may; each way to change another's subscription is refused."""
    with newsroom.database.write() as tx:
        eva = users.add(tx, "eva", Role.EDITOR, "x", NOW)
        _, text = tokens.make(tx, "eva", Scope.WRITE, NOW, eva.id)
        [parked] = deliveries.recent(tx, 9, DeliveryState.PARKED)
        toml = '[[subscription]]\nname = "Ferries"\nquery = "boat"\nchannels = []\n'
    bearer = f"Bearer {text}"
    own = _post(desk, "/subscriptions", DRAFT, authorization=bearer)
    assert own["owner_id"] == eva.id
    assert send(desk, "PUT", f"/subscriptions/{own['id']}", DRAFT, authorization=bearer).status == 200
    other = f"/subscriptions/{alert.subscription_id}"
    refused: list[tuple[str, str, object]] = [
        ("PUT", other, DRAFT | {"name": "Ferries"}),
        ("DELETE", other, None),
        *(("POST", f"{other}/{verb}", {}) for verb in ("pause", "resume", "feeds")),
        ("POST", "/subscriptions/import", {"toml": toml}),
        ("POST", f"/deliveries/{parked.id}/replay", {}),
        ("POST", "/deliveries/replay", {}),
        ("POST", "/channels/resume", {"channel": "desk"}),
    ]
    for method, path, body in refused:
        assert send(desk, method, path, body, authorization=bearer).status == 403, path
    with newsroom.database.read() as tx:
        assert subscriptions.get(tx, alert.subscription_id).query == "ferry NOT football"


def test_every_request_is_described_with_an_example(desk: Site) -> None:
    """A program's writer finds what to send: each body of these routes has an example that is taken for valid."""
    document = desk.ask("/api/v1/openapi.json").json
    shapes = document["components"]["schemas"]
    for name in ("SubscriptionDraftShape", "AskedQuery", "AskedTrial", "FileShape", "AskedChannel"):
        assert shapes[name]["examples"], name
    made: Answer = send(desk, "POST", "/subscriptions", shapes["SubscriptionDraftShape"]["examples"][0])
    assert made.status == 201, made.body
    assert json.loads(made.body)["name"] == "Lock"
