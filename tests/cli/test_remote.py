"""`storywatch --server`: the same questions, asked of a real dashboard elsewhere, with a real token."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.routing import compile_path
from structlog.testing import capture_logs

from cli.main import is_remote
from cli.remote.calls import CALLS
from config.settings import WebSettings
from dashboard.app import create_app
from pipeline.model import Reason, Scope
from pipeline.store import entries, feeds, subscriptions, tokens
from pipeline.store.database import Database
from tests.cli.test_commands import Command
from tests.dashboard.newsroom import Newsroom
from tests.dashboard.serving import Site, serving
from workers.clock import utc_now


@pytest.fixture
def site(sqlite_database: Database) -> Iterator[Site]:
    """Give a dashboard with a password and one story."""
    now = utc_now()
    newsroom = Newsroom(sqlite_database, now)
    feed = newsroom.feed("https://gazette.example/rss", "Gazette")
    newsroom.publish(feed, "Ferry strike goes on", "Crews voted.", now - timedelta(minutes=5))
    with serving(create_app(sqlite_database, WebSettings(password="a long enough one"))) as running:
        yield running


@pytest.fixture
def remote(storywatch_here: Command, site: Site, sqlite_database: Database, tmp_path: Path) -> Command:
    """Give the command, pointed at the server by the environment, with a token that may write."""
    with sqlite_database.write() as tx:
        _, token = tokens.make(tx, "remote", Scope.WRITE, utc_now())
    (tmp_path / "token").write_text(f"{token}\n")
    storywatch_here.set("STORYWATCH_SERVER", site.origin)
    storywatch_here.set("STORYWATCH_TOKEN_FILE", str(tmp_path / "token"))
    return storywatch_here


def test_the_server_answers_as_the_machine_would(remote: Command) -> None:
    """Lists and records come as tables and as JSON."""
    (story,) = remote.rows("stories", "list")
    assert story["title"] == "Ferry strike goes on"
    shown = remote("stories", "show", story["id"])
    assert "Ferry strike goes on" in shown.stdout
    (article,) = json.loads(remote("stories", "show", story["id"], "--json").stdout)["articles"]
    assert "Crews voted." in remote("articles", "show", article["id"]).stdout
    assert remote.rows("alerts", "list") == []
    assert remote("queue", "show").returncode == 0


def test_feeds_are_changed_there(remote: Command, sqlite_database: Database) -> None:
    """A feed is added, paused, resumed and removed on the server, not here."""
    assert remote("feeds", "add", "https://new.example/rss", "--title", "New").returncode == 0
    number = next(row["id"] for row in remote.rows("feeds", "list") if row["title"] == "New")
    for verb, state in (("pause", "paused"), ("resume", "active")):
        assert remote("feeds", verb, number).returncode == 0
        assert remote.rows("feeds", "list")[-1]["state"] == state
    assert remote("feeds", "remove", number).returncode == 0
    with sqlite_database.read() as tx:
        assert [feed.title for feed in feeds.list_all(tx)] == ["Gazette"]
    assert not Path("data").exists(), "nothing was opened here"


def test_subscriptions_are_followed_there(remote: Command, sqlite_database: Database) -> None:
    """A subscription is listed, paused, resumed and removed on the server."""
    with sqlite_database.write() as tx:
        number = subscriptions.add(tx, "Strike", "strike", [], utc_now()).id
    assert [row["query"] for row in remote.rows("subscriptions", "list")] == ["strike"]
    for verb, is_enabled in (("pause", False), ("resume", True)):
        assert remote("subscriptions", verb, number).returncode == 0
        assert [row["enabled"] for row in remote.rows("subscriptions", "list")] == [is_enabled]
    assert remote("subscriptions", "remove", number).returncode == 0
    assert remote.rows("subscriptions", "list") == []


def test_a_subscription_is_made_there(remote: Command, sqlite_database: Database) -> None:
    """Added with a rule, tried, and given away, on the server; a rule that is no JSON is said to be none."""
    words = ("subscriptions", "add", "Strike", "ferry AND strike", "--rule", '{"outlets": 2}')
    assert remote(*words).returncode == 0
    with sqlite_database.read() as tx:
        [made] = subscriptions.list_all(tx)
    assert (made.name, made.query, made.rule.outlets) == ("Strike", "ferry AND strike", 2)
    assert remote("subscriptions", "test", "strike", "--rule", '{"outlets": 2}').returncode == 0
    assert remote("subscriptions", "give", made.id, "nobody").returncode == 2
    assert "no JSON" in remote("subscriptions", "add", "A", "b", "--rule", "outlets=2").stderr
    assert "no channel" in remote("subscriptions", "add", "A", "b", "--channel", "nowhere").stderr
    for verb in ("pause", "resume"):
        assert remote("queue", verb).returncode == 0


def test_the_archive_is_searched_there(remote: Command) -> None:
    """Found stories come as a table and as JSON; a mistake in the query comes with the server's words."""
    (found,) = remote.rows("search", "ferry AND strike")
    assert (found["title"], found["found_count"]) == ("Ferry strike goes on", 1)
    assert "Ferry strike goes on" in remote("search", "ferry", "--days", "2").stdout
    assert remote.rows("search", "zeppelin") == []
    assert remote("search", "ferry AND (").returncode == 2


