"""The page that takes over a file of subscriptions, and the API behind the same."""

from collections.abc import Callable

import pytest

from pipeline.model import Role
from pipeline.store import subscriptions, users
from tests.dashboard.conftest import NOW
from tests.dashboard.newsroom import Newsroom
from tests.dashboard.serving import Answer, Site
from tests.dashboard.test_api import send
from tests.dashboard.test_door import hidden
from tests.dashboard.test_pages import text_of
from tests.dashboard.test_users import HASH, enter

TOML = '[[subscription]]\nname = "Harbour"\nquery = "ferry AND strike"\nchannels = []\n'
FOREIGN = "# ours\nPort\tferry OR harbor -football\ncurrency AROUND(3) crisis\n#----\n#\n"


@pytest.fixture
def people(site: Site, newsroom: Newsroom) -> Callable[[str], str]:
    """Give sessions of a reader, two editors and an admin by name."""
    with newsroom.database.write() as tx:
        for name, role in (
            *(("rita", Role.READER), ("eva", Role.EDITOR)),
            *(("emil", Role.EDITOR), ("ada", Role.ADMIN)),
        ):
            users.add(tx, name, role, HASH, NOW)
    return lambda name: enter(site, name)


def sent(site: Site, session: str, text: str | bytes, **fields: str) -> Answer:
    """Send a file by the form of the page."""
    fields = {"token": hidden(site.page("/subscriptions/import", cookie=session).body, "token"), **fields}
    parts = [f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}' for name, value in fields.items()]
    parts.append(f'--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n{text}\r\n--x--\r\n')
    return site.post(
        "/subscriptions/import",
        "\r\n".join(parts),
        cookie=session,
        accept="text/html",
        origin="null",
        content_type="multipart/form-data; boundary=x",
    )


def test_a_file_is_looked_at_and_then_taken_over(site: Site, newsroom: Newsroom, people: Callable[[str], str]) -> None:
    """Looking first stores nothing and says what would be; importing stores it as the visitor's own."""
    eva = people("eva")
    looked = sent(site, eva, TOML, source="storywatch", act="look")
    assert "Would be: 1 added, 0 changed, 0 unchanged" in text_of(looked.body)
    with newsroom.database.read() as tx:
        assert subscriptions.list_all(tx) == []
    done = sent(site, eva, TOML, source="storywatch", act="import")
    assert "1 added, 0 changed, 0 unchanged" in text_of(done.body)
    with newsroom.database.read() as tx:
        [held] = subscriptions.list_all(tx)
    assert (held.name, held.query, held.owner_id is not None) == ("Harbour", "ferry AND strike", True)
    assert "0 added, 0 changed, 1 unchanged" in text_of(sent(site, eva, TOML, source="storywatch", act="import").body)


def test_foreign_queries_are_translated_line_by_line(
    site: Site,
    newsroom: Newsroom,
    people: Callable[[str], str],
) -> None:
    """A line with a name and a tab, and one without; what was left out or said otherwise is reported."""
    page = sent(site, people("eva"), FOREIGN, source="google", act="import")
    assert page.status == 200, text_of(page.body)
    with newsroom.database.read() as tx:
        names = [one.name for one in subscriptions.list_all(tx)]
    assert "Port" in names
    assert len(names) == 2 or "line 3" in text_of(page.body)


@pytest.mark.parametrize(
    ("text", "source", "said"),
    [
        ("", "storywatch", "the file is empty"),
        ("name = ", "storywatch", "Nothing was stored"),
        (TOML.replace("strike", "("), "storywatch", "Nothing was stored"),
        (TOML.replace("[]", '["nowhere"]'), "storywatch", "nowhere"),
        (TOML, "elsewhere", "choose whose queries"),
    ],
    ids=["empty", "no TOML", "a broken query", "no such channel", "no such source"],
)
def test_a_mistake_stores_nothing_and_is_said(
    site: Site,
    newsroom: Newsroom,
    people: Callable[[str], str],
    text: str,
    source: str,
    said: str,
) -> None:
    """S31: one mistake in a file, and all of it stays outside, with a word on what to do."""
    page = sent(site, people("eva"), text, source=source, act="import")
    assert (page.status, said in text_of(page.body)) == (400, True), text_of(page.body)
    with newsroom.database.read() as tx:
        assert subscriptions.list_all(tx) == []


def test_what_is_anothers_is_not_changed(site: Site, newsroom: Newsroom, people: Callable[[str], str]) -> None:
    """S13: a file that would change somebody else's subscription is refused; a reader's form is too."""
    sent(site, people("eva"), TOML, source="storywatch", act="import")
    changed = TOML.replace("strike", "storm")
    assert sent(site, people("emil"), changed, source="storywatch", act="import").status == 403
    with newsroom.database.read() as tx:
        assert [one.query for one in subscriptions.list_all(tx)] == ["ferry AND strike"]


def test_programs_bring_foreign_queries_too(site: Site) -> None:
    """The API takes what the page takes and gives the same report."""
    body = {"toml": FOREIGN, "source": "google", "dry_run": True}
    told = send(site, "POST", "/subscriptions/import", body, origin=site.origin).json
    assert told["added"] == 2
    assert (told["changed"], told["unchanged"]) == (0, 0)
    assert isinstance(told["remarks"], list)


def test_a_subscription_is_given_away(site: Site, people: Callable[[str], str]) -> None:
    """An admin gives it by the page or the API; its old owner changes it no more; a reader is given nothing."""
    eva, emil, ada = people("eva"), people("emil"), people("ada")
    sent(site, eva, TOML, source="storywatch", act="import")
    page = site.page("/subscriptions/1", cookie=ada).body
    assert "Give it to" in text_of(page)
    token = hidden(page, "token")
    for session, owner, status in ((eva, "emil", 403), (ada, "emil", 303)):
        own = hidden(site.page("/subscriptions/1", cookie=session).body, "token")
        given = site.post("/subscriptions/1/give", f"token={own}&owner={owner}", cookie=session, origin="null")
        assert given.status == status
    assert site.page("/subscriptions/1/edit", cookie=emil).status == 200
    assert site.page("/subscriptions/1/edit", cookie=eva).status == 403
    refused = site.post("/subscriptions/1/give", f"token={token}&owner=rita", cookie=ada, origin="null")
    assert "rita%20is%20a%20reader" in refused.headers["location"]
    same = {"cookie": ada, "origin": site.origin}
    assert send(site, "POST", "/subscriptions/1/owner", {"owner": None}, **same).json["owner_id"] is None
    assert send(site, "POST", "/subscriptions/1/owner", {"owner": "nobody"}, **same).status == 404
    assert site.page("/subscriptions/1/edit", cookie=emil).status == 403
