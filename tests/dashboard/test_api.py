"""The API: who may ask what, what comes back, and what is said of mistakes."""

import json
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode

import pytest

from config.settings import WebSettings
from dashboard.app import create_app
from pipeline.model import CoverageKind, EntryState, Finding, Grouping, GroupingKind, Reason, Scope
from pipeline.store import coverage, entries, tokens
from pipeline.store.adding import Quota
from tests.dashboard.conftest import NOW, PASSWORD, Clock, FixedQueue
from tests.dashboard.newsroom import Newsroom
from tests.dashboard.serving import Answer, Site, serving
from tests.stories.making import AGENCY, OTHER
from tests.test_accept import news, taken
from tests.test_revise import reads
from workers.feed_rules import FeedRules


@pytest.fixture
def token(newsroom: Newsroom) -> Callable[..., str]:
    """Give a maker of Authorization headers."""

    def make(scope: Scope = Scope.READ, name: str = "") -> str:
        with newsroom.database.write() as tx:
            _, text = tokens.make(tx, name or scope.value, scope, NOW)
        return f"Bearer {text}"

    return make


@pytest.fixture
def story(newsroom: Newsroom) -> tuple[int, int]:
    """Make a story of two articles; gives the first one's and the story's number."""
    gazette = newsroom.feed("https://gazette.example/rss?key=canary", "Gazette")
    at = NOW - timedelta(minutes=30)
    article_id, story_id = newsroom.publish(gazette, "Ferry strike", "Crews voted.", at)
    joined = Grouping(GroupingKind.REPORT, story_id, article_id, 0.7, "ferry, strike")
    newsroom.publish(gazette, "Ferries stay in port", "No ship left.", at + timedelta(minutes=5), joined)
    return article_id, story_id


def send(site: Site, method: str, path: str, body: object = None, **headers: str) -> Answer:
    """Send JSON as a program would."""
    return site.ask(
        f"/api/v1{path}",
        method=method,
        body="" if body is None else json.dumps(body),
        content_type="application/json",
        **headers,
    )


# Who may ask


def test_without_a_token_nothing_is_answered(guarded: Site) -> None:
    """S13, S27: every route of the description refuses a stranger, and so does the description."""
    routes = guarded.ask("/api/v1/openapi.json")
    assert routes.status == 401
    for path in ("/stories", "/alerts", "/feeds", "/queue", "/tokens", "/users", "/events", "/no-such"):
        assert send(guarded, "GET", path).status == 401, path


def test_every_route_needs_its_scope(guarded: Site, token: Callable[..., str]) -> None:
    """S27: a reading token reads and changes nothing, a writing one makes no tokens; all routes are asked."""
    read, write = token(Scope.READ), token(Scope.WRITE)
    description = guarded.ask("/api/v1/openapi.json", authorization=read).json
    asked = [(method.upper(), path) for path, methods in description["paths"].items() for method in methods]
    assert len(asked) > 15
    for method, path in asked:
        plain = path.format_map(defaultdict(lambda: 1))
        if method != "GET":
            assert send(guarded, method, plain, {}, authorization=read).status == 403, (method, path)
        if path.startswith(("/tokens", "/users")):
            assert send(guarded, method, plain, {}, authorization=write).status == 403, (method, path)


@pytest.mark.parametrize("given", ["Bearer swt_wrong", "Bearer", "Basic YTpi", "", "Bearer \u00e9"])
def test_a_wrong_token_is_refused(guarded: Site, given: str) -> None:
    """S27: what is no token of ours is refused, whatever its form."""
    assert send(guarded, "GET", "/stories", authorization=given).status == 401


def test_a_revoked_token_is_refused_at_once(guarded: Site, newsroom: Newsroom, token: Callable[..., str]) -> None:
    """S27: the next request after the revocation fails."""
    given = token(name="archive")
    assert send(guarded, "GET", "/stories", authorization=given).status == 200
    with newsroom.database.write() as tx:
        tokens.revoke(tx, "archive")
    assert send(guarded, "GET", "/stories", authorization=given).status == 401


