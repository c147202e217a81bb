"""Jobs that somebody else wrote into Redis: none has an effect, each is set aside with its reason, and work goes on."""

import asyncio
import json
import os
import pickle
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from redis import Redis
from rq.job import Job
from structlog.testing import capture_logs

from tests.workers.support import eventually, rows, working, zmembers
from workers.queue import PAGES, WorkQueue


class Touches:
    """Pickles to a call of `os.system`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (f"touch {self.path}",)


def call_bytes(*parts: object) -> bytes:
    return zlib.compress(json.dumps(parts).encode())


def good_call() -> bytes:
    return call_bytes("fetch", None, [1, 1], {"version": 1})


FORGED: list[object] = [
    pytest.param(lambda path: {"data": zlib.compress(pickle.dumps(Touches(path)))}, id="pickled call"),
    pytest.param(lambda path: {"data": pickle.dumps(Touches(path))}, id="pickled call, uncompressed"),
    pytest.param(lambda path: {"data": call_bytes("os.system", None, [f"touch {path}"], {})}, id="os.system"),
    pytest.param(
        lambda path: {"data": call_bytes("os.system", None, [f"touch {path}"], {"version": 1})},
        id="os.system versioned",
    ),
    pytest.param(lambda _: {"data": call_bytes("fetch", None, [1, 1], {"version": 0})}, id="unknown version"),
    pytest.param(lambda _: {"data": call_bytes("gone", None, [1, 1], {"version": 1})}, id="unknown function"),
    pytest.param(lambda _: {"data": b"x" * 1_000_000}, id="far too long"),
    pytest.param(lambda _: {"data": zlib.compress(b"[" * 3_000_000)}, id="bomb"),
    pytest.param(lambda _: {"status": "queued"}, id="no payload"),
    pytest.param(lambda _: {"data": good_call(), "status": "nonsense"}, id="nonsense status"),
    pytest.param(lambda _: {"data": good_call(), "created_at": "yesterday"}, id="nonsense date"),
    pytest.param(lambda _: {"data": good_call(), "timeout": "soon"}, id="nonsense timeout"),
    pytest.param(lambda _: {"data": good_call(), "description": "x" * 100_000}, id="long description"),
    pytest.param(lambda _: {"data": good_call(), "origin": b"\xff\xfe"}, id="bytes that are no text"),
]


@pytest.mark.parametrize("forge", FORGED)
async def test_a_forged_job_is_set_aside(
    valkey: Redis, valkey_url: str, tmp_path: Path, forge: Callable[[Path], dict[str, str | bytes]]
) -> None:
    """S10, R37: it is never run; it stands among the failed with its reason, is logged, and the next job runs."""
    canary = tmp_path / "canary"
    ran = []

    async def fetch(entry_id: int, _token: int) -> None:
        ran.append(entry_id)

    queue = WorkQueue(PAGES, valkey)
    valkey.hset(Job.key_for("forged"), mapping=forge(canary))
    valkey.rpush(queue.rq.key, "forged")
    queue.enqueue("fetch", [rows(7)[6]], 60)
    with capture_logs() as logs:
        async with working(valkey_url, {"fetch": fetch}):
            await eventually(lambda: ran == [7])
            await eventually(lambda: zmembers(valkey, queue.rq.failed_job_registry.key) == {"forged"})
    assert not canary.exists()
    assert [line["job_id"] for line in logs if line["event"] == "job_forbidden"] == ["forged"]
    record = valkey.hgetall(Job.key_for("forged"))
    assert record[b"description"].startswith(b"forbidden: ")
    assert json.loads(zlib.decompress(record[b"data"]))[0] == "job_forbidden"
    assert 0 < valkey.ttl(Job.key_for("forged")) <= 7 * 86_400
    assert queue.depth() == 0


@pytest.mark.parametrize("outcome", ["success", "failure", "stopped"])
async def test_forged_callbacks_and_webhooks_have_no_effect(
    valkey: Redis, valkey_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outcome: str
) -> None:
    """S10: a job of ours to which somebody added callbacks, webhooks, repeats and dependents runs, they do not."""
    called = tmp_path / "planted_callback_ran"
    (tmp_path / "planted_callback.py").write_text(
        f"import pathlib\npathlib.Path({str(called)!r}).touch()\ndef call(*args): pass\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    posted = []
    server = await asyncio.start_server(lambda *_: posted.append(1), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    async def fetch(_entry_id: int, _token: int) -> None:
        if outcome != "success":
            raise ValueError("broken on purpose")

    queue = WorkQueue(PAGES, valkey)
    row = rows(1)[0]
    queue.enqueue("fetch", [row], 60)
    planted = {f"{kind}_callback_name": "planted_callback.call" for kind in ("success", "failure", "stopped")}
    hooks = [{"url": f"http://127.0.0.1:{port}/", "job_status": status} for status in ("finished", "failed")]
    valkey.hset(
        Job.key_for(row.job_id),
        mapping={
            **planted,
            "webhooks": json.dumps(hooks),
            "repeats_left": 5,
            "repeat_intervals": "[1]",
            "retries_left": 0,
        },
    )
    valkey.sadd(f"rq:job:{row.job_id}:dependents", "other")
    async with server, working(valkey_url, {"fetch": fetch}):
        await eventually(lambda: queue.depth() == 0)
        if outcome == "stopped":  # maintenance looks at it too
            valkey.zadd(queue.rq.started_job_registry.key, {f"{row.job_id}:x": 1})
            valkey.hset(Job.key_for(row.job_id), mapping={"status": "started", **planted})
            queue.rq.started_job_registry.cleanup()
    assert not called.exists()
    assert not posted
    assert not queue.places().scheduled
    assert not valkey.exists(f"{Job.key_for('other')}")


@pytest.mark.parametrize("raw", [b"\xff\xfe\x00", b"a:b", b"../x", b"x y", "\u00e9".encode()], ids=repr)
async def test_an_id_that_is_none_of_ours_is_dropped(valkey: Redis, valkey_url: str, raw: bytes) -> None:
    """S10: bytes on the queue that no job of ours could have as an id are dropped and logged."""
    ran = []

    async def fetch(entry_id: int, _token: int) -> None:
        ran.append(entry_id)

    queue = WorkQueue(PAGES, valkey)
    valkey.rpush(queue.rq.key, raw)
    queue.enqueue("fetch", rows(1), 60)
    with capture_logs() as logs:
        async with working(valkey_url, {"fetch": fetch}):
            await eventually(lambda: ran == [1])
    assert [line["event"] for line in logs].count("job_forbidden") == 1
    await eventually(lambda: queue.depth() == 0)


async def test_a_job_of_the_wrong_kind_of_key_is_set_aside(valkey: Redis, valkey_url: str) -> None:
    """S10: what stands under the job's name need not even be a hash."""
    queue = WorkQueue(PAGES, valkey)
    valkey.set(Job.key_for("forged"), "not a hash")
    valkey.rpush(queue.rq.key, "forged")

    async def fetch(_entry_id: int, _token: int) -> None:
        raise AssertionError("never called")

    async with working(valkey_url, {"fetch": fetch}):
        await eventually(lambda: zmembers(valkey, queue.rq.failed_job_registry.key) == {"forged"})


async def test_a_forged_timeout_is_held_within_ours(valkey: Redis, valkey_url: str) -> None:
    """S10: numbers in a job's hash are held within what we would have written."""
    queue = WorkQueue(PAGES, valkey)
    row = rows(1)[0]
    queue.enqueue("fetch", [row], 60)
    valkey.hset(
        Job.key_for(row.job_id), mapping={"timeout": -1, "result_ttl": -1, "failure_ttl": -1, "retries_left": 99}
    )
    done = asyncio.Event()

    async def fetch(_entry_id: int, _token: int) -> None:
        done.set()
        raise ValueError("broken on purpose")

    async with working(valkey_url, {"fetch": fetch}):
        await done.wait()
        await eventually(lambda: queue.places().scheduled)
    stored = valkey.hgetall(Job.key_for(row.job_id))
    assert int(stored[b"retries_left"]) == 2
    assert 0 < int(stored[b"failure_ttl"]) <= 7 * 86_400
    assert 0 < float(stored[b"timeout"]) <= 300