def test_why_is_asked_there(remote: Command, sqlite_database: Database) -> None:
    """An article's number and a subscription's name are enough; each step of the way is shown."""
    with sqlite_database.write() as tx:
        subscriptions.add(tx, "Trains", "train", [], utc_now())
    (article,) = json.loads(remote("stories", "show", 1, "--json").stdout)["articles"]
    told = json.loads(remote("why", article["id"], "Trains", "--json").stdout)
    assert (told["got_it"], told["subscription_name"]) == (False, "Trains")
    assert told["verdict"] in remote("why", article["id"], "Trains").stdout.replace("\n", " ")


def test_subscriptions_go_out_and_come_in_there(remote: Command, sqlite_database: Database, tmp_path: Path) -> None:
    """What was exported comes in again; a dry run stores nothing; another service's queries are taken over."""
    with sqlite_database.write() as tx:
        number = subscriptions.add(tx, "Strike", "strike", [], utc_now()).id
    exported = remote("subscriptions", "export")
    assert (exported.returncode, 'name = "Strike"' in exported.stdout) == (0, True)
    (tmp_path / "held.toml").write_text(exported.stdout)
    remote("subscriptions", "remove", number)
    tried = json.loads(remote("subscriptions", "import", tmp_path / "held.toml", "--dry-run", "--json").stdout)
    assert (tried["added"], remote.rows("subscriptions", "list")) == (1, [])
    assert remote("subscriptions", "import", tmp_path / "held.toml").returncode == 0
    (tmp_path / "queries.txt").write_text("harbour fire\n")
    assert remote("subscriptions", "import", tmp_path / "queries.txt", "--from", "google").returncode == 0
    names = {row["name"] for row in remote.rows("subscriptions", "list")}
    assert (len(names), "Strike" in names) == (2, True)


def test_stories_are_mended_there(remote: Command, sqlite_database: Database) -> None:
    """Two stories become one, the merge is taken back, an article is taken out, and two are kept apart."""
    newsroom, now = Newsroom(sqlite_database, utc_now()), utc_now()
    feed = newsroom.feed("https://courier.example/rss", "Courier")
    second, other = newsroom.publish(feed, "Harbour fire is out", "Nobody was hurt.", now - timedelta(minutes=4))
    merged = json.loads(remote("stories", "merge", 1, other, "--json").stdout)
    assert (merged["kind"], len(remote.rows("stories", "list"))) == ("merge", 1)
    assert remote("stories", "undo", merged["id"]).returncode == 0
    assert len(remote.rows("stories", "list")) == 2
    remote("stories", "merge", 1, other)
    (left,) = remote.rows("stories", "list")
    split = json.loads(remote("stories", "split", left["id"], second, "--json").stdout)
    assert (split["kind"], len(remote.rows("stories", "list"))) == ("split", 2)
    apart = json.loads(remote("stories", "apart", split["story_id"], split["other_story_id"], "--json").stdout)
    assert apart["kind"] == "apart"