@pytest.mark.parametrize("name", ["token", "access_token", "API_KEY"])
def test_a_token_in_an_address_is_refused(guarded: Site, token: Callable[..., str], name: str) -> None:
    """S27: header only; an address that carries a token is refused, also beside a good header."""
    given = token()
    text = given.removeprefix("Bearer ")
    assert send(guarded, "GET", f"/stories?{name}={text}", authorization=given).status == 400


def test_guessing_is_slowed(guarded: Site, token: Callable[..., str]) -> None:
    """S27: wrong tokens from one address are told to wait; whoever shares it with a right one is still heard."""
    given = token()
    answers = [send(guarded, "GET", "/stories", authorization=f"Bearer guess{n}").status for n in range(9)]
    assert answers[-1] == 429
    assert send(guarded, "GET", "/stories", authorization=given).status == 200


def test_wrong_tokens_do_not_lock_the_login(guarded: Site) -> None:
    """S13, S27: a program with a revoked token on the same machine keeps nobody from signing in."""
    for number in range(20):
        send(guarded, "GET", "/stories", authorization=f"Bearer guess{number}")
    form = guarded.page("/login")
    token = form.body.split('name="token" value="')[1].split('"')[0]
    visit = form.cookies["storywatch_visit"].split(";")[0]
    body = urlencode({"token": token, "password": PASSWORD, "next": "/"})
    assert guarded.post("/login", body, cookie=visit).status == 303


def test_a_use_is_noted(guarded: Site, newsroom: Newsroom, token: Callable[..., str]) -> None:
    """S27: whoever gives out tokens sees when each was used last."""
    send(guarded, "GET", "/stories", authorization=token())
    with newsroom.database.read() as tx:
        assert [one.last_used_at for one in tokens.list_all(tx)] == [NOW]


def test_a_foreign_page_cannot_use_the_session(site: Site) -> None:
    """S14: without a token the rules of pages hold, so another site's form changes nothing."""
    answer = send(site, "POST", "/feeds", {"url": "https://a.example/"}, origin="https://evil.example")
    assert answer.status == 403


# What comes back


def test_stories_are_listed_page_by_page(site: Site, newsroom: Newsroom) -> None:
    """Each story is on one page, and `next` leads from one to the other."""
    feed = newsroom.feed("https://gazette.example/rss")
    for number in range(5):
        newsroom.publish(feed, f"Title {number}", f"Text {number}.", NOW - timedelta(minutes=9 - number))
    seen: list[int] = []
    cursor = ""
    while cursor is not None and len(seen) < 9:
        page = send(site, "GET", f"/stories?limit=2&cursor={cursor}").json
        seen += [one["id"] for one in page["items"]]
        cursor = page["next"]
    assert seen == [5, 4, 3, 2, 1]


def test_a_story_has_its_articles_and_reasons(site: Site, story: tuple[int, int]) -> None:
    """The story's articles come with why each is there; the text is the article's own route."""
    found = send(site, "GET", f"/stories/{story[1]}").json
    assert [(one["kind"], one["why"], one["text"]) for one in found["articles"]][1] == ("report", "ferry, strike", "")
    assert send(site, "GET", f"/articles/{story[0]}").json["text"] == "Crews voted."


@pytest.mark.usefixtures("story")
def test_a_feeds_key_is_not_shown(site: Site) -> None:
    """S21: the query of a feed's address, where keys hide, leaves no answer."""
    answer = send(site, "GET", "/feeds")
    assert answer.json["items"][0]["address"] == "gazette.example/rss?…"
    assert "canary" not in answer.body


def test_a_feed_is_added_paused_and_removed(guarded: Site, token: Callable[..., str]) -> None:
    """What the command line does to a feed, a program can do."""
    auth = {"authorization": token(Scope.WRITE)}
    made = send(guarded, "POST", "/feeds", {"url": "https://new.example/rss", "folder": "News"}, **auth)
    assert (made.status, made.json["folder"], made.json["state"]) == (201, "News", "active")
    number = made.json["id"]
    assert send(guarded, "POST", f"/feeds/{number}/pause", **auth).json["state"] == "paused"
    assert send(guarded, "POST", f"/feeds/{number}/resume", **auth).json["state"] == "active"
    assert send(guarded, "DELETE", f"/feeds/{number}", **auth).status == 204
    assert send(guarded, "GET", f"/feeds/{number}", **auth).status == 404


