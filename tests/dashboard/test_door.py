"""The door before every route, over real sockets and, for visitors from elsewhere, the application itself."""

import asyncio
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from fastapi import FastAPI
from sqlalchemy import Connection
from starlette.routing import Mount, Route

from config.settings import WebSettings
from dashboard.app import create_app
from dashboard.headers import SANDBOX_POLICY, STRICT_POLICY
from dashboard.rules import SECRET_FOLDERS
from dashboard.sessions import IDLE
from dashboard.throttle import FREE_FAILURES
from pipeline.store.database import READERS, Database
from tests.dashboard.conftest import PASSWORD, Clock
from tests.dashboard.serving import Answer, Site, call, serving
from tests.dashboard.walking import routes_of

#: Examples of addresses below the mounted applications, since a mount lists no routes of its own.
BELOW = {
    "/api/v1": ["/api/v1/openapi.json", "/api/v1/stories", "/api/v1/feeds", "/api/v1/queue", "/api/v1/nothing"],
    "/static": ["/static/storywatch.css", "/static/live.js", "/static/vendor/htmx.min.js", "/static/nothing"],
    "/rq": ["/rq/", "/rq/0/data/queues.json", "/rq/static/css/main.css", "/rq/requeue/pages", "/rq/nothing"],
}
OPEN = {"/login", "/livez"}


