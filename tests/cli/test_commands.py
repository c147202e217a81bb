"""The commands that look and change: what they print, what they refuse, what programs can rely on."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli.main import main

FEED = "https://example.org/feed.xml"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


class Command:
    """`storywatch` in this process, in a folder of its own and without settings of the machine's."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *arguments: object) -> Ended:
        self._monkeypatch.setattr("sys.argv", ["storywatch", *map(str, arguments)])
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as ending:
            main()
        said = self._capsys.readouterr()
        return Ended(int(ending.value.code or 0), said.out, said.err)

    def set(self, name: str, value: str) -> None:
        """Set a variable of the environment."""
        self._monkeypatch.setenv(name, value)

    def rows(self, *arguments: str) -> list[dict[str, object]]:
        """Give what a listing prints for programs."""
        listed = self(*arguments, "--json")
        assert listed.returncode == 0, listed.stderr
        return list(json.loads(listed.stdout))


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Give the command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("STORYWATCH_")]:
        monkeypatch.delenv(name)
    return Command(monkeypatch, capsys)


def test_feeds_come_and_go(command: Command) -> None:
    """A feed that was added is listed, is the same when added again however written, and can be removed."""
    assert command("feeds", "add", FEED, "--title", "Example", "--as-is").returncode == 0
    assert command("feeds", "add", "HTTPS://EXAMPLE.org/feed.xml").returncode == 0
    assert [(row["url"], row["title"]) for row in command.rows("feeds", "list")] == [(FEED, "Example")]
    assert command("feeds", "remove", FEED).returncode == 0
    assert command.rows("feeds", "list") == []