def test_a_program_cannot_exceed_the_quota(newsroom: Newsroom) -> None:
    """S35: feeds of one host are bounded for programs too."""
    rules = FeedRules(quota=Quota(100, 1))
    app = create_app(newsroom.database, WebSettings(), FixedQueue(), clock=Clock(), feed_rules=rules)
    with serving(app) as site:
        added = [
            send(site, "POST", "/feeds", {"url": f"https://victim.example/{n}"}, origin=site.origin) for n in range(2)
        ]
    assert [answer.status for answer in added] == [201, 400]
    assert "feeds.host_limit" in added[1].json["detail"]


def test_failures_are_seen_and_given_up(site: Site, newsroom: Newsroom) -> None:
    """A program sees the groups of failures and drops one."""
    newsroom.poll(newsroom.feed("https://slow.example/rss"), newsroom.entry("https://slow.example/1", "One", NOW))
    [task] = newsroom.take(1, NOW)
    with newsroom.database.write() as tx:
        entries.put_back(tx, task.entry_id, task.token, NOW, NOW, Reason.TIMED_OUT, "late")
    [group] = send(site, "GET", "/queue").json["troubles"]
    assert (group["host"], group["reason"], group["count"]) == ("slow.example", "timed_out", 1)
    same = {"host": group["host"], "reason": group["reason"]}
    assert send(site, "POST", "/queue/failures/drop", same, origin=site.origin).json == {"count": 1}
    with newsroom.database.read() as tx:
        assert entries.count_by_state(tx)[EntryState.DROPPED] == 1


def test_a_tokens_name_may_hold_a_slash(guarded: Site, token: Callable[..., str]) -> None:
    """Whatever name was given, the token can be taken back."""
    admin = {"authorization": token(Scope.ADMIN)}
    assert send(guarded, "POST", "/tokens", {"name": "desk/archive"}, **admin).status == 201
    assert send(guarded, "DELETE", "/tokens/desk%2Farchive", **admin).status == 204


def test_nobody_sends_without_end(guarded: Site, token: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    """S35: JSON beyond the cap is refused while it comes, and not kept whole first."""
    monkeypatch.setattr("dashboard.uploads.BODY_BYTES", 2_000)
    writer = {"authorization": token(Scope.WRITE)}
    answer = send(guarded, "POST", "/subscriptions/check", {"query": "x" * 5_000}, **writer)
    assert (answer.status, answer.json["detail"]) == (413, "")
    assert send(guarded, "POST", "/subscriptions/check", {"query": "ferry"}, **writer).status == 200


def test_a_token_is_made_and_shown_once(guarded: Site, token: Callable[..., str]) -> None:
    """An admin's token makes others; the list does not show them."""
    admin = token(Scope.ADMIN)
    made = send(guarded, "POST", "/tokens", {"name": "archive"}, authorization=admin).json
    assert send(guarded, "GET", "/stories", authorization=f"Bearer {made['token']}").status == 200
    assert made["token"] not in send(guarded, "GET", "/tokens", authorization=admin).body


# Mistakes


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "words"),
    [
        ("GET", "/stories/999", None, 404, "no story 999"),
        ("GET", "/stories/x", None, 422, "story_id"),
        ("GET", "/stories?cursor=x", None, 422, "cursor"),
        ("GET", "/stories?since=1700000000", None, 422, "write it as in"),
        ("GET", "/stories?since=2026-03-01T12:00:00", None, 422, "timezone"),
        ("GET", "/stories?limit=100000", None, 422, "limit"),
        ("POST", "/feeds", {"url": "ftp://a.example/"}, 422, "url"),
        ("POST", "/feeds", {"url": "https://a.example/", "colour": "red"}, 422, "colour"),
        ("POST", "/feeds", {"url": "http://[::1/"}, 400, "http or https"),
        ("POST", "/deliveries/7/replay", None, 404, "no delivery 7"),
        ("DELETE", "/tokens/none", None, 404, "tokens list"),
    ],
)
def test_mistakes_are_told(site: Site, method: str, path: str, body: Any, status: int, words: str) -> None:
    """Each mistake has its status and says what was wrong."""
    answer = send(site, method, path, body, origin=site.origin)
    assert answer.status == status
    assert words in answer.json["detail"]


