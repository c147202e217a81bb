"""Measure what an idle `storywatch run` holds, and how soon after its start a feed is asked for the first time.

In: nothing. Out: rows; ends with 1 over a goal. A fresh folder with one feed on this machine, whose pages have been
read, so that the extractors are there too; memory is the sum of Pss over all processes once their number stands still.
Trap: libraries are read from byte code, as `pip install` leaves it; a first start that is not measured writes it, since
a variable or a bare checkout may have kept it from being written.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from benchmarks.faults.process_tree import CHILD, Member, cpu_seconds, held, members
from benchmarks.replay.installation import COMMAND, without_settings

GOAL_MEGABYTES, GOAL_SECONDS = 400, 3
STARTS = 5  #: the best counts: a neighbour can only make it slower
SETTLED_SECONDS, QUICK_SECONDS = 20.0, 3.0
LONGEST_SECONDS = 120.0
ENTRIES = 4
EVERYBODY = {"run", "nursery", "valkey", "poller", "dispatcher", "worker", "deliverer", "dashboard", CHILD}
SENTENCE = "The bridge over the river was opened on Monday by the mayor, who spoke of the years that it had taken. "


class _Outlet(ThreadingHTTPServer):
    """A feed and its pages on this machine."""

    first_at = 0.0  #: when the feed was asked for the first time, by `time.monotonic`

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def feed(self) -> str:
        items = "".join(
            f"<item><title>Bridge {number} is open</title><link>{self.base}/page/{number}</link>"
            f"<guid>{number}</guid><pubDate>{formatdate(usegmt=True)}</pubDate></item>"
            for number in range(ENTRIES)
        )
        return f'<rss version="2.0"><channel><title>One</title><link>{self.base}</link>{items}</channel></rss>'


class _Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        outlet = self.server
        assert isinstance(outlet, _Outlet)
        if self.path == "/feed":
            outlet.first_at = outlet.first_at or time.monotonic()
            self._send(200, "application/rss+xml", outlet.feed())
        elif self.path.startswith("/page/"):
            text = f"<p>{SENTENCE}</p>" * 8
            self._send(200, "text/html", f"<title>Bridge</title><article><h1>Bridge</h1>{text}</article>")
        else:
            self._send(404, "text/plain", "")

    def _send(self, status: int, kind: str, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@contextmanager
def outlet() -> Iterator[_Outlet]:
    """Serve inside the block."""
    server = _Outlet(("127.0.0.1", 0), _Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def write_files(folder: Path, base: str) -> None:
    """Write what a first start takes over."""
    config = folder / "config"
    config.mkdir()
    port = base.rpartition(":")[2]
    local = f'[fetch]\nports = [{port}]\nallow_private = ["127.0.0.0/8"]\nhost_gap_seconds = 0.05\n[web]\nport = 0\n'
    (config / "storywatch.toml").write_text(local, encoding="utf-8")
    feed = f'<outline type="rss" text="One" xmlUrl="{base}/feed"/>'
    (config / "feeds.opml").write_text(f'<opml version="2.0"><body>{feed}</body></opml>', encoding="utf-8")


@contextmanager
def running(folder: Path, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run everything inside the block."""
    with (folder / "log").open("wb") as log:
        command = [*COMMAND, "run"]
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)  # noqa: S603 - ours
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def until(what: str, holds: object, process: subprocess.Popen[bytes]) -> None:
    """Wait until it holds; a start that goes wrong ends the benchmark."""
    deadline = time.monotonic() + LONGEST_SECONDS
    while not holds():  # type: ignore[operator]
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"{what}: not within {LONGEST_SECONDS:g} s")
        time.sleep(0.005)


def start(environment: Mapping[str, str], settled_seconds: float) -> tuple[float, float, dict[str, float]]:
    """Start once; gives seconds and processor seconds to the first poll, and megabytes by process once it is idle."""
    with tempfile.TemporaryDirectory() as name, outlet() as served:
        folder = Path(name)
        write_files(folder, served.base)
        began = time.monotonic()
        with running(folder, environment) as process:
            until("the first poll", lambda: served.first_at, process)
            spent = cpu_seconds(process.pid)
            until("everybody is there", lambda: {one.kind for one in members(process.pid)} >= EVERYBODY, process)
            time.sleep(settled_seconds)
            memory = {_name(one, place): _megabytes(one) for place, one in enumerate(members(process.pid))}
        return served.first_at - began, spent, memory


def _name(one: Member, place: int) -> str:
    return f"extractor {place}" if one.kind == CHILD else one.kind


def _megabytes(one: Member) -> float:
    found = held(one.pid)
    return found.memory_bytes / 2**20 if found else 0.0


def main() -> int:
    """Measure and print; give the exit code."""
    parser = argparse.ArgumentParser(prog="benchmarks.idle")
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    if sys.platform != "linux":
        sys.stderr.write("Pss is Linux's\n")
        return 2
    with tempfile.TemporaryDirectory(prefix="storywatch-bytecode-") as cache:
        environment = without_settings(os.environ) | {"PYTHONPYCACHEPREFIX": cache}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        start(environment, 0)  # writes the byte code
        found = [start(environment, QUICK_SECONDS if quick else SETTLED_SECONDS) for _ in range(1 if quick else STARTS)]
    seconds, spent, memory = min(found)
    sys.stderr.write(json.dumps({name: round(megabytes) for name, megabytes in memory.items()}) + "\n")
    total = sum(memory.values())
    load = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    what = f"first poll after the start, s (best of {len(found)}; {spent:.1f} s of processor; {load})"
    print(f"| {what} | {seconds:.1f} | the goal | {GOAL_SECONDS} | {seconds:.1f} | at most {GOAL_SECONDS} |")
    what = f"`storywatch run`, idle, {len(memory)} processes, MB (Pss)"
    print(f"| {what} | {total:.0f} | the goal | {GOAL_MEGABYTES} | {total:.0f} | at most {GOAL_MEGABYTES} |")
    return 0 if seconds <= GOAL_SECONDS and total <= GOAL_MEGABYTES else 1


if __name__ == "__main__":
    sys.exit(main())
