"""Whose subscriptions are whose: readers look, editors change their own, admins change all."""

from collections.abc import Callable

import pytest
from argon2 import PasswordHasher

from config.settings import WebSettings
from dashboard.app import create_app
from pipeline.model import DeliveryState, Reason, Role, Scope
from pipeline.store import deliveries, subscriptions, tokens, users
from tests.dashboard.conftest import NOW, PASSWORD, Clock, FixedQueue
from tests.dashboard.newsroom import Newsroom
from tests.dashboard.serving import Site, serving
from tests.dashboard.test_api import send
from tests.dashboard.test_pages import Outline
from tests.dashboard.test_users import enter, press

HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


@pytest.fixture
def signed(site: Site, newsroom: Newsroom) -> Callable[[str], str]:
    """Give sessions of a reader, two editors and an admin by name."""
    roles = {"rita": Role.READER, "eva": Role.EDITOR, "emil": Role.EDITOR, "ada": Role.ADMIN}
    with newsroom.database.write() as tx:
        for name, role in roles.items():
            users.add(tx, name, role, HASH, NOW)
    return lambda name: enter(site, name)


def _saved(site: Site, session: str, **fields: str) -> int:
    answer = press(
        site, session, "/subscriptions/save", **{"name": "Harbour", "query": "ferry", "enabled": "on"} | fields
    )
    assert answer.status == 303, answer.body
    return int(answer.headers["location"].rsplit("/", 1)[1])


def test_editors_change_their_own_and_admins_all(site: Site, newsroom: Newsroom, signed: Callable[[str], str]) -> None:
    """What is another's can be read, and every way to change it is refused by the server."""
    eva, emil, ada = signed("eva"), signed("emil"), signed("ada")
    number = _saved(site, eva)
    page = site.page(f"/subscriptions/{number}", cookie=emil)
    assert page.status == 200
    assert not [link for link in Outline(page.body).links if "alert-feeds" in link or "edit" in link]
    refused = site.page(f"/subscriptions/{number}/edit", cookie=emil)
    assert (refused.status, "belongs to somebody else" in refused.body) == (403, True)
    for verb in ("pause", "remove", "renew-feed"):
        assert press(site, emil, f"/subscriptions/{number}/{verb}").status == 403, verb
    assert press(site, emil, "/subscriptions/save", id=str(number), name="Harbour", query="boat").status == 403
    assert _saved(site, eva, id=str(number), query="ferry boat") == number
    assert _saved(site, ada, id=str(number), query="ferry port") == number
    with newsroom.database.read() as tx:
        held = subscriptions.get(tx, number)
        assert held.query == "ferry port"
        eva_user = users.find_by_name(tx, "eva")
    assert eva_user is not None
    assert held.owner_id == eva_user.id
    assert "of eva" in site.page("/subscriptions", cookie=emil).body


def test_the_very_same_again_switches_nothing_of_anothers(
    site: Site, newsroom: Newsroom, signed: Callable[[str], str]
) -> None:
    """S13: saving what another has already, but paused, is a change of his; neither form nor API makes it."""
    number = _saved(site, signed("eva"))
    emil = signed("emil")
    assert press(site, emil, "/subscriptions/save", name="Harbour", query="ferry").status == 403
    draft = {"name": "Harbour", "query": "ferry", "enabled": False}
    assert send(site, "POST", "/subscriptions", draft, cookie=emil, origin=site.origin).status == 403
    with newsroom.database.read() as tx:
        assert subscriptions.get(tx, number).enabled


def test_what_is_removed_is_restored_by_its_owner_alone(
    site: Site, newsroom: Newsroom, signed: Callable[[str], str]
) -> None:
    """Undo is a change like any other."""
    number = _saved(site, signed("eva"))
    press(site, signed("eva"), f"/subscriptions/{number}/remove")
    assert press(site, signed("emil"), f"/subscriptions/{number}/restore").status == 403
    with newsroom.database.read() as tx:
        assert subscriptions.find_by_name(tx, "Harbour") is None
    assert press(site, signed("eva"), f"/subscriptions/{number}/restore").status == 303


