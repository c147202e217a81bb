"""Pages per second: our worker with 128 jobs in flight against one `rq.SimpleWorker`, in the same run.

Both fetch pages of one local origin that answers after 300 ms, through one embedded Valkey. Ours goes through the
guarded `Transport`, RQ's through http.client. Prints one row of the table in docs/benchmarks.md; ends with 1
below the goal of 60 times. Run: `python -m benchmarks.worker_throughput`.
"""

import asyncio
import http.client
import multiprocessing
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from pipeline.model import Released
from pipeline.transport import Policy, Transport
from workers.concurrent import ConcurrentWorker
from workers.embedded import prepare
from workers.queue import PAGES, WorkQueue
from workers.server import connect, wait_until_ready
from workers.supervisor import ProcessSpec, Supervisor

LATENCY_SECONDS = 0.3
IN_FLIGHT = 128
OUR_PAGES = 4000
RIVAL_PAGES = 30
GOAL = 60
BODY = b"<!doctype html><title>A page</title><p>" + b"A line of news from nowhere. " * 200
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY


async def _serve(ready: Connection) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                await asyncio.sleep(LATENCY_SECONDS)
                writer.write(ANSWER)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=1024)
    ready.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def _serve_forever(ready: Connection) -> None:
    asyncio.run(_serve(ready))


@contextmanager
def origin() -> Iterator[int]:
    """Run the origin in a process of its own; gives its port."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve_forever, args=(theirs,), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


def get_page(port: int) -> None:
    """Fetch one page, as RQ's own worker would."""
    client = http.client.HTTPConnection("127.0.0.1", port)
    client.request("GET", "/page")
    assert len(client.getresponse().read()) == len(BODY)
    client.close()


def rival_rate(url: str, port: int) -> float:
    """Measure one SimpleWorker, start-up not counted."""
    connection = connect(url, socket_seconds=60)
    queue = Queue("rival", connection=connection, serializer=JSONSerializer)
    for _ in range(RIVAL_PAGES):
        queue.enqueue("benchmarks.worker_throughput.get_page", port)
    worker = SimpleWorker([queue], connection=connection, serializer=JSONSerializer)
    began = time.perf_counter()
    worker.work(burst=True, logging_level="ERROR")
    return RIVAL_PAGES / (time.perf_counter() - began)


async def our_rate(url: str, port: int) -> tuple[float, float]:
    """Measure our worker: pages per second, and milliseconds of CPU per page."""
    queue = WorkQueue(PAGES, connect(url))
    for first in range(0, OUR_PAGES, 500):
        queue.enqueue("fetch_page", [Released(first + n, 1, uuid.uuid4().hex) for n in range(500)], 60)
    policy = Policy(total_seconds=30, ports=frozenset({port}), allow_private=("127.0.0.0/8",), user_agent="benchmark")
    stop = asyncio.Event()
    done_count = 0
    async with Transport(policy) as transport:

        async def fetch_page(_entry_id: int, _token: int) -> None:
            nonlocal done_count
            response = await transport.get(f"http://127.0.0.1:{port}/page", max_bytes=1_000_000)
            assert len(response.body) == len(BODY)
            done_count += 1
            if done_count == OUR_PAGES:
                stop.set()

        worker = ConcurrentWorker(queue, {"fetch_page": fetch_page}, IN_FLIGHT, name="benchmark")
        began, began_cpu = time.perf_counter(), time.process_time()
        await worker.run(stop)
        seconds, cpu = time.perf_counter() - began, time.process_time() - began_cpu
    assert worker.detail()["failed"] == 0
    return OUR_PAGES / seconds, 1000 * cpu / OUR_PAGES


async def measure(folder: Path) -> float:
    """Measure both and print the row; gives the ratio."""
    plan = prepare(folder)
    stop = asyncio.Event()
    valkey = asyncio.create_task(Supervisor([ProcessSpec("valkey", plan.command)]).run(stop))
    with origin() as port:
        await asyncio.to_thread(wait_until_ready, plan.url)
        rival = rival_rate(plan.url, port)
        ours, cpu = await our_rate(plan.url, port)
    stop.set()
    await valkey
    ratio = ours / rival
    print(
        f"| pages/s at {LATENCY_SECONDS * 1000:.0f} ms, {IN_FLIGHT} in flight ({cpu:.1f} ms CPU a page) | {ours:.0f} "
        f"| one SimpleWorker | {rival:.2f} | {ratio:.0f} x | at least {GOAL} x |"
    )
    return ratio


def main() -> int:
    """Measure in a fresh folder; give the exit code."""
    with tempfile.TemporaryDirectory() as name:
        return int(asyncio.run(measure(Path(name))) < GOAL)


if __name__ == "__main__":
    sys.exit(main())