def test_an_address_names_the_methods_it_takes(site: Site) -> None:
    """RFC 9110, 15.5.6: a 405 lists them all, not only those of the first route."""
    answer = send(site, "PUT", "/feeds", {}, origin=site.origin)
    assert (answer.status, answer.headers["allow"]) == (405, "GET, POST")


# What comes as it happens


def _events(
    site: Site, wanted_count: int, then: Callable[[], object] = lambda: None, **headers: str
) -> list[tuple[str, Any]]:
    """Read the stream until as many events have come; `then` is done when it stands."""
    connection = HTTPConnection("127.0.0.1", site.port, timeout=90)
    connection.request(
        "GET", "/api/v1/events", headers={name.replace("_", "-"): text for name, text in headers.items()}
    )
    response = connection.getresponse()
    found: list[tuple[str, Any]] = []
    name = ""
    while len(found) < wanted_count:
        line = response.readline().decode().rstrip("\n")
        if line == ": connected":
            then()
        name = line.removeprefix("event: ") if line.startswith("event: ") else name
        if line.startswith("data: "):
            found.append((name, json.loads(line.removeprefix("data: "))))
    connection.close()
    return found


def test_events_go_on_behind_the_last_one_seen(site: Site, newsroom: Newsroom, story: tuple[int, int]) -> None:
    """A client that lost its connection names the last alert it saw, and gets those after it, once each."""
    raised = []
    for name in ("One", "Two", "Three"):
        subscription = newsroom.subscription(name, "ferry")
        raised.append(newsroom.alert(subscription, story[0], "Crews voted.", ("voted",), NOW))
    found = _events(site, 2, last_event_id=str(raised[0].id))
    assert [(name, data["subscription_name"]) for name, data in found] == [("alert", "Two"), ("alert", "Three")]


def test_stories_and_alerts_are_told_as_they_come(site: Site, newsroom: Newsroom, story: tuple[int, int]) -> None:
    """What was there before is not told again; a new story and its alert come while the stream stands."""
    feed = newsroom.feed("https://courier.example/rss", "Courier")
    subscription = newsroom.subscription("Bakers", "bread")

    def publish() -> None:
        article_id, _ = newsroom.publish(feed, "Bread gets dearer", "Ovens are cold.", NOW)
        newsroom.alert(subscription, article_id, "Ovens are cold.", ("Ovens",), NOW)

    found = dict(_events(site, 2, publish))
    assert found.keys() == {"story", "alert"}
    assert found["story"]["id"] == found["alert"]["story_id"] != story[1]
    assert found["alert"]["subscription_name"] == "Bakers"


# Edits, search and the hand


def test_texts_and_differences_are_read(site: Site, newsroom: Newsroom) -> None:
    """Revisions with what an edit changed, the way of an article, and how two articles differ."""
    with newsroom.database.write() as tx:
        first, copy = taken(tx, 1, news(1, AGENCY)), taken(tx, 2, news(2, AGENCY))
        reads(tx, first, AGENCY.replace("eleven", "twelve"))
    at = f"/articles/{first.article_id}"
    texts = send(site, "GET", f"{at}/revisions").json["items"]
    assert [(one["number"], one["cause"]) for one in texts] == [(1, "checked"), (2, None)]
    change = send(site, "GET", f"{at}/revisions/2/difference").json
    assert (change["added_count"], change["removed_count"]) == (1, 1)
    assert {"kind": "added", "text": "twelve"} in change["text"]
    assert send(site, "GET", f"{at}/revisions/1/difference").status == 404
    stages = [step["stage"] for step in send(site, "GET", f"{at}/way").json["items"]]
    assert {"seen", "grouped", "edited"} <= set(stages)
    beside = send(site, "GET", f"{at}/beside/{copy.article_id}").json
    assert {"kind": "removed", "text": "twelve"} in beside["text"]


