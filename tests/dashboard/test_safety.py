"""What holds for every page and form at once: nothing changes by looking or from elsewhere, no secret is shown.

Routes are walked to (`tests.dashboard.walking`), so that one that is added is held to the same.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.routing import Route

from dashboard.headers import SANDBOX_POLICY
from dashboard.queue_pages import queue_pages
from dashboard.rules import HUB_FOLDER, SECRET_FOLDERS
from pipeline.model import Scope
from pipeline.store import tokens
from tests.dashboard.conftest import NOW, PASSWORD
from tests.dashboard.newsroom import Newsroom
from tests.dashboard.serving import Answer, Site, call, serving
from tests.dashboard.test_door import session_of, sign_in
from tests.dashboard.walking import Walk, fill, page_routes, routes_of

ROOT = Path(__file__).parents[2]
CANARY = "c4n4ry0f7e5t5c4n4ry"
#: Let in by the secret in their address, or by a hub's signature.
BY_SECRET = (*SECRET_FOLDERS, HUB_FOLDER)
#: What makes an example of an address, where it must be one word of several.
WORDS = {"verb": "pause", "switch": "pause", "stage": "pages"}
VERBS = {
    "/queue/failures/all/{verb}": "/queue/failures/all/retry",
    "/queue/failures/{verb}": "/queue/failures/retry",
    "/stories/{story_id}/{verb}": "/stories/1/split",
    "/users/{user_id}/{verb}": "/users/1/enable",
}


def changing_paths(app: FastAPI) -> list[str]:
    """Give an example of each address that takes a POST behind the door."""
    found = [route for route in routes_of(app) if isinstance(route, Route) and "POST" in (route.methods or ())]
    filled = [VERBS.get(route.path, route.path) for route in found]
    paths = [re.sub(r"\{(\w+)[^}]*\}", lambda part: WORDS.get(part[1], "1"), path) for path in filled]
    return [path for path in paths if not path.startswith(BY_SECRET)]


@pytest.fixture
def app(make_app: Callable[..., FastAPI]) -> FastAPI:
    return make_app(password=PASSWORD)


def state(newsroom: Newsroom) -> dict[str, list[Any]]:
    """Give all that is stored."""
    with newsroom.database.read() as tx:
        names = tx.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").scalars().all()
        return {name: tx.exec_driver_sql(f"SELECT * FROM {name}").all() for name in names}  # noqa: S608 our own names


def test_no_form_is_taken_from_elsewhere(app: FastAPI, newsroom: Newsroom) -> None:
    """S14: each address that changes something refuses another site, another port, and a form without our token."""
    fill(newsroom, "The ferry strike goes on")
    paths = changing_paths(app)
    assert len(paths) > 10
    with serving(app) as site:
        session = session_of(sign_in(site))
        before = state(newsroom)
        for path in paths:
            tries: dict[str, Answer] = {
                "site": site.post(path, "a=b", cookie=session, origin="http://evil.example"),
                "port": site.post(path, "a=b", cookie=session, origin="http://127.0.0.1:1"),
                "said so": site.post(path, "a=b", cookie=session, sec_fetch_site="same-site"),
            }
            assert {how: answer.status for how, answer in tries.items() if answer.status != 403} == {}, path
            for body in ("a=b", "token=0123456789abcdef"):  # 400: an upload that is none is not even read
                assert site.post(path, body, cookie=session).status in {400, 403}, path
        assert state(newsroom) == before


def test_looking_twice_changes_nothing(app: FastAPI, newsroom: Newsroom) -> None:
    """S14, R26: every page of a full newsroom is opened twice, as an admin, and the database is as it was."""
    fill(newsroom, "The ferry strike goes on")
    with serving(app) as site:
        session = session_of(sign_in(site))
        before = state(newsroom)
        walks = [Walk(app, site, session) for _ in range(2)]
        assert walks[0].pages == walks[1].pages
        assert len(walks[0].pages) > 8
        after = state(newsroom)
    assert {name: rows for name, rows in after.items() if rows != before[name]} == {}


def test_no_page_shows_a_secret(app: FastAPI, newsroom: Newsroom) -> None:
    """S21: neither a feed's key nor the password of the settings stands on any page."""
    fill(newsroom, "The ferry strike goes on", f"https://gazette.example/rss?token={CANARY}")
    with serving(app) as site:
        session = session_of(sign_in(site))
        for address in Walk(app, site, session).pages:
            body = site.page(address, cookie=session).body
            assert CANARY not in body, address
            assert PASSWORD not in body, address
            assert "argon2" not in body, address


def test_metrics_answer_a_token(app: FastAPI, newsroom: Newsroom) -> None:
    """S28: a Prometheus elsewhere sends a reading token in the header; without one, or in an address, no."""
    with newsroom.database.write() as tx:
        _, text = tokens.make(tx, "prometheus", Scope.READ, NOW)
    with serving(app) as site:
        away = {"x_forwarded_for": "198.51.100.7"}
        assert site.ask("/metrics", **away).status == 401
        assert site.ask("/metrics", authorization=f"Bearer {text}", **away).status == 200
        assert site.ask("/metrics", authorization="Bearer swt_wrong", **away).status == 401
        assert site.ask(f"/metrics?token={text}", **away).status == 400
        assert site.ask("/queue", authorization=f"Bearer {text}", **away).status == 401


