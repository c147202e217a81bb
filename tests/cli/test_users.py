"""`storywatch users`, as it is typed: who may sign in, without a password on the command line or on the screen."""

import io

import pytest

from pipeline.passwords import fits_hash
from pipeline.store import users
from pipeline.store.database import Database
from tests.cli.test_commands import Command

WORDS = "four plain old words"


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pipe a password in."""
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{WORDS}\n"))


def stored_hash(name: str) -> str | None:
    database = Database.open("sqlite:///data/storywatch.db")
    with database.read() as tx:
        found = users.password_hash(tx, users.get_by_name(tx, name).id)
    database.close()
    return found


@pytest.mark.usefixtures("typed")
def test_users_come_with_a_password_and_change(storywatch_here: Command) -> None:
    """A piped password is taken and not shown; role, disabling and letting in hold in the list."""
    added = storywatch_here("users", "add", "Ada@Example.org", "--role", "admin")
    assert added.returncode == 0, added.stderr
    assert WORDS not in added.stdout + added.stderr
    assert fits_hash(WORDS, stored_hash("ada@example.org"))
    made = storywatch_here("users", "add", "eva", "--generate", "--json")
    assert fits_hash(made.stdout.split('"password": "')[1].split('"')[0], stored_hash("eva"))
    assert storywatch_here("users", "role", "eva", "editor").returncode == 0
    assert storywatch_here("users", "disable", "eva").returncode == 0
    rows = storywatch_here.rows("users", "list")
    listed = [(row["name"], row["role"], row["disabled"]) for row in rows]
    assert listed == [("ada@example.org", "admin", False), ("eva", "editor", True)]
    assert storywatch_here("users", "enable", "eva").returncode == 0
    assert not storywatch_here.rows("users", "list")[1]["disabled"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("users", "add", "eva", "--generate"), "nobody could administer"),
        (("users", "add", "e v a", "--generate"), "letters a-z"),
        (("users", "role", "nobody", "admin"), "storywatch users list"),
        (("users", "disable", "nobody"), "storywatch users list"),
        (("users", "password", "nobody", "--generate"), "storywatch users list"),
        (("tokens", "add", "archive", "--user", "nobody"), "storywatch users list"),
    ],
)
def test_what_cannot_be_is_said(storywatch_here: Command, arguments: tuple[str, ...], said: str) -> None:
    """Bad input ends with 2 and a sentence that says what to do, and nothing is stored."""
    ended = storywatch_here(*arguments)
    assert ended.returncode == 2
    assert said in ended.stderr
    assert storywatch_here.rows("users", "list") == []


@pytest.mark.parametrize("given", ["", "short", "aaaaaaaaaaaaaaaaaaaa", "adas passwd"])
def test_a_poor_password_is_refused(storywatch_here: Command, monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    """None, a short one, one of a few signs, one with the name in it: each is refused and not shown."""
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{given}\n"))
    ended = storywatch_here("users", "add", "ada", "--role", "admin")
    assert ended.returncode == 2
    assert not given or given not in ended.stdout + ended.stderr


@pytest.mark.usefixtures("typed")
def test_another_password_ends_sessions(storywatch_here: Command) -> None:
    """S26: the number that open sessions hold is another one afterwards."""
    storywatch_here("users", "add", "ada", "--role", "admin", "--generate")
    before = stored_hash("ada")
    assert storywatch_here("users", "password", "ada").returncode == 0
    assert fits_hash(WORDS, stored_hash("ada"))
    assert not fits_hash(WORDS, before)
