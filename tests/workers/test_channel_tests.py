"""A test message goes the way of every alert, and nothing of it is stored."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from config.settings import FileChannel, HubChannel, WebhookChannel
from pipeline.errors import Transient, Unusable
from pipeline.model import Reason, Response
from workers.channel_tests import ChannelTests

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Poster:
    """Takes what is posted, or fails; waits for `going` first."""

    def __init__(self, failure: Transient | None = None) -> None:
        self.posted: list[tuple[str, bytes]] = []
        self.going = asyncio.Event()
        self.going.set()
        self.arrived = asyncio.Event()
        self._failure = failure

    async def post(self, url: str, *, headers: Any, body: bytes, max_bytes: int) -> Response:
        del headers, max_bytes
        self.arrived.set()
        await self.going.wait()
        if self._failure:
            raise self._failure
        self.posted.append((url, body))
        return Response(url, 200, {}, b"", 0.1)


def _tests(tmp_path: Path, poster: Poster) -> ChannelTests:
    channels = {
        "desk": WebhookChannel(type="webhook", url="https://hooks.example/secret-path", secret=SECRET),
        "file": FileChannel(type="file", path=Path("alerts.jsonl")),
        "bad": FileChannel(type="file", path=Path("../away.jsonl")),
        "hub": HubChannel(type="hub", url="https://hub.example/"),
    }
    return ChannelTests(channels, poster, tmp_path)


async def test_the_receivers_answer_comes_back(tmp_path: Path) -> None:
    """One message is posted, which says that it is a test; the answer shows no secret path."""
    poster = Poster()
    said = await _tests(tmp_path, poster).send("desk")
    assert "200" in said
    assert "secret-path" not in said
    [(url, body)] = poster.posted
    assert url == "https://hooks.example/secret-path"
    assert b"This is a test message" in body
    assert b"msg_test_" in body


async def test_a_failure_comes_back_as_one(tmp_path: Path) -> None:
    """What a delivery would have met is what the test meets."""
    with pytest.raises(Transient):
        await _tests(tmp_path, Poster(Transient(Reason.TIMED_OUT))).send("desk")


@pytest.mark.parametrize(("name", "said"), [("none", "no channel"), ("bad", "leaves the data folder"), ("hub", "hub")])
async def test_what_cannot_be_tested_says_why(tmp_path: Path, name: str, said: str) -> None:
    """A channel that is missing, set wrong or a hub gets no message but a sentence."""
    with pytest.raises(Unusable, match=said):
        await _tests(tmp_path, Poster()).send(name)


async def test_one_test_at_a_time(tmp_path: Path) -> None:
    """Pressing the button again while a receiver dawdles sends nothing more; afterwards it does."""
    poster = Poster()
    poster.going.clear()
    tests = _tests(tmp_path, poster)
    first = asyncio.create_task(tests.send("desk"))
    await poster.arrived.wait()
    with pytest.raises(Unusable, match="under way"):
        await tests.send("desk")
    poster.going.set()
    await first
    await tests.send("desk")
    assert len(poster.posted) == 2


async def test_a_file_gets_its_line(tmp_path: Path) -> None:
    """Channels without an address are tried too."""
    await _tests(tmp_path, Poster()).send("file")
    assert "This is a test message" in (tmp_path / "alerts.jsonl").read_text()
