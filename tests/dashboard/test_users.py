"""Users, roles, and what each may do: seen through the door of a running dashboard."""

import re
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from argon2 import PasswordHasher

from dashboard.may import Deed, needed_of
from pipeline.errors import Unusable
from pipeline.model import Role, Scope, User
from pipeline.store import subscriptions, tokens, users
from pipeline.store.database import Database
from tests.dashboard.conftest import NOW, PASSWORD
from tests.dashboard.serving import Answer, Site
from tests.dashboard.test_api import send
from tests.dashboard.test_door import hidden, session_of, sign_in

HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
WORDS = "four plain old words"


@pytest.fixture
def make_user(sqlite_database: Database) -> Callable[..., User]:
    """Give a maker of users, all with the same password."""

    def make(name: str, role: Role = Role.READER) -> User:
        with sqlite_database.write() as tx:
            return users.add(tx, name, role, HASH, NOW)

    return make


@pytest.fixture
def staffed(site: Site, make_user: Callable[..., User]) -> Site:
    """Give a dashboard without a password in the settings, but with one user of each role."""
    for role in Role:
        make_user(role.value, role)
    return site


def enter(site: Site, name: str, password: str = PASSWORD) -> str:
    """Sign in, and give the session's cookie."""
    return session_of(sign_in(site, password, name=name))


def press(site: Site, session: str, path: str, page: str = "/", **fields: str) -> Answer:
    """Send a form as it stands on `page`."""
    token = hidden(site.page(page, cookie=session).body, "token")
    return site.post(path, urlencode({"token": token, **fields}), cookie=session, accept="text/html", origin="null")


def test_from_the_first_user_on_everybody_signs_in(site: Site, make_user: Callable[..., User]) -> None:
    """S13: a user in the store closes the dashboard at the next request, without a password in the settings."""
    assert site.page("/").status == 200
    make_user("ada", Role.ADMIN)
    assert site.page("/").status == 303
    assert site.ask("/api/v1/stories").status == 401
    assert site.page("/", cookie=enter(site, "Ada ")).status == 200


def test_the_password_of_the_settings_is_the_first_admin(guarded: Site, sqlite_database: Database) -> None:
    """An installation with `web.password` goes on as it was: the name may be left out, and an admin comes in."""
    session = enter(guarded, "")
    assert "admin" in guarded.page("/account", cookie=session).body
    assert guarded.page("/users", cookie=session).status == 200
    assert enter(guarded, "admin")
    with sqlite_database.read() as tx:
        assert [(user.name, user.role) for user in users.list_all(tx)] == [("admin", Role.ADMIN)]


def test_the_settings_open_no_other_user(guarded: Site, make_user: Callable[..., User]) -> None:
    """The password of the settings is that of `admin` alone, and no longer once he has one of his own."""
    make_user("ada", Role.ADMIN)
    assert sign_in(guarded, "something else", name="ada").status == 401
    session = enter(guarded, "")
    press(
        guarded,
        session,
        "/account/password",
        "/account",
        old=PASSWORD,
        new="four plain old words",
        again="four plain old words",
    )
    assert sign_in(guarded, PASSWORD, name="").status == 401
    assert sign_in(guarded, "four plain old words", name="admin").status == 303


@pytest.mark.parametrize("name", ["nobody", "<script>alert(1)</script>", "x" * 400, "\x00", "admin"])
def test_strangers_learn_nothing_of_names(staffed: Site, name: str) -> None:
    """S13: an unknown name, a name that cannot be, and a wrong password get the very same answer."""
    wrong = sign_in(staffed, "not this one", name="reader")
    unknown = sign_in(staffed, "not this one", name=name)
    assert unknown.status == wrong.status == 401
    assert re.sub(r'value="[^"]*"', "", unknown.body) == re.sub(r'value="[^"]*"', "", wrong.body)


