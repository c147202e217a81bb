"""Users by the API: the rules of the page, for programs with an admin's token."""

from collections.abc import Callable
from typing import Any

import pytest

from pipeline.model import Role, Scope
from pipeline.store import tokens, users
from pipeline.store.database import Database
from tests.dashboard.conftest import NOW, PASSWORD
from tests.dashboard.serving import Answer, Site
from tests.dashboard.test_api import send
from tests.dashboard.test_door import sign_in
from tests.dashboard.test_users import HASH, enter

Ask = Callable[..., Answer]


@pytest.fixture
def staff(sqlite_database: Database) -> dict[str, int]:
    """Give the numbers of three users, one of each role."""
    with sqlite_database.write() as tx:
        return {role.value: users.add(tx, role.value, role, HASH, NOW).id for role in Role}


@pytest.fixture
def ask(site: Site, staff: dict[str, int], sqlite_database: Database) -> Ask:
    """Give an asker with the admin's token; `as_role` takes another user's of the same wide scope."""
    with sqlite_database.write() as tx:
        held = {name: tokens.make(tx, name, Scope.ADMIN, NOW, number)[1] for name, number in staff.items()}

    def asked(method: str, path: str, body: object = None, as_role: str = "admin") -> Answer:
        return send(site, method, path, body, authorization=f"Bearer {held[as_role]}")

    return asked


def test_an_added_user_signs_in_with_what_was_shown_once(site: Site, ask: Ask) -> None:
    """The made password works, is in one answer that nobody keeps, and in no list."""
    made = ask("POST", "/users", {"name": "Eva@Example.org", "role": "editor"})
    assert (made.status, made.headers["cache-control"]) == (201, "no-store")
    assert (made.json["name"], made.json["role"]) == ("eva@example.org", "editor")
    assert sign_in(site, made.json["password"], name="eva@example.org").status == 303
    for path in ("/users", f"/users/{made.json['id']}"):
        shown = ask("GET", path).body
        assert "eva@example.org" in shown
        assert made.json["password"] not in shown
        assert "argon2" not in shown


def test_a_reset_ends_the_old_password_and_the_sessions(site: Site, staff: dict[str, int], ask: Ask) -> None:
    """S26: the old password and the open session are over, the new one signs in."""
    session = enter(site, "reader")
    made = ask("POST", f"/users/{staff['reader']}/password")
    assert (made.status, made.headers["cache-control"]) == (200, "no-store")
    assert site.page("/", cookie=session).status == 303
    assert sign_in(site, PASSWORD, name="reader").status == 401
    assert sign_in(site, made.json["password"], name="reader").status == 303


def test_a_user_is_changed(site: Site, staff: dict[str, int], ask: Ask) -> None:
    """Role, disabling and enabling are stored and answered; being signed out ends the session alone."""
    number = staff["editor"]
    assert ask("POST", f"/users/{number}/role", {"role": "reader"}).json["role"] == "reader"
    assert ask("POST", f"/users/{number}/disable").json["disabled"] is True
    assert sign_in(site, PASSWORD, name="editor").status == 401
    assert ask("POST", f"/users/{number}/enable").json["disabled"] is False
    session = enter(site, "editor")
    assert ask("POST", f"/users/{number}/sign-out").status == 200
    assert site.page("/", cookie=session).status == 303
    listed = {one["name"]: (one["role"], one["disabled"]) for one in ask("GET", "/users").json["items"]}
    assert listed == {"admin": ("admin", False), "editor": ("reader", False), "reader": ("reader", False)}


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("/users/{admin}/role", {"role": "editor"}, 400, "nobody could administer"),
        ("/users/{admin}/disable", None, 400, "nobody could administer"),
        ("/users", {"name": "reader"}, 409, "there is a user named"),
        ("/users", {"name": "<b>"}, 422, "name"),
        ("/users", {"name": "x", "role": "king"}, 422, "'reader', 'editor' or 'admin'"),
        ("/users", {"name": "x", "password": "one of my own"}, 422, "password"),
        ("/users/999/disable", None, 404, "no user 999"),
        ("/users/999/password", None, 404, "no user 999"),
        ("/users/999/role", {"role": "reader"}, 404, "no user 999"),
    ],
)
def test_what_cannot_be_is_said(
    ask: Ask, staff: dict[str, int], sqlite_database: Database, path: str, body: Any, status: int, said: str
) -> None:
    """S13: the last admin stays one, whatever is asked, and bad input gets a sentence; nothing is stored."""
    with sqlite_database.read() as tx:
        before = users.list_all(tx)
    answer = ask("POST", path.format_map(staff), body)
    assert (answer.status, said in answer.json["detail"].lower()) == (status, True), answer.body
    assert "one of my own" not in answer.body
    with sqlite_database.read() as tx:
        assert users.list_all(tx) == before


@pytest.mark.parametrize("role", ["reader", "editor"])
def test_users_are_for_admins(ask: Ask, staff: dict[str, int], role: str) -> None:
    """S13, S27: neither the list nor any change is another role's, whatever its token's scope; not even one's own."""
    for method, path, body in (
        ("GET", "/users", None),
        ("POST", "/users", {"name": "eva", "role": "admin"}),
        ("POST", f"/users/{staff[role]}/role", {"role": "admin"}),
        ("POST", f"/users/{staff['admin']}/password", None),
        ("POST", f"/users/{staff['admin']}/disable", None),
    ):
        assert ask(method, path, body, as_role=role).status == 403, path