def test_users_are_kept_there(remote: Command, sqlite_database: Database, tmp_path: Path) -> None:
    """With an admin's token a user is added, changed and listed; the made password is printed, and in no log."""
    assert remote("users", "list").returncode == 2
    with sqlite_database.write() as tx:
        _, token = tokens.make(tx, "admin", Scope.ADMIN, utc_now())
    (tmp_path / "token").write_text(token)
    with capture_logs() as logged:  # of the server, which is in this process
        made = json.loads(remote("users", "add", "eva", "--role", "editor", "--json").stdout)
        again = json.loads(remote("users", "password", made["id"], "--json").stdout)
        for verb, disabled in (("disable", True), ("enable", False)):
            assert remote("users", verb, made["id"]).returncode == 0
            assert [row["disabled"] for row in remote.rows("users", "list")] == [disabled]
        assert remote("users", "role", made["id"], "reader").returncode == 0
    assert [(row["name"], row["role"]) for row in remote.rows("users", "list")] == [("eva", "reader")]
    assert len({made["password"], again["password"], ""}) == 3
    assert not [password for password in (made["password"], again["password"]) if password in str(logged)]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("backup", "b.zip"), "`backup` is not there with --server"),
        (("feeds", "poll", "1"), "`feeds poll` is not there with --server"),
        (("subscriptions", "import", "none.toml"), "none.toml cannot be read"),
        (("why", "https://gazette.example/nothing", "Nobody"), "Nobody"),
        (("stories", "show", "999"), "Nothing here"),
        (("tokens", "list"), "403"),
    ],
)
def test_what_cannot_be_done_there_says_why(words: tuple[str, ...], says: str, remote: Command) -> None:
    """A command of the machine itself, a number that nothing has, more than the token may do."""
    ended = remote(*words)
    assert ended.returncode == 2
    assert says in ended.stderr or ("more than" in ended.stderr.lower())


def test_a_server_that_cannot_be_asked_says_why(remote: Command, site: Site, tmp_path: Path) -> None:
    """No token, a wrong one, a server that is away, plain http beyond this machine: each has its own words."""
    (tmp_path / "wrong").write_text("swt_wrong")
    (tmp_path / "empty").write_text("")
    for words, code, says in (
        (("--token-file", tmp_path / "wrong"), 2, "token"),
        (("--token-file", tmp_path / "empty"), 2, "holds no token"),
        (("--token-file", tmp_path / "missing"), 2, "cannot be read"),
        (("--server", "http://127.0.0.1:9"), 1, "does not answer"),
        (("--server", "http://watch.example"), 2, "--insecure"),
        (("--server", "nonsense"), 2, "no address"),
    ):
        ended = remote(*words, "stories", "list")
        assert (ended.returncode, says in ended.stderr) == (code, True), (words, ended.stderr)
        assert "swt_wrong" not in ended.stderr
    assert site


def test_answers_without_a_plain_field_are_shown(remote: Command) -> None:
    """A record of lists alone, empty or not, is tables and no mistake."""
    ended = remote("feeds", "hygiene")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "findings: none" in ended.stdout


def test_a_server_of_another_kind_is_refused(remote: Command) -> None:
    """JSON that is no list of ours gets a clear word."""
    other = FastAPI()
    other.get("/api/v1/stories")(lambda: {"hello": "world"})
    with serving(other) as running:
        ended = remote("--server", running.origin, "stories", "list")
    assert (ended.returncode, "not as Storywatch does" in ended.stderr) == (1, True), ended.stderr


def test_every_call_is_one_of_the_api(sqlite_database: Database) -> None:
    """Each command is an operation of the API, and each operation a command, but the stream, which never ends."""
    with serving(create_app(sqlite_database, WebSettings())) as running:
        described = running.ask("/api/v1/openapi.json").json["paths"]
    known = {(method.upper(), path): compile_path(path)[0] for path, methods in described.items() for method in methods}
    asked = [(call.method, call.path.format_map(defaultdict(lambda: "7"))) for call in CALLS]
    met = {
        key: [one for one in asked if one[0] == key[0] and pattern.match(one[1]) and _is_plainest(one[1], key, known)]
        for key, pattern in known.items()
    }
    assert {key for key, calls in met.items() if not calls} == {("GET", "/events")}
    assert set(asked) - {one for calls in met.values() for one in calls} == set()


