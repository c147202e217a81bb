"""A receiver in a process of its own, which keeps what it got and kills the sender at the point it is told.

In: a pid and a point in shared memory. Out: one line for each whole message it read: its id and a digest of its body.
Hides sockets. Trap: a message counts as received once its body is whole, whether or not the sender hears the answer.
"""

import hashlib
import os
import signal
import socket
from dataclasses import dataclass
from multiprocessing.context import ForkContext, ForkProcess
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

from benchmarks.outbox.points import POINTS, Point

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Sink:
    """The receiver; `victim` is the pid to kill, 0 for none, `place` the index of its point."""

    process: ForkProcess
    url: str
    log: Path
    victim: "Synchronized[int]"
    place: "Synchronized[int]"

    def aim(self, pid: int, point: Point | None) -> None:
        """Name the process to kill, and where; None kills nobody."""
        with self.place, self.victim:
            self.place.value = POINTS.index(point) if point else -1
            self.victim.value = pid

    def received(self) -> list[tuple[str, str]]:
        """Give (id, digest of the body) of every whole message, in order."""
        return [tuple(line.split()) for line in self.log.read_text().splitlines()]  # type: ignore[misc]

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.join()


def open_sink(context: ForkContext, log: Path) -> Sink:
    """Start a receiver on a free port of loopback."""
    log.touch()
    listener = socket.create_server(("127.0.0.1", 0))
    victim, place = context.Value("i", 0), context.Value("i", -1)
    process = context.Process(target=_serve, args=(listener, log, victim, place), daemon=True)
    process.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/hook"
    listener.close()
    return Sink(process, url, log, victim, place)


def _serve(listener: socket.socket, log: Path, victim: "Synchronized[int]", place: "Synchronized[int]") -> None:
    while True:
        connection, _ = listener.accept()
        with connection:
            _answer(connection, log, victim, POINTS[place.value] if place.value >= 0 else None)


def _answer(connection: socket.socket, log: Path, victim: "Synchronized[int]", point: Point | None) -> None:
    if point is Point.AFTER_CONNECT:
        _kill(victim)
        return
    try:
        head, body = _read(connection)
    except (OSError, ValueError):
        return
    names = dict(line.split(": ", 1) for line in head.splitlines()[1:] if ": " in line)
    ids = {name.lower(): value for name, value in names.items()}
    with log.open("a") as lines:
        lines.write(f"{ids['webhook-id']} {hashlib.sha256(body).hexdigest()}\n")
    if point is Point.AFTER_BODY:
        _kill(victim)
        return
    try:
        connection.sendall(OK)
    except OSError:
        return


def _read(connection: socket.socket) -> tuple[str, bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    text = head.decode("latin-1")
    length = next(int(line[15:]) for line in text.splitlines() if line.lower().startswith("content-length:"))
    while len(body) < length:
        body += _more(connection)
    return text, body


def _more(connection: socket.socket) -> bytes:
    piece = connection.recv(65_536)
    if not piece:
        raise ValueError("the sender went away in the middle")
    return piece


def _kill(victim: "Synchronized[int]") -> None:
    if victim.value:
        os.kill(victim.value, signal.SIGKILL)