def test_an_unknown_name_costs_a_hash_too(staffed: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """S13: the same work is done for unknown users, so that time tells nothing."""
    made: list[str | None] = []
    monkeypatch.setattr("dashboard.accounts.passwords.fits_hash", lambda _, stored: bool(made.append(stored)))
    sign_in(staffed, "not this one", name="nobody")
    sign_in(staffed, "not this one", name="reader")
    assert made == [None, HASH]


MATRIX = [
    ("GET", "/", "reader"),
    ("GET", "/queue", "reader"),
    ("GET", "/account", "reader"),
    ("GET", "/users", "admin"),
    ("POST", "/users/1/disable", "admin"),
    ("POST", "/queue/pages/pause", "admin"),
    ("POST", "/feeds/add", "admin"),
    ("POST", "/feeds/1/remove", "admin"),
    ("POST", "/stories/1/split", "editor"),
    ("POST", "/subscriptions/add", "editor"),
    ("POST", "/somewhere/new", "admin"),
    ("GET", "/rq/", "admin"),
    ("GET", "/api/v1/stories", "reader"),
    ("GET", "/api/v1/tokens", "admin"),
    ("GET", "/api/v1/users", "admin"),
    ("POST", "/api/v1/feeds", "admin"),
]


@pytest.mark.parametrize("role", list(Role))
def test_each_role_may_what_it_may(staffed: Site, role: Role) -> None:
    """Readers look, editors work on stories and subscriptions, admins do everything; the door itself holds it."""
    session = enter(staffed, role.value)
    for method, path, least in MATRIX:
        answer = staffed.ask(path, method=method, cookie=session, origin=staffed.origin, accept="text/html")
        refused = answer.status == 403 and "Not for your role" in answer.body
        assert refused is not role.covers(Role(least)), (method, path, answer.status)


def test_a_new_route_is_for_admins_until_a_rule_says_otherwise() -> None:
    """S13: whatever changes something and is in no rule needs an admin."""
    assert needed_of("POST", "/brand/new") is Deed.OPERATE
    assert needed_of("GET", "/brand/new") is Deed.LOOK
    assert needed_of("POST", "/subscriptionsx") is Deed.OPERATE


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda tx, number: users.set_disabled(tx, number, disabled=True), id="disabled"),
        pytest.param(lambda tx, number: users.set_password(tx, number, HASH), id="another password"),
        pytest.param(users.end_sessions, id="signed out everywhere"),
    ],
)
def test_sessions_end_at_once(staffed: Site, sqlite_database: Database, change: Callable[..., None]) -> None:
    """S26: whatever process made the change, the next request of an open session is refused; others stay."""
    mine, other = enter(staffed, "editor"), enter(staffed, "reader")
    with sqlite_database.write() as tx:
        change(tx, users.get_by_name(tx, "editor").id)
    assert staffed.page("/", cookie=mine).status == 303
    assert staffed.page("/", cookie=other).status == 200


def test_a_role_holds_from_the_next_request(staffed: Site, sqlite_database: Database) -> None:
    """A demoted admin keeps the session and loses the rights."""
    session = enter(staffed, "admin")
    with sqlite_database.write() as tx:
        users.set_role(tx, users.get_by_name(tx, "admin").id, Role.READER)
    assert staffed.page("/", cookie=session).status == 200
    assert staffed.page("/users", cookie=session).status == 403


def test_a_disabled_user_cannot_sign_in(staffed: Site, sqlite_database: Database) -> None:
    """The right password of a disabled user is as good as a wrong one."""
    with sqlite_database.write() as tx:
        users.set_disabled(tx, users.get_by_name(tx, "reader").id, disabled=True)
    assert sign_in(staffed, PASSWORD, name="reader").status == 401


@pytest.mark.parametrize("scope", list(Scope))
@pytest.mark.parametrize("role", list(Role))
def test_a_token_does_no_more_than_its_user(staffed: Site, sqlite_database: Database, role: Role, scope: Scope) -> None:
    """S27: a token of a wide scope in a reader's hand only reads, an editor's adds no feed."""
    with sqlite_database.write() as tx:
        _, text = tokens.make(tx, "t", scope, NOW, users.get_by_name(tx, role.value).id)
    header = f"Bearer {text}"
    assert staffed.ask("/api/v1/stories", authorization=header).status == 200
    added = staffed.ask("/api/v1/feeds", method="POST", body="{}", authorization=header).status
    assert (added != 403) is (role is Role.ADMIN and scope is not Scope.READ)
    assert (staffed.ask("/api/v1/tokens", authorization=header).status == 200) is (
        role is Role.ADMIN and scope is Scope.ADMIN
    )


def test_a_token_made_by_the_api_is_its_makers(staffed: Site, sqlite_database: Database) -> None:
    """S27: what an admin gave out by session or token does no more than he may, once he is demoted or disabled."""
    with sqlite_database.write() as tx:
        admin = users.get_by_name(tx, "admin")
        _, text = tokens.make(tx, "t", Scope.ADMIN, NOW, admin.id)
    by_token, by_session = {"authorization": f"Bearer {text}"}, {"cookie": enter(staffed, "admin")}
    made = [
        send(staffed, "POST", "/tokens", {"name": name, "scope": "admin"}, origin=staffed.origin, **who).json
        for name, who in (("by/token", by_token), ("by/session", by_session))
    ]
    assert [one["user_id"] for one in made] == [admin.id, admin.id]
    headers = [f"Bearer {one['token']}" for one in made]
    with sqlite_database.write() as tx:
        users.set_role(tx, admin.id, Role.READER)
    assert [staffed.ask("/api/v1/tokens", authorization=header).status for header in headers] == [403, 403]
    with sqlite_database.write() as tx:
        users.set_disabled(tx, admin.id, disabled=True)
    assert [staffed.ask("/api/v1/stories", authorization=header).status for header in headers] == [401, 401]


def test_a_disabled_users_tokens_are_dead(staffed: Site, sqlite_database: Database) -> None:
    """S27: disabling somebody also stops the programs that ask in his name."""
    with sqlite_database.write() as tx:
        user = users.get_by_name(tx, "reader")
        _, text = tokens.make(tx, "t", Scope.READ, NOW, user.id)
        users.set_disabled(tx, user.id, disabled=True)
    assert staffed.ask("/api/v1/stories", authorization=f"Bearer {text}").status == 401