def test_nothing_but_templates_of_ours_is_a_template() -> None:
    """S29: Jinja2 fills files that we wrote; no text of a user or a feed is ever compiled."""
    rooms = [
        file for room in ("pipeline", "workers", "config", "dashboard", "cli") for file in (ROOT / room).rglob("*.py")
    ]
    assert len(rooms) > 100
    texts = {str(file.relative_to(ROOT)): file.read_text(encoding="utf-8") for file in rooms}
    assert [name for name, text in texts.items() if re.search(r"^(from|import) jinja2", text, re.MULTILINE)] == [
        "dashboard/rendering.py"
    ]
    compiled = re.compile(r"\bfrom_string\(|\bTemplate\(|\bxpath\(\s*[a-z_]+\s*\)")
    assert [name for name, text in texts.items() if compiled.search(text)] == []


async def test_every_queue_page_is_closed_to_strangers(make_app: Callable[..., FastAPI], valkey_url: str) -> None:
    """S11: each route of rq-dashboard, as its own map lists them, leads a stranger to the login or answers 401."""
    flask = queue_pages(valkey_url).app  # type: ignore[attr-defined]  # as a2wsgi keeps it
    app = make_app(password=PASSWORD, queue_url=valkey_url)
    paths = {re.sub(r"<[^>]+>", "1", rule.rule) for rule in flask.url_map.iter_rules()}
    assert len(paths) > 15
    for path in sorted(paths):
        for method in ("GET", "POST"):
            status = (await call(app, f"/rq{path}", method=method)).status
            assert status in ({401} if method == "GET" else {401, 403}), (method, path)


def test_downloads_are_saved_not_shown(app: FastAPI, newsroom: Newsroom) -> None:
    """S31, S32: whatever is no page has a fixed name, is no markup of ours, and is not sniffed for one."""
    fill(newsroom, '"><script>alert(1)</script>')
    with serving(app) as site:
        session = session_of(sign_in(site))
        plain = [route.path for route in page_routes(app) if "{" not in route.path]
        answers = {path: site.page(path, cookie=session) for path in plain}
        files = {
            path: one
            for path, one in answers.items()
            if not one.headers.get("content-type", "text/html").startswith("text/html")
        }
        assert {"/feeds/feeds.opml", "/subscriptions/export.toml"} <= files.keys()
        for path, answer in files.items():
            assert answer.status == 200, path
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["content-security-policy"] == SANDBOX_POLICY
            assert re.fullmatch(r'attachment; filename="[a-z.-]+"', answer.headers["content-disposition"]), path


def api_of(site: Site, session: str) -> list[tuple[str, str]]:
    """Give each method and an example of each address of the API but that of the events, which never end."""
    paths = site.ask("/api/v1/openapi.json", cookie=session).json["paths"]
    asked = [(method.upper(), path) for path, methods in paths.items() for method in methods if path != "/events"]
    return [(method, f"/api/v1{re.sub(r'{[^}]+}', '1', path)}") for method, path in asked]


def test_reading_by_the_api_is_safe(app: FastAPI, newsroom: Newsroom) -> None:
    """S14, S21, S32, R26: read twice, no address changes anything, is a page, or gives keys unasked."""
    fill(newsroom, '"><script>alert(1)</script>', f"https://gazette.example/rss?token={CANARY}")
    with serving(app) as site:
        session = session_of(sign_in(site))
        before, answered = state(newsroom), 0
        for path in [path for method, path in api_of(site, session) if method == "GET"] * 2:
            answer = site.page(f"{path}?q=ferry&name=ferry&subscription=1&article=1", cookie=session)
            answered += answer.status == 200
            assert answer.status < 500, path
            assert not answer.headers["content-type"].startswith("text/html"), path
            assert answer.headers["x-content-type-options"] == "nosniff", path
            assert answer.headers["content-security-policy"] == SANDBOX_POLICY, path
            assert (CANARY in answer.body) is (path == "/api/v1/opml/whole"), path
        assert answered > 50
        assert state(newsroom) == before


def test_no_other_site_uses_the_api(app: FastAPI, newsroom: Newsroom) -> None:
    """S14: with somebody's session, another site's request to each address that changes something is refused."""
    fill(newsroom, "The ferry strike goes on")
    with serving(app) as site:
        session = session_of(sign_in(site))
        changing = [(method, path) for method, path in api_of(site, session) if method != "GET"]
        assert len(changing) > 20
        before = state(newsroom)
        for method, path in changing:
            for sender in ({"origin": "http://evil.example"}, {"origin": "null"}, {"sec_fetch_site": "cross-site"}, {}):
                answer = site.ask(path, method=method, body="{}", content_type="text/plain", cookie=session, **sender)
                assert answer.status == 403, (method, path, sender)
        assert state(newsroom) == before


def test_no_page_brings_a_picture_from_outside(app: FastAPI, newsroom: Newsroom) -> None:
    """S33: nothing embeds what lies elsewhere, and no address hands a picture on from an address it is given."""
    picture = "http://pictures.example/p.png"
    fill(newsroom, f"<img src={picture}><video src={picture}>")
    with serving(app) as site:
        session = session_of(sign_in(site))
        pages = Walk(app, site, session).pages
        assert len(pages) > 20
        embedded = re.compile(
            r"<(?:img|source|video|audio|iframe|embed|object|link|script)\b[^>]*https?://", re.IGNORECASE
        )
        for page in pages:
            answer = site.page(page, cookie=session)
            assert not embedded.search(answer.body), page
            assert "img-src 'self' data:" in answer.headers["content-security-policy"]
            handed = site.page(f"{page.partition('?')[0]}?url={picture}&src={picture}", cookie=session)
            assert not handed.headers["content-type"].startswith(("image/", "video/", "audio/")), page