def _is_plainest(path: str, key: tuple[str, str], known: dict[tuple[str, str], re.Pattern[str]]) -> bool:
    """Tell whether an address means this operation: one that stands as it is goes before one with a number."""
    return key[1] == path or (key[0], path) not in known


def test_what_failed_is_mended_there(remote: Command, sqlite_database: Database) -> None:
    """A group is listed with its entries, one of them and then all are given up, and the queue's history is told."""
    newsroom, now = Newsroom(sqlite_database, utc_now()), utc_now()
    slow = newsroom.feed("https://slow.example/rss", "Slow")
    shown = [newsroom.entry(f"https://slow.example/{n}?key=canary", f"Page {n}", now) for n in range(3)]
    newsroom.poll(slow, *shown, at=now - timedelta(minutes=9))
    for task in newsroom.take(10, now - timedelta(minutes=8)):
        with sqlite_database.write() as tx:
            entries.put_back(tx, task.entry_id, task.token, now, now + timedelta(hours=1), Reason.TIMED_OUT, "late")
    listed = json.loads(remote("queue", "failures", "slow.example", "timed_out", "--json").stdout)
    assert (sorted(one["title"] for one in listed["items"]), listed["crash"]) == (["Page 0", "Page 1", "Page 2"], None)
    assert "canary" not in str(listed)
    one = ("--entry", listed["items"][0]["entry_id"], "--json")
    assert json.loads(remote("queue", "drop", "slow.example", "timed_out", *one).stdout) == {"count": 1}
    assert json.loads(remote("queue", "retry", "slow.example", "timed_out", "--json").stdout) == {"count": 2}
    assert json.loads(remote("queue", "drop-all", "--json").stdout) == {"count": 2}
    assert json.loads(remote("queue", "history", "--json").stdout) == {"stages": {"pages": [], "deliveries": []}}
    assert re.search(r"entries dropped +3\n", remote("overview").stdout)
    told = json.loads(remote("overview", "--json").stdout)
    assert (told["entries"]["dropped"], told["paces"]["hour"]["whole"]["article_count"]) == (3, 1)


def test_whole_lists_and_names_go_through(remote: Command, sqlite_database: Database, tmp_path: Path) -> None:
    """OPML goes out and comes in as a file, a bare list is a table, and a name of a token may hold a slash."""
    exported = remote("feeds", "export")
    assert "gazette.example/rss" in exported.stdout
    (tmp_path / "more.opml").write_text(exported.stdout.replace("gazette", "courier"))
    assert remote("feeds", "import", tmp_path / "more.opml").returncode == 0
    assert len(remote.rows("feeds", "list")) == 2
    assert remote("hosts", "--refused").returncode == 0
    assert remote("feeds", "refresh", 1).returncode == 0
    assert [row["stage"] for row in remote.rows("articles", "way", 1)]
    with sqlite_database.write() as tx:
        _, token = tokens.make(tx, "admin", Scope.ADMIN, utc_now())
    (tmp_path / "token").write_text(token)
    made = json.loads(remote("tokens", "add", "desk/archive", "--scope", "write", "--json").stdout)
    assert (made["scope"], made["token"][:4]) == ("write", "swt_")
    assert remote("tokens", "revoke", "desk/archive").returncode == 0
    assert "desk/archive" not in {row["name"] for row in remote.rows("tokens", "list")}


@pytest.mark.parametrize(
    ("words", "environ", "remote"),
    [
        (["stories", "list"], {}, False),
        (["--server", "https://x", "stories"], {}, True),
        (["--server=https://x", "stories"], {}, True),
        (["--insecure", "--server", "https://x", "stories"], {}, True),
        (["feeds", "add", "--server"], {}, False),
        (["stories"], {"STORYWATCH_SERVER": "https://x"}, True),
    ],
)
def test_a_server_is_meant_only_before_the_command(words: list[str], environ: dict[str, str], remote: bool) -> None:
    """An option of a command that is spelled alike changes nothing."""
    assert is_remote(words, environ) is remote