def addresses(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Give every route with each of its methods, and examples below the mounts."""
    for route in routes_of(app):
        if isinstance(route, Mount):
            yield from ((path, method) for path in BELOW[route.path] for method in ("GET", "POST"))
        else:
            assert isinstance(route, Route)
            path = re.sub(r"\{[^}]+\}", "1", route.path)
            yield from ((path, method) for method in (route.methods or ()))


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]


def sign_in(site: Site, password: str = PASSWORD, target: str = "/", name: str = "", **headers: str) -> Answer:
    """Sign in as a browser does: load the form, send it back with its cookie and token; no usable Origin."""
    form = site.page("/login", **headers)
    visit = form.cookies["storywatch_visit"].partition(";")[0]
    body = urlencode({"token": hidden(form.body, "token"), "next": target, "name": name, "password": password})
    return site.post("/login", body, cookie=visit, accept="text/html", origin="null", **headers)


def session_of(answer: Answer) -> str:
    return answer.cookies["storywatch_session"].partition(";")[0]


def test_a_store_that_is_busy_does_not_look_dead(sqlite_database: Database) -> None:
    """R35: with every reader of the store taken, `/livez` still answers; whatever needs the store waits."""
    held, ended = threading.Event(), threading.Semaphore(0)

    def read_long(_tx: Connection) -> None:
        held.wait(60)
        ended.release()

    async def take_all() -> None:
        await asyncio.gather(*(sqlite_database.look(read_long) for _ in range(READERS)))

    readers = threading.Thread(target=asyncio.run, args=(take_all(),))
    with serving(create_app(sqlite_database, WebSettings())) as site:
        readers.start()
        try:
            assert site.ask("/livez").status == 200
            assert not ended.acquire(blocking=False), "the readers were held all the while"
        finally:
            held.set()
            readers.join()
        assert site.ask("/").status == 200


async def test_a_stranger_finds_only_the_entrance(make_app: Callable[..., FastAPI], valkey_url: str) -> None:
    """S13: of all routes and methods, a visitor without a session gets login, livez and static, and no version.

    Where the address itself is the secret, a wrong one names nothing.
    """
    app = make_app(password=PASSWORD, queue_url=valkey_url)
    answers = {(path, method): await call(app, path, method=method) for path, method in addresses(app)}
    assert len(answers) > 20
    answered = {path for (path, _), answer in answers.items() if answer.status in {200, 304}}
    static = {path for path in BELOW["/static"] if path != "/static/nothing"}
    assert answered == OPEN | static
    secret = {key: answer.status for key, answer in answers.items() if key[0].startswith(SECRET_FOLDERS)}
    assert set(secret.values()) == {404}, secret
    others = answers.keys() - secret.keys()
    closed = {key: answers[key].status for key in others if key[0] not in OPEN | set(BELOW["/static"])}
    assert len(closed) > 12
    assert set(closed.values()) <= {401, 403}, closed
    assert not [path for (path, _), answer in answers.items() if re.search(r"\b0\.1\.0\b", answer.body)]


async def test_every_answer_carries_the_headers(make_app: Callable[..., FastAPI], valkey_url: str) -> None:
    """S15: the policy, nosniff and no-referrer on every route and method, refusals and faults included."""
    for settings in ({}, {"password": PASSWORD}):
        app = make_app(queue_url=valkey_url, **settings)
        for path, method in [*addresses(app), ("/nothing", "GET"), ("/", "DELETE"), ("/stories/x", "GET")]:
            answer = await call(app, path, method=method, peer="127.0.0.1", accept="text/html")
            where = f"{method} {path} {answer.status}"
            assert answer.headers["x-content-type-options"] == "nosniff", where
            assert answer.headers["referrer-policy"] == "no-referrer", where
            policy = answer.headers["content-security-policy"]
            is_page = answer.headers.get("content-type", "").startswith("text/html")
            assert policy == (STRICT_POLICY if is_page else SANDBOX_POLICY) or path.startswith("/rq"), where
            assert "frame-ancestors 'none'" in policy, where


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"host": "evil.example"}, 421, id="rebound name"),
        pytest.param({"host": "localhost:8420"}, 200, id="localhost"),
        pytest.param({"host": "watch.localhost"}, 200, id="below localhost"),
        pytest.param({"host": "watch.example.org"}, 200, id="web.hosts"),
        pytest.param({"x_forwarded_for": "127.0.0.1"}, 403, id="a proxy's word for loopback"),
        pytest.param({"forwarded": "for=127.0.0.1"}, 403, id="Forwarded"),
    ],
)
def test_only_this_machine_under_our_names(start: Callable[..., Site], headers: dict[str, str], status: int) -> None:
    """S13: without a password, other names and proxied visitors are refused with what to do."""
    site = start(hosts=("watch.example.org",))
    answer = site.page("/", **headers)
    assert answer.status == status
    assert status == 200 or "Set web.password" in answer.body or "web.hosts" in answer.body


async def test_visitors_from_elsewhere_are_refused_without_a_password(make_app: Callable[..., FastAPI]) -> None:
    """S13, S28: what a forwarding header claims does not help."""
    app = make_app()
    assert (await call(app, "/")).status == 403
    assert (await call(app, "/", x_forwarded_for="127.0.0.1")).status == 403
    assert (await call(app, "/metrics", x_real_ip="127.0.0.1")).status == 403
    assert (await call(app, "/livez")).status == 200


async def test_metrics_are_for_this_machine_or_a_session(make_app: Callable[..., FastAPI]) -> None:
    """S28: loopback may scrape, others need a session, and X-Forwarded-For only takes trust away."""
    app = make_app(password=PASSWORD)
    for path in ("/metrics", "/readyz"):
        assert (await call(app, path, peer="127.0.0.1")).status in {200, 503}
        assert (await call(app, path)).status == 401
        assert (await call(app, path, x_forwarded_for="127.0.0.1")).status == 401
        assert (await call(app, path, peer="127.0.0.1", x_forwarded_for="198.51.100.7")).status == 401


def test_signing_in_opens_everything(guarded: Site) -> None:
    """The way in: the wanted page leads to the form, the form leads back to the wanted page."""
    led = guarded.page("/stories/1?x=1")
    assert led.status == 303
    assert led.headers["location"] == "/login?next=%2Fstories%2F1%3Fx%3D1"
    answer = sign_in(guarded, target="/stories/1?x=1")
    assert answer.status == 303
    assert answer.headers["location"] == "/stories/1?x=1"
    assert guarded.page("/", cookie=session_of(answer)).status == 200
    assert guarded.page("/login", cookie=session_of(answer)).status == 303


def test_parts_of_a_page_are_not_led_to_the_form(guarded: Site) -> None:
    """The refreshing script gets 401, or it would put the login page into the middle of the overview."""
    assert guarded.page("/live", hx_request="true").status == 401
    assert guarded.ask("/live").status == 401


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(start: Callable[..., Site]) -> None:
    """S26: HttpOnly, SameSite, and Secure where visitors come by https."""
    plain = sign_in(start(password=PASSWORD)).cookies["storywatch_session"].lower()
    secure = sign_in(start(password=PASSWORD, https=True)).cookies["storywatch_session"].lower()
    assert "httponly" in plain
    assert "samesite=lax" in plain
    assert "secure" not in plain
    assert "secure" in secure


def test_every_sign_in_makes_a_new_session(guarded: Site) -> None:
    """S26: a token planted beforehand is never taken over, and the one brought along ends."""
    first = session_of(sign_in(guarded))
    planted = "storywatch_session=planted"
    form = guarded.page("/login")
    visit = form.cookies["storywatch_visit"].partition(";")[0]
    body = urlencode({"token": hidden(form.body, "token"), "password": PASSWORD})
    second = session_of(guarded.post("/login", body, cookie=f"{visit}; {first}"))
    assert second not in {first, planted}
    assert guarded.page("/", cookie=first).status == 303
    assert guarded.page("/", cookie=planted).status == 303
    assert guarded.page("/", cookie=second).status == 200


def test_signing_out_ends_the_session_on_the_server(guarded: Site) -> None:
    """S26: the cookie is worth nothing afterwards, wherever it was copied to; a form without the token does nothing."""
    session = session_of(sign_in(guarded))
    page = guarded.page("/", cookie=session)
    assert guarded.post("/logout", "token=wrong", cookie=session, origin="null").status == 403
    assert guarded.page("/", cookie=session).status == 200
    token = urlencode({"token": hidden(page.body, "token")})
    assert guarded.post("/logout", token, cookie=session, origin="null").status == 303
    assert guarded.page("/", cookie=session).status == 303


def test_a_session_ends_when_unused(guarded: Site, clock: Clock) -> None:
    """S26: idle expiry, seen from outside."""
    session = session_of(sign_in(guarded))
    clock.forward(seconds=IDLE.total_seconds() + 1)
    assert guarded.page("/", cookie=session).status == 303


def test_wrong_passwords_are_refused_and_slowed(guarded: Site, clock: Clock) -> None:
    """S13: after some wrong guesses even the right password has to wait; then it works."""
    for _ in range(FREE_FAILURES):
        refused = sign_in(guarded, "wrong")
        assert refused.status == 401
        assert "not the name and the password" in refused.body
        assert "storywatch_session" not in refused.cookies
    waiting = sign_in(guarded)
    assert waiting.status == 429
    assert waiting.headers["retry-after"] == "1"
    clock.forward(seconds=1)
    assert sign_in(guarded).status == 303


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"origin": "http://evil.example"}, id="another site"),
        pytest.param({"origin": "http://127.0.0.1:1"}, id="another port"),
        pytest.param({"sec_fetch_site": "cross-site"}, id="the browser says so"),
        pytest.param({"cookie": ""}, id="without the form's cookie"),
    ],
)
def test_a_login_form_of_another_site_is_refused(guarded: Site, changes: dict[str, str]) -> None:
    """S14: nobody can sign a visitor in from elsewhere."""
    form = guarded.page("/login")
    visit = form.cookies["storywatch_visit"].partition(";")[0]
    body = urlencode({"token": hidden(form.body, "token"), "password": PASSWORD})
    answer = guarded.post("/login", body, **{"cookie": visit, **changes})
    assert answer.status == 403
    assert "storywatch_session" not in answer.cookies


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "/\t/evil.example", "javascript:alert(1)", "x"],
)
def test_the_login_leads_nowhere_else(guarded: Site, target: str) -> None:
    """No open redirect: whatever is no plain path of ours leads to the first page."""
    assert sign_in(guarded, target=target).headers["location"] == "/"


@pytest.mark.parametrize(
    "body", ["", "password=" + "x" * 20_000, "&".join("a=b" for _ in range(50)), "%ff=%ff", "\x00"]
)
def test_odd_forms_are_refused_quietly(guarded: Site, body: str) -> None:
    """Empty, oversized, crowded or malformed: a refusal, never an error."""
    assert guarded.post("/login", body).status == 403


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"cookie": 'storywatch_session="\\x; a=b; =; ;;'}, id="cookie"),
        pytest.param({"cookie": "storywatch_session=" + "a" * 5000}, id="long cookie"),
        pytest.param({"host": "[::1"}, id="host"),
        pytest.param({"host": "a:b:c"}, id="host with two ports"),
        pytest.param({"origin": "http://["}, id="origin"),
        pytest.param({"accept": "\xff"}, id="accept"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_odd_headers_are_no_error(guarded: Site, method: str, headers: dict[str, str]) -> None:
    """Whatever a visitor without a session sends, the answer is a refusal or the login, never a 500."""
    answer = guarded.ask("/login", method=method, **headers)
    assert answer.status in {200, 400, 403, 421}


def test_queue_pages_are_behind_the_same_door(start: Callable[..., Site], valkey_url: str) -> None:
    """S11: rq-dashboard needs the session, and its unsafe routes a POST that our own page sent."""
    site = start(password=PASSWORD, queue_url=valkey_url)
    path = "/rq/queue/pages/queued/empty"
    assert site.page("/rq/").status == 303
    assert site.post(path).status == 401
    session = session_of(sign_in(site))
    page = site.page("/rq/", cookie=session)
    token = page.cookies["_csrf_token"].partition(";")[0].partition("=")[2]
    assert page.status == 200
    for sender in ({"origin": "http://evil.example"}, {"origin": "null"}, {"sec_fetch_site": "cross-site"}):
        assert site.post(path, cookie=session, x_csrftoken=token, **sender).status == 403
    assert site.ask(path, cookie=session).status == 405
    assert site.post(path, cookie=session, x_csrftoken=token).json == {"status": "OK"}


def test_there_are_no_queue_pages_without_a_queue(site: Site) -> None:
    """Without the queue's address nothing is mounted, and no link leads there."""
    assert site.page("/rq/").status == 404
    assert 'href="/rq/"' not in site.page("/").body


def test_reading_pages_changes_nothing(site: Site, newsroom: Any) -> None:
    """S14, R26: every page and link loaded twice leaves the database as it was."""
    feed = newsroom.feed("https://a.example/rss", "A")
    _, story_id = newsroom.publish(feed, "Title", "Text.", newsroom.now)

    def state() -> list[Any]:
        with newsroom.database.read() as tx:
            named = tx.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
            tables = [name for (name,) in named]
            assert {"feeds", "entries", "deliveries"} < set(tables)
            return [tx.exec_driver_sql(f"SELECT * FROM {name}").all() for name in tables]  # noqa: S608 our own names

    before = state()
    seen: set[str] = set()
    for _ in range(2):
        pending = ["/", f"/stories/{story_id}"]
        while pending:
            path = pending.pop()
            body = site.page(path).body
            found = set(re.findall(r'href="(/[^"]*)"', body)) - seen
            seen |= found
            pending += found
    assert len(seen) >= 5
    assert state() == before