def test_readers_look_and_change_nothing(site: Site, newsroom: Newsroom, signed: Callable[[str], str]) -> None:
    """A reader sees pages without the buttons, and the door refuses the forms."""
    rita = signed("rita")
    number = newsroom.subscription("Ferries", "ferry")
    for path in ("/subscriptions", f"/subscriptions/{number}", "/alerts", "/alerts/deliveries", "/channels", "/why"):
        page = site.page(path, cookie=rita)
        assert page.status == 200, path
        assert "/subscriptions/new" not in Outline(page.body).links, path
    for path in ("/subscriptions/save", "/subscriptions/draft", f"/subscriptions/{number}/pause", "/channels/test"):
        assert press(site, rita, path, name="x", query="y").status == 403, path


def test_dead_letters_are_replayed_by_their_owner(site: Site, newsroom: Newsroom, signed: Callable[[str], str]) -> None:
    """An editor sends his own again, and is offered no other; all at once is for admins."""
    feed = newsroom.feed("https://gazette.example/rss", "Gazette")
    article_id, _ = newsroom.publish(feed, "Ferry strike", "The ferry stays.", NOW)
    number = _saved(site, signed("eva"))
    with newsroom.database.write() as tx:
        subscriptions.set_channels(tx, number, ["mail"])
    newsroom.deliver(newsroom.alert(number, article_id, "ferry", ("ferry",), NOW), NOW, mail=Reason.RECEIVER_REFUSED)
    with newsroom.database.read() as tx:
        [parked] = deliveries.recent(tx, 9, DeliveryState.PARKED)
    button = f"/alerts/deliveries/{parked.id}/replay"
    for path in ("/alerts", "/alerts/deliveries", f"/subscriptions/{number}"):
        offered = {name for name in ("emil", "eva", "ada") if button in site.page(path, cookie=signed(name)).body}
        assert offered == {"eva", "ada"}, path
    assert press(site, signed("emil"), f"/alerts/deliveries/{parked.id}/replay").status == 403
    assert press(site, signed("eva"), "/alerts/deliveries/replay").status == 403
    assert press(site, signed("eva"), f"/alerts/deliveries/{parked.id}/replay").status == 303
    assert press(site, signed("eva"), "/alerts/deliveries/99/replay").status == 404
    assert press(site, signed("ada"), "/alerts/deliveries/replay").status == 303


def test_nobody_gets_more_than_the_settings_allow(newsroom: Newsroom, clock: Clock) -> None:
    """S35: by form, API and file, the next one is refused and nothing of it stored; changing one is no new one."""
    with newsroom.database.write() as tx:
        eva = users.add(tx, "eva", Role.EDITOR, HASH, NOW)
        _, text = tokens.make(tx, "eva", Scope.WRITE, NOW, eva.id)
    toml = "".join(f'[[subscription]]\nname = "{name}"\nquery = "ferry"\nchannels = []\n' for name in "AB")
    app = create_app(newsroom.database, WebSettings(subscriptions_per_user=1), FixedQueue(), clock=clock)
    with serving(app) as site:
        session, bearer = enter(site, "eva"), f"Bearer {text}"
        assert send(site, "POST", "/subscriptions/import", {"toml": toml}, authorization=bearer).status == 400
        number = _saved(site, session)
        assert _saved(site, session, id=str(number), query="boat") == number
        refused = press(site, session, "/subscriptions/save", name="Second", query="ferry")
        assert refused.status == 422
        assert "more than 1 subscriptions" in refused.body
        draft = {"name": "Second", "query": "ferry"}
        assert send(site, "POST", "/subscriptions", draft, authorization=bearer).status == 400
        press(site, session, f"/subscriptions/{number}/remove")
        _saved(site, session, name="Second")
        assert "problem=nobody" in press(site, session, f"/subscriptions/{number}/restore").headers["location"]
        assert send(site, "POST", f"/subscriptions/{number}/restore", authorization=bearer).status == 400
    with newsroom.database.read() as tx:
        assert subscriptions.names(tx, 9) == ["Second"]