def test_the_archive_is_searched(site: Site, newsroom: Newsroom) -> None:
    """Stories with hits in pages; a query's fault comes with its position."""
    with newsroom.database.write() as tx:
        for number, text in enumerate((AGENCY, OTHER), 1):
            taken(tx, number, news(number, text))
    page = send(site, "GET", "/search?q=lock+OR+ovens&limit=1").json
    assert [len(page["items"]), page["next"]] == [1, "1"]
    page = send(site, "GET", f"/search?q=lock+OR+ovens&limit=1&cursor={page['next']}").json
    assert page["next"] is None
    assert page["items"][0]["hits"][0]["matched"] == ["lock"]
    refused = send(site, "GET", "/search?q=lock+AND+(")
    assert (refused.status, "position" in refused.json) == (400, True)


def test_stories_are_mended_by_programs(site: Site, newsroom: Newsroom, token: Callable[..., str]) -> None:
    """Merge, split, apart and undo give the act; a token that only reads may not."""
    with newsroom.database.write() as tx:
        one, other = taken(tx, 1, news(1, AGENCY)), taken(tx, 2, news(2, OTHER))
    home, body = f"/stories/{one.story_id}", {"other": other.story_id}
    assert send(site, "POST", f"{home}/merge", body, authorization=token()).status == 403
    write = token(Scope.WRITE)
    act = send(site, "POST", f"{home}/merge", body, authorization=write).json
    assert (act["kind"], act["by_hand"]) == ("merge", True)
    assert send(site, "POST", f"/stories/acts/{act['id']}/undo", authorization=write).json["undone_at"]
    assert send(site, "POST", f"{home}/apart", body, authorization=write).json["kind"] == "apart"
    assert send(site, "POST", f"{home}/split", {"articles": [other.article_id]}, authorization=write).status == 400
    assert [act["kind"] for act in send(site, "GET", f"{home}/acts").json["items"]] == ["merge", "apart"]


def test_the_overview_is_told_to_programs(site: Site, newsroom: Newsroom, story: tuple[int, int]) -> None:
    """Counts, pace, processes and what needs a hand, as the first page shows them; no key of a feed."""
    del story
    newsroom.beat("poller", NOW, host="h")
    with newsroom.database.write() as tx:
        found = Finding(CoverageKind.FEED_DEAD, "https://gazette.example/rss?key=canary", "gone")
        coverage.open_all(tx, [found], (), NOW)
    told = send(site, "GET", "/overview").json
    assert (told["article_count"], told["story_count"], told["queue_depths"]) == (2, 1, {"pages": 3, "deliveries": 0})
    assert told["missing"] == ["deliverer", "dispatcher", "worker"]
    assert [one["kind"] for one in told["processes"]] == ["poller"]
    assert told["paces"]["hour"]["whole"]["article_count"] == 2
    assert len(told["paces"]["day"]["slices"]) == 96
    assert [(one["kind"], "canary" in str(one)) for one in told["incidents"]] == [("feed_dead", False)]
    assert "canary" not in site.page("/").body


def test_a_story_is_told_with_what_it_was_made_from(site: Site, story: tuple[int, int]) -> None:
    """Who tells it, in which words, and for each article the text it repeats; an article with its sources."""
    told = send(site, "GET", f"/stories/{story[1]}").json
    assert (told["outlets"], told["own_outlets"], told["grown_6h"]) == ({"gazette.example": 2}, ["gazette.example"], 2)
    assert [(one["why"] != "", one["copy_of"], one["compared"]) for one in told["articles"]] == [(True, None, [])] * 2
    article = send(site, "GET", f"/articles/{story[0]}").json
    assert (article["text"], article["feed_id"], article["told"]) == ("Crews voted.", 1, [])