def test_an_admin_adds_somebody_who_signs_in(staffed: Site) -> None:
    """The made password is shown once, works, and stands on no page afterwards."""
    session = enter(staffed, "admin")
    made = press(staffed, session, "/users/add", "/users", name="Eva@Example.org", role="editor")
    assert made.headers["cache-control"] == "no-store"
    password = re.search(r'class="secret">([^<]+)<', made.body)
    assert password
    assert password[1] not in staffed.page("/users", cookie=session).body
    assert sign_in(staffed, password[1], name="eva@example.org").status == 303


@pytest.mark.parametrize(
    ("path", "fields", "said"),
    [
        ("/users/add", {"name": "reader", "role": "reader"}, "there is a user named"),
        ("/users/add", {"name": "<b>", "role": "reader"}, "letters a-z"),
        ("/users/add", {"name": "x", "role": "king"}, "reader, editor or admin"),
        ("/users/{admin}/role", {"role": "reader"}, "nobody could administer"),
        ("/users/{admin}/disable", {}, "nobody could administer"),
    ],
)
def test_what_cannot_be_is_said(
    staffed: Site, sqlite_database: Database, path: str, fields: dict[str, str], said: str
) -> None:
    """Bad input gets a sentence that says what to do, and the last admin stays one."""
    with sqlite_database.read() as tx:
        before = users.list_all(tx)
        path = path.format(admin=users.get_by_name(tx, "admin").id)
    answer = press(staffed, enter(staffed, "admin"), path, "/users", **fields)
    assert answer.status == 400
    assert said in answer.body.lower()
    with sqlite_database.read() as tx:
        assert [(user.name, user.role, user.disabled) for user in users.list_all(tx)] == [
            (user.name, user.role, user.disabled) for user in before
        ]


def test_ones_own_password_is_changed(staffed: Site) -> None:
    """The old session ends, another device's too, a fresh one begins, and the new password signs in."""
    here, elsewhere = enter(staffed, "reader"), enter(staffed, "reader")
    answer = press(staffed, here, "/account/password", "/account", old=PASSWORD, new=WORDS, again=WORDS)
    assert answer.status == 303
    assert staffed.page("/", cookie=session_of(answer)).status == 200
    assert staffed.page("/", cookie=here).status == 303
    assert staffed.page("/", cookie=elsewhere).status == 303
    assert sign_in(staffed, WORDS, name="reader").status == 303


@pytest.mark.parametrize(
    ("old", "new", "again", "said"),
    [
        ("wrong", WORDS, WORDS, "present password"),
        (PASSWORD, WORDS, "four other old words", "not the same"),
        (PASSWORD, "short", "short", "10 to 200"),
        (PASSWORD, "aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa", "repeat"),
        (PASSWORD, "my reader words", "my reader words", "name"),
    ],
)
def test_a_password_is_not_changed_by_mistake(staffed: Site, old: str, new: str, again: str, said: str) -> None:
    """What is wrong is said, and the session and the password stay."""
    session = enter(staffed, "reader")
    answer = press(staffed, session, "/account/password", "/account", old=old, new=new, again=again)
    assert answer.status == 400
    assert said in answer.body
    assert staffed.page("/", cookie=session).status == 200
    assert sign_in(staffed, PASSWORD, name="reader").status == 303


def test_somebody_can_always_administer(sqlite_database: Database, make_user: Callable[..., User]) -> None:
    """Neither a first user who is no admin nor the loss of the last one is stored, unless the settings open a door."""
    reader = make_user("ruth")
    with sqlite_database.read() as tx:
        with pytest.raises(Unusable):
            users.check_administered(tx, by_settings=False)
        users.check_administered(tx, by_settings=True)
    make_user("ada", Role.ADMIN)
    with sqlite_database.read() as tx:
        users.check_administered(tx, by_settings=False)
    assert not reader.disabled


def test_another_editor_does_not_change_it(
    staffed: Site, make_user: Callable[..., User], sqlite_database: Database
) -> None:
    """An editor changes the own subscriptions and nobody else's, an admin all of them."""
    make_user("eva", Role.EDITOR)
    with sqlite_database.write() as tx:
        held = subscriptions.add(tx, "eva's", "ferry", (), NOW, owner_id=users.get_by_name(tx, "eva").id)
    assert staffed.page(f"/subscriptions/{held.id}/edit", cookie=enter(staffed, "eva")).status == 200
    assert staffed.page(f"/subscriptions/{held.id}/edit", cookie=enter(staffed, "editor")).status == 403
    assert staffed.page(f"/subscriptions/{held.id}/edit", cookie=enter(staffed, "admin")).status == 200
    refused = press(staffed, enter(staffed, "editor"), f"/subscriptions/{held.id}/remove")
    assert refused.status == 403
    with sqlite_database.read() as tx:
        assert subscriptions.get(tx, held.id)
