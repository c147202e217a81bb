"""`storywatch deliveries`: parked ones are found and sent again."""

import json
from pathlib import Path

import pytest

from cli.main import main
from pipeline.model import DeliveryState, Reason
from pipeline.store import deliveries, receivers
from pipeline.store.database import Database
from tests.store.making import NOW
from tests.store.test_deliveries import held, raised


@pytest.fixture
def parked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Give a database in which one of two deliveries is parked, in the folder where the command looks."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    database = Database.open(f"sqlite:///{tmp_path / 'data' / 'storywatch.db'}")
    database.migrate()
    with database.write() as tx:
        raised(tx)
        task = held(tx)
        deliveries.park(tx, task.delivery_id, task.token, Reason.RECEIVER_REFUSED, "410 Gone", NOW)
    return database


def storywatch(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run the command here; gives its exit code."""
    monkeypatch.setattr("sys.argv", ["storywatch", *arguments])
    with pytest.raises(SystemExit) as ending:
        main()
    return int(ending.value.code or 0)


def test_a_parked_delivery_is_listed_and_replayed(
    parked: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """R5: it is listed with its reason and waits again under the id it had; a second replay says it is not parked."""
    assert storywatch(monkeypatch, "deliveries", "list", "--state", "parked", "--json") == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["reason"], row["said"]) == ("receiver_refused", "410 Gone")
    with parked.read() as tx:
        before = deliveries.get(tx, row["id"])
    assert storywatch(monkeypatch, "deliveries", "replay", str(row["id"])) == 0
    with parked.read() as tx:
        after = deliveries.get(tx, row["id"])
    parked.close()
    assert (after.state, after.public_id) == (DeliveryState.WAITING, before.public_id)
    assert storywatch(monkeypatch, "deliveries", "replay", str(row["id"])) == 2
    assert "list --state parked" in capsys.readouterr().err


def test_all_parked_ones_at_once(
    parked: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--all` counts what it sent back; neither a number nor `--all` is a mistake that says so."""
    assert storywatch(monkeypatch, "deliveries", "replay") == 2
    assert "--all" in capsys.readouterr().err
    assert storywatch(monkeypatch, "deliveries", "replay", "--all") == 0
    assert "1 wait" in capsys.readouterr().out
    with parked.read() as tx:
        assert deliveries.count_by_state(tx)[DeliveryState.PARKED] == 0
    parked.close()


def test_dead_letters_are_exported(
    parked: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """R34: each with its reason and the message it would have been, under the id a replay would carry."""
    file = tmp_path / "dead.jsonl"
    assert storywatch(monkeypatch, "deliveries", "export", str(file)) == 0
    (line,) = file.read_text().splitlines()
    letter = json.loads(line)
    with parked.read() as tx:
        [stored] = deliveries.recent(tx, 10, DeliveryState.PARKED)
    assert (letter["id"], letter["reason"], letter["said"]) == (stored.public_id, "receiver_refused", "410 Gone")
    assert letter["message"]["id"] == stored.public_id
    assert storywatch(monkeypatch, "deliveries", "export", str(file)) == 2
    capsys.readouterr()
    assert storywatch(monkeypatch, "deliveries", "export", "-") == 0
    assert json.loads(capsys.readouterr().out) == letter
    parked.close()


def test_a_receiver_that_rests_is_asked_again(
    parked: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """R33: what is held against a channel is listed and forgotten on the operator's word."""
    with parked.write() as tx:
        receivers.failed(tx, "alerts", Reason.TIMED_OUT, NOW)
    assert storywatch(monkeypatch, "channels", "list", "--json") == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["channel"], row["receiver"], row["reason"]) == ("alerts", "fails", "timed_out")
    assert storywatch(monkeypatch, "channels", "resume", "alerts") == 0
    assert storywatch(monkeypatch, "channels", "resume", "alerts") == 2
    parked.close()
