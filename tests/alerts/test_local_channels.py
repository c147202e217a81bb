"""File and console: whole lines, durably, and nothing a terminal would obey."""

import errno
import json
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.alerts.channels import ConsoleTarget, FileTarget, deliver
from pipeline.alerts.channels.file import append_alert
from pipeline.alerts.message import payload
from pipeline.errors import Failure, Permanent, Transient
from pipeline.model import Reason
from tests.alerts.samples import HOSTILE, delivery, hostile_delivery
from tests.alerts.test_mail import NoPoster

LINES = FileTarget(Path("out/alerts.jsonl"))


def lines_of(folder: Path) -> list[dict[str, object]]:
    text = (folder / LINES.path).read_text(encoding="utf-8")
    assert text.endswith("\n")
    return [json.loads(line) for line in text.split("\n")[:-1]]


async def test_one_line_an_alert_in_the_data_folder(tmp_path: Path) -> None:
    """A relative path lies in the data folder, folders are made, each alert is one line."""
    for public_id in ("dlv_1", "dlv_2"):
        assert await deliver(delivery(public_id=public_id), LINES, NoPoster(), tmp_path) == "appended to alerts.jsonl"
    assert [line["id"] for line in lines_of(tmp_path)] == ["dlv_1", "dlv_2"]
    assert lines_of(tmp_path)[0] == payload(delivery(public_id="dlv_1"))


async def test_an_absolute_path_is_taken_as_it_is(tmp_path: Path) -> None:
    """An operator may put the file anywhere; folders outside the data folder are the operator's."""
    await deliver(delivery(), FileTarget(tmp_path / "a.jsonl"), NoPoster(), tmp_path / "data")
    assert (tmp_path / "a.jsonl").exists()
    with pytest.raises(Transient, match="No such file"):
        await deliver(delivery(), FileTarget(tmp_path / "none" / "a.jsonl"), NoPoster(), tmp_path)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_any_text_is_one_line(tmp_path: Path, text: str) -> None:
    """S25: no title breaks a line in two."""
    append_alert(hostile_delivery(text), LINES, tmp_path)
    assert len(lines_of(tmp_path)) == 1


def test_many_writers_do_not_mix(tmp_path: Path) -> None:
    """Lines of several deliveries at once stay whole."""
    with ThreadPoolExecutor(8) as pool:
        tasks = [delivery(public_id=f"dlv_{n}", passage="x" * 5_000) for n in range(80)]
        list(pool.map(lambda task: append_alert(task, LINES, tmp_path), tasks))
    assert {line["id"] for line in lines_of(tmp_path)} == {f"dlv_{n}" for n in range(80)}


def test_an_unfinished_line_is_ended_first(tmp_path: Path) -> None:
    """After a power cut in mid-line the next alert still stands on a line of its own."""
    path = tmp_path / LINES.path
    path.parent.mkdir()
    path.write_bytes(b'{"id":"half')
    append_alert(delivery(), LINES, tmp_path)
    assert json.loads(path.read_bytes().split(b"\n")[1])["id"] == "dlv_9c21"


def half(real: Callable[[int, bytes], int]) -> Callable[[int, bytes], int]:
    return lambda descriptor, line: real(descriptor, line[: len(line) // 2])


def test_a_full_disk_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not fit is taken back and tried again later."""
    append_alert(delivery(public_id="dlv_1"), LINES, tmp_path)
    monkeypatch.setattr(os, "write", half(os.write))
    with pytest.raises(Transient, match="No space left") as caught:
        append_alert(delivery(public_id="dlv_2"), LINES, tmp_path)
    assert caught.value.reason is Reason.RECEIVER_UNAVAILABLE
    monkeypatch.undo()
    append_alert(delivery(public_id="dlv_3"), LINES, tmp_path)
    assert [line["id"] for line in lines_of(tmp_path)] == ["dlv_1", "dlv_3"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_devices_are_no_files() -> None:
    """A device or pipe given as a file is refused at once."""
    with pytest.raises(Permanent, match="not a regular file"):
        append_alert(delivery(), FileTarget(Path("/dev/full")), Path("/"))


@pytest.mark.parametrize(
    ("code", "kind"), [(errno.ENOSPC, Transient), (errno.EIO, Transient), (errno.EACCES, Permanent)]
)
def test_disk_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, kind: type[Failure]) -> None:
    """What may pass is tried again, what will not is parked."""

    def fail(_descriptor: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(kind):
        append_alert(delivery(), LINES, tmp_path)
    assert (tmp_path / LINES.path).read_bytes() == b""


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
async def test_the_terminal_obeys_nobody(capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str) -> None:
    """S25: the console shows a short block without control characters."""
    await deliver(hostile_delivery(text), ConsoleTarget(), NoPoster(), tmp_path)
    shown = capsys.readouterr().out
    assert all(c.isprintable() or c in "\n\u200d" for c in shown)
    assert shown.count("\n") == 9


async def test_a_narrow_terminal_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an ASCII terminal cannot show becomes a question mark."""
    path = tmp_path / "out"
    with path.open("w", encoding="ascii") as ascii_output:
        monkeypatch.setattr(sys, "stdout", ascii_output)
        await deliver(delivery(article_title="Łódź"), ConsoleTarget(), NoPoster(), tmp_path)
    assert path.read_text(encoding="ascii").startswith("??d?\n")


async def test_a_closed_terminal_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard output that went away parks nothing."""
    output = (tmp_path / "out").open("w", encoding="utf-8")
    output.close()
    monkeypatch.setattr(sys, "stdout", output)
    with pytest.raises(Transient):
        await deliver(delivery(), ConsoleTarget(), NoPoster(), tmp_path)