def test_opml_goes_out_and_comes_in_again(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was exported can be imported into an empty installation, folders kept."""
    command("feeds", "add", FEED, "--title", "Example", "--folder", "World", "--as-is")
    assert command("feeds", "export", tmp_path / "all.opml").returncode == 0
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.chdir(other)
    imported = command("feeds", "import", tmp_path / "all.opml")
    assert "1 added, 0 known already, 0 skipped" in imported.stdout
    assert [(row["url"], row["folder"]) for row in command.rows("feeds", "list")] == [(FEED, "World")]


def test_an_import_says_what_it_left_out(command: Command, tmp_path: Path) -> None:
    """Each line of a list that is not taken over is named with the reason, in words and as JSON."""
    file = tmp_path / "list.opml"
    file.write_text('<opml><outline text="A" xmlUrl="https://a.example/"/><outline text="B" xmlUrl="ftp://b"/></opml>')
    skipped = [{"what": "B", "why": "'ftp://b' is no http or https address"}]
    assert json.loads(command("feeds", "import", file, "--json").stdout) == {"added": 1, "known": 0, "skipped": skipped}
    again = command("feeds", "import", file)
    assert "0 added, 1 known already, 1 skipped" in again.stdout
    assert "skipped B: 'ftp://b' is no http or https address" in again.stderr


def test_hygiene_reports_to_people_and_programs(command: Command) -> None:
    """An installation without feeds has nothing to mend, in words and as JSON."""
    assert "Nothing to mend." in command("feeds", "hygiene").stdout
    assert json.loads(command("feeds", "hygiene", "--json").stdout) == {"findings": [], "costs": []}


def test_subscriptions_come_and_go(command: Command) -> None:
    """A subscription that was added is listed with its channels, and can be removed by name."""
    assert command("subscriptions", "add", "Rates", '"interest rate"').returncode == 0
    assert [(row["name"], row["channels"]) for row in command.rows("subscriptions", "list")] == [("Rates", ["alerts"])]
    assert command("subscriptions", "remove", "Rates").returncode == 0
    assert command.rows("subscriptions", "list") == []


def test_a_wrong_query_is_shown_with_its_place_and_mend(command: Command) -> None:
    """The query is repeated with a mark under the mistake, and a mended one below; nothing is stored."""
    ended = command("subscriptions", "add", "Rates", "bank AND (rate")
    assert ended.returncode == 2
    lines = ended.stderr.splitlines()
    assert lines[1].index("(") == lines[2].index("^")
    assert lines[3].startswith("perhaps: ")
    assert command.rows("subscriptions", "list") == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("feeds", "add", "ftp://example.org/x"), "http(s) address"),
        (("feeds", "remove", "7"), "7"),
        (("feeds", "remove", "https://nobody.example/"), "feeds list"),
        (("feeds", "import", "nowhere.opml"), "nowhere.opml cannot be read"),
        (("subscriptions", "add", "x", "Kursk", "--channel", "nobody"), "the settings have: alerts"),
        (("subscriptions", "remove", "x"), "subscriptions list"),
        (("subscriptions", "test", "a AND OR b"), "^"),
        (("articles", "show", "5"), "no article 5"),
        (("stories", "show", "5"), "no story 5"),
        (("extract", "nowhere.html"), "nowhere.html cannot be read"),
        (("extract", "http://127.0.0.1:9/"), "address_denied"),
        (("feeds", "list", "--config", "nowhere.toml"), "nowhere.toml"),
    ],
)
def test_what_cannot_work_ends_with_2_and_says_why(arguments: tuple[str, ...], said: str, command: Command) -> None:
    """One message on standard error, no traceback, nothing on standard output."""
    ended = command(*arguments)
    assert ended.returncode == 2
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""


def test_extract_shows_the_article_of_a_file(command: Command, tmp_path: Path) -> None:
    """A saved page gives its headline and text without what surrounds them."""
    text = "The harbour office opened the new lock on Monday after three years of work on both of its gates. " * 6
    article = f"<article><h1>Lock opened</h1><p>{text}</p></article>"
    page = f"<html><title>Lock opened</title><body><nav><a href='/'>Home</a></nav>{article}</body></html>"
    (tmp_path / "page.html").write_text(page)
    ended = command("extract", tmp_path / "page.html", "--json")
    found = json.loads(ended.stdout)
    assert found["title"] == "Lock opened"
    assert "three years of work" in found["text"]
    assert "Home" not in found["text"]


def test_init_writes_what_is_missing_and_nothing_else(command: Command, tmp_path: Path) -> None:
    """The three files are written once; a second time the user's own are left alone."""
    assert command("init").returncode == 0
    (tmp_path / "config" / "storywatch.toml").write_text("# mine\n")
    again = command("init")
    assert "left as it is" in again.stderr
    assert (tmp_path / "config" / "storywatch.toml").read_text() == "# mine\n"
    assert command("feeds", "list").returncode == 0


def test_doctor_names_what_is_wrong(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 3 and the setting to mend; 0 where nothing is wrong."""
    ended = command("doctor")
    assert (ended.returncode, "fetch.contact" in ended.stdout) == (3, True)
    monkeypatch.setenv("STORYWATCH_FETCH__CONTACT", "https://example.org/watch")
    assert command("doctor").returncode == 0


def test_doctor_tells_a_dead_service(command: Command) -> None:
    """`--alive` is a health check: 3 where no such process beats."""
    command("doctor")
    assert command("doctor", "--alive", "worker").returncode == 3


def test_a_subscription_with_a_rule(command: Command) -> None:
    """Options become the rule that is listed; one that cannot be meant is refused with all its mistakes."""
    added = command(
        "subscriptions", "add", "Lock", "lock", "--outlets", 3, "--digest", "daily@07:30", "--tz", "Asia/Tokyo"
    )
    assert added.returncode == 0
    [row] = command.rows("subscriptions", "list")
    assert row["rule"] == {"outlets": 3, "digest": "daily@07:30", "timezone": "Asia/Tokyo"}
    refused = command("subscriptions", "add", "Bread", "ovens", "--outlets", 0, "--digest", "often")
    assert refused.returncode == 2
    assert "outlets" in refused.stderr
    assert "digest" in refused.stderr


def test_why_an_address_did_not_come(command: Command) -> None:
    """Words for people, a record for programs; an unknown subscription is refused."""
    command("subscriptions", "add", "Lock", "lock")
    told = command("why", "https://elsewhere.example/1", "Lock")
    assert (told.returncode, told.stdout.splitlines()[0]) == (0, "No: no feed has shown this address.")
    answer = json.loads(command("why", "https://elsewhere.example/1", "Lock", "--json").stdout)
    assert (answer["got_it"], answer["steps"][0]["passed"]) == (False, "no")
    assert command("why", "https://elsewhere.example/1", "Nothing").returncode == 2


def test_subscriptions_go_through_a_file(command: Command, tmp_path: Path) -> None:
    """Exported, checked, edited, imported: what has the same name is changed, nothing else is touched."""
    command("subscriptions", "add", "Rates", '"interest rate"')
    command("subscriptions", "add", "Bread", "ovens")
    file = tmp_path / "team.toml"
    assert command("subscriptions", "export", file).returncode == 0
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("'\"interest rate\"'", "'\"interest rates\"'"), encoding="utf-8")
    assert "2 subscriptions, 0 examples" in command("subscriptions", "check", file).stdout
    assert "1 changed (dry run" in command("subscriptions", "import", file, "--dry-run").stdout
    done = command("subscriptions", "import", file).stdout
    assert [line for line in done.splitlines() if not line.startswith("0")] == ["1 changed", "1 unchanged"]
    assert {row["query"] for row in command.rows("subscriptions", "list")} == {'"interest rates"', "ovens"}
    file.write_text(text + 'misses = ["The interest rate rose"]\n', encoding="utf-8")
    refused = command("subscriptions", "check", file)
    assert (refused.returncode, "is met by: The interest rate rose" in refused.stderr) == (2, True)


def test_queries_of_google_alerts_are_taken_over(command: Command, tmp_path: Path) -> None:
    """Each line is a query; what is lost is named with its line, the rest is stored."""
    file = tmp_path / "alerts.txt"
    file.write_text("War\tKursk troops OR army filetype:pdf\nfiletype:doc\n", encoding="utf-8")
    looked = command("subscriptions", "import", file, "--from", "google", "--dry-run").stdout
    assert "Kursk AND (troops OR army)" in looked
    done = command("subscriptions", "import", file, "--from", "google")
    assert "1 added" in done.stdout
    assert "line 1: 'filetype:pdf' was left out" in done.stderr
    assert "line 2 was left out" in done.stderr
    assert [(row["name"], row["query"]) for row in command.rows("subscriptions", "list")] == [
        ("War", "Kursk AND (troops OR army)")
    ]


def test_a_subscription_is_given_to_a_user(command: Command) -> None:
    """It is then that user's, until it is given back to all; a reader, and who is not there, get none."""
    command("subscriptions", "add", "Bread", "ovens")
    for name, role in (("ada", "admin"), ("jana", "editor"), ("rolf", "reader")):
        assert command("users", "add", name, "--role", role, "--generate").returncode == 0
    assert "Bread belongs to jana" in command("subscriptions", "give", "Bread", "jana").stdout
    for nobody in ("rolf", "nobody"):
        refused = command("subscriptions", "give", "Bread", nobody)
        assert (refused.returncode, nobody in refused.stderr) == (2, True), refused.stderr
    assert "Bread belongs to the whole newsroom" in command("subscriptions", "give", 1, "").stdout


def test_a_query_is_tried_on_an_empty_archive(command: Command) -> None:
    """Where nothing can be said, that is said; spellings likewise."""
    tried = command("subscriptions", "test", "Kursk", "--days", 7)
    assert tried.returncode == 0
    assert "nothing can be said" in tried.stdout
    assert "No article holds" in command("subscriptions", "variants", "Zelensky").stdout


def test_a_query_is_tried_with_its_conditions(command: Command) -> None:
    """The options of `add` are those of `test`; what the trial does not foresee is said, a wrong condition refused."""
    tried = command("subscriptions", "test", "Kursk", "--outlets", 3, "--quiet", "22:00-07:00")
    assert tried.returncode == 0
    assert "only delay" in tried.stderr
    assert "growth" in command("subscriptions", "test", "Kursk", "--growth", "much").stderr
