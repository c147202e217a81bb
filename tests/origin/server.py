"""A misbehaving web server of our own: raw TCP, scripted per path, remembering every request.

In: `Answer`s under paths. Out: real HTTP/1.1 over loopback, and `Seen` records. Hides asyncio streams; it
parses requests itself, so that no library tidies away what the client really sent. Trap: one answer serves
every host name of this origin unless `host=` narrows it.
"""

import asyncio
import contextlib
import socket
import ssl
import struct
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Self

from tests.origin.answer import Answer, Headers

NOT_FOUND = Answer(status=404, body="nothing here", headers=[("Content-Type", "text/plain")])
NO_LINGER = struct.pack("ii", 1, 0)  # SO_LINGER with 0 s: closing sends RST, not FIN


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it came in."""

    at: float  #: time.monotonic() when its head was complete
    method: str
    path: str  #: with its query
    headers: tuple[tuple[str, str], ...]  #: raw names and values, in order
    body: bytes
    peer: str  #: the client's address
    connection: int  #: equal for requests that came over one connection

    def header(self, name: str) -> str | None:
        """Find the first header of that name, in any case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def host(self) -> str:
        """Give the host name that was asked, without its port."""
        return (self.header("Host") or "").rpartition(":")[0]


Responder = Callable[[Seen], Answer]


class Origin:
    """The server; `async with Origin() as origin` starts it on an ephemeral port and stops it."""

    def __init__(self, address: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> None:
        self.address = address
        self.port = 0
        self.requests: list[Seen] = []
        self.connection_count = 0
        self.open_count = 0  #: connections open now
        self.most_open_count = 0
        self.answering_count = 0  #: requests being answered now
        self.most_answering_count = 0
        self._tls = tls
        self._scripts: dict[tuple[str, str], deque[Answer]] = {}
        self._responders: dict[tuple[str, str], Responder] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._arrived = asyncio.Condition()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, self.address, 0, ssl=self._tls, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_exc: object) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def base(self) -> str:
        """Give the address of the root without its last slash."""
        return self.url("")

    def url(self, path: str, host: str = "") -> str:
        """Give the address of a path, at the listening address or at a name such as `gazette.localhost`."""
        literal = f"[{self.address}]" if ":" in self.address else self.address
        return f"{'https' if self._tls else 'http'}://{host or literal}:{self.port}{path}"

    def serve(
        self,
        path: str,
        body: bytes | str = b"",
        *,
        headers: Headers = (),
        status: int = 200,
        host: str = "",
        **rest: Any,
    ) -> str:
        """Answer every request for the path alike; `rest` are fields of `Answer`. Gives the address."""
        return self.script(path, [Answer(status=status, body=body, headers=headers, **rest)], host=host)

    def script(self, path: str, answers: Iterable[Answer], *, host: str = "") -> str:
        """Answer in this order, the last one for ever; replaces what stood there. Gives the address."""
        self._scripts[host, path] = deque(answers)
        self._responders.pop((host, path), None)
        return self.url(path, host)

    def respond(self, path: str, responder: Responder, *, host: str = "") -> str:
        """Let a function answer; replaces what stood there. Gives the address."""
        self._responders[host, path] = responder
        self._scripts.pop((host, path), None)
        return self.url(path, host)

    def requests_for(self, path: str, host: str = "") -> list[Seen]:
        """Give the requests for a path so far, with or without a query, oldest first."""
        return [
            seen
            for seen in self.requests
            if path in {seen.path, seen.path.partition("?")[0]} and host in {"", seen.host}
        ]

    async def wait_for(self, path: str, count: int = 1, seconds: float = 90) -> list[Seen]:
        """Wait until a path was asked so often; TimeoutError if it is not."""
        async with asyncio.timeout(seconds), self._arrived:
            await self._arrived.wait_for(lambda: len(self.requests_for(path)) >= count)
        return self.requests_for(path)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connection_count += 1
        self.open_count += 1
        self.most_open_count = max(self.most_open_count, self.open_count)
        try:
            await self._converse(reader, writer, self.connection_count)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError, asyncio.CancelledError):
            pass  # the client left, or the test is over
        finally:
            self._tasks.discard(task)
            self.open_count -= 1
            writer.close()
            with contextlib.suppress(ConnectionError, ssl.SSLError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        goes_on = True
        while goes_on:
            seen = await _read_request(reader, writer, number)
            self.requests.append(seen)
            async with self._arrived:
                self._arrived.notify_all()
            self.answering_count += 1
            self.most_answering_count = max(self.most_answering_count, self.answering_count)
            try:
                goes_on = await _send(self._answer(seen), writer)
            finally:
                self.answering_count -= 1

    def _answer(self, seen: Seen) -> Answer:
        bare = seen.path.partition("?")[0]
        for key in ((seen.host, seen.path), (seen.host, bare), ("", seen.path), ("", bare)):
            if key in self._responders:
                return self._responders[key](seen)
            if script := self._scripts.get(key):
                return script.popleft() if len(script) > 1 else script[0]
        return NOT_FOUND


async def _read_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> Seen:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("utf-8", "surrogateescape")
    line, *fields = head[:-4].split("\r\n")
    method, path, _version = line.split(" ", 2)
    headers = tuple((name, value.strip()) for name, _, value in (field.partition(":") for field in fields))
    seen = Seen(time.monotonic(), method, path, headers, b"", writer.get_extra_info("peername")[0], number)
    return replace(seen, body=await reader.readexactly(int(seen.header("Content-Length") or 0)))


async def _send(answer: Answer, writer: asyncio.StreamWriter) -> bool:
    """Send one answer with its faults; False when the connection is to end."""
    if answer.silent:
        await asyncio.Event().wait()
    if answer.hold is not None:
        await answer.hold.wait()
    await asyncio.sleep(answer.delay_seconds)
    if answer.reset:
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        writer.transport.abort()
        return False
    if answer.raw is not None:
        await _drip(writer, answer.raw, answer.chunk_bytes, answer.chunk_delay_seconds)
        return False
    body = answer.coded_body()
    head = answer.head(len(body))
    await _drip(writer, head, 1 if answer.header_delay_seconds else len(head), answer.header_delay_seconds)
    await _send_body(answer, body, writer)
    return not (answer.close or answer.until_close or answer.cut_at is not None)


async def _send_body(answer: Answer, body: bytes, writer: asyncio.StreamWriter) -> None:
    body = body[: answer.cut_at]
    if not answer.chunked:
        return await _drip(writer, body, answer.chunk_bytes, answer.chunk_delay_seconds)
    for start in range(0, len(body), answer.chunk_bytes):
        piece = body[start : start + answer.chunk_bytes]
        writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        await writer.drain()
        await asyncio.sleep(answer.chunk_delay_seconds)
    if answer.cut_at is None:
        writer.write(b"0\r\n\r\n")
    await writer.drain()
    return None


async def _drip(writer: asyncio.StreamWriter, data: bytes, size: int, delay_seconds: float) -> None:
    for start in range(0, len(data), size):
        writer.write(data[start : start + size])
        await writer.drain()
        if delay_seconds:
            await asyncio.sleep(delay_seconds)
