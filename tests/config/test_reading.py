"""The settings: file below environment, all mistakes at once, each with what to do."""

from pathlib import Path

import pytest

from config.reading import described_settings, read_settings
from config.settings import Settings
from pipeline.errors import BadSettings


def written(tmp_path: Path, text: str) -> Path:
    """Write a settings file and give its path."""
    path = tmp_path / "storywatch.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_the_defaults_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file and no variable give the documented defaults."""
    monkeypatch.chdir(tmp_path)
    assert Settings() == read_settings(None, {})


def test_a_file_that_would_be_passed_over_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A storywatch.toml beside the start folder's config/ is not silently ignored; the mistake says what to do."""
    monkeypatch.chdir(tmp_path)
    path = written(tmp_path, "[web]\nport = 9000\n")
    with pytest.raises(BadSettings, match=r"would not be read.*--config storywatch\.toml"):
        read_settings(None, {})
    assert read_settings(None, {"STORYWATCH_CONFIG": str(path)}).web.port == 9000
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "storywatch.toml").write_text("[web]\nport = 9001\n", encoding="utf-8")
    assert read_settings(None, {}).web.port == 9001


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    """A variable beats the file, and both beat the default."""
    path = written(tmp_path, "[web]\nport = 9000\nhost = '127.0.0.2'\n")
    settings = read_settings(path, {"STORYWATCH_WEB__PORT": "9001"})
    assert (settings.web.port, settings.web.host) == (9001, "127.0.0.2")


def test_lists_come_from_the_environment_as_toml(tmp_path: Path) -> None:
    """A list in a variable is written as in the file."""
    settings = read_settings(written(tmp_path, ""), {"STORYWATCH_FETCH__ALLOW_PRIVATE": '["10.0.0.0/8", "intra"]'})
    assert settings.fetch.allow_private == ("10.0.0.0/8", "intra")


def test_all_mistakes_are_reported_together(tmp_path: Path) -> None:
    """Every mistake of file and environment is named in one report, each with its place and a way out."""
    path = written(
        tmp_path,
        """
        [feeds]
        interval_secnods = 60
        concurrency = 0
        [web]
        port = "eighty"
        [channels.desk]
        type = "webhook"
        url = "https://example.org"
        """,
    )
    with pytest.raises(BadSettings) as caught:
        read_settings(path, {"STORYWATCH_QUEUE__HIGH_WATER": "-1"})
    report = "\n".join(caught.value.problems)
    assert len(caught.value.problems) == 5
    assert "did you mean feeds.interval_seconds?" in report
    assert "feeds.concurrency" in report
    assert "greater than or equal to 1" in report
    assert "web.port" in report
    assert "given: 'eighty'" in report
    assert "secret" in report
    assert "must be set" in report
    assert "STORYWATCH_QUEUE__HIGH_WATER" in report


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("[feeds]\nfloor_seconds = 7200\n", "lower the floor", id="floor above interval"),
        pytest.param("[feeds]\ninterval_seconds = 999999\n", "raise the ceiling", id="interval above ceiling"),
        pytest.param("[web\n", "not valid TOML", id="not toml"),
        pytest.param("[fetch]\nallow_private = ['10.0.0.1/8']\n", "has host bits set", id="not a network"),
        pytest.param(
            "[operator]\nchannels = ['x']\n[channels.x]\ntype = 'hub'\nurl = 'https://hub.example/'\n",
            "carries no messages",
            id="incidents to a hub",
        ),
        pytest.param("[channels.x]\ntype = 'pigeon'\n", "'webhook'", id="unknown channel type"),
        pytest.param("[fetch]\nports = 80\n", "must be a list", id="one value for a list"),
    ],
)
def test_a_mistake_says_what_to_do(tmp_path: Path, text: str, says: str) -> None:
    """Each kind of mistake has a sentence of its own."""
    with pytest.raises(BadSettings) as caught:
        read_settings(written(tmp_path, text), {})
    assert says in str(caught.value)


def test_a_missing_named_file_is_an_error(tmp_path: Path) -> None:
    """A file that was asked for must be there; the message names the command that writes one."""
    with pytest.raises(BadSettings, match="storywatch init"):
        read_settings(tmp_path / "absent.toml", {})


def test_secrets_are_not_repeated_in_reports(tmp_path: Path) -> None:
    """S21: a refused secret is not shown again, nor is any secret in the settings' own text."""
    path = written(tmp_path, "[web]\npassword = 12345678\n")
    with pytest.raises(BadSettings) as caught:
        read_settings(path, {})
    assert "12345678" not in str(caught.value)
    shown = repr(read_settings(written(tmp_path, "[web]\npassword = 'canary-secret'\n"), {}))
    assert "canary-secret" not in shown


def test_every_setting_is_described() -> None:
    """Each setting carries the sentence that documents it."""
    assert [name for name, description in described_settings() if not description] == []


def test_the_file_that_ships_is_valid() -> None:
    """The settings file that a user edits is itself without mistakes."""
    path = Path(__file__).resolve().parents[2] / "config" / "storywatch.toml"
    assert read_settings(path, {}).web.port == 8420
