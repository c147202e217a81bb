"""The scripted newsroom on loopback: feeds, pages and the receiver of alerts, each of which can misbehave.

In: what to publish, and how to behave from then on. Out: real HTTP, and a record of every feed request and every alert.
Hides asyncio's sockets, since a server must be able to send what no framework lets it. Trap: a message counts as heard
when its body is whole, and as accepted when our yes was written.
"""

import asyncio
import gzip
import hashlib
import json
import time
from base64 import b64encode
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from email.utils import format_datetime
from enum import StrEnum
from html import escape
from secrets import token_bytes

from benchmarks.faults.words import OUTLET_COUNT, Piece, piece
from workers.clock import utc_now

HOOK = "/hook"
WINDOW = 400  #: newest pieces that a feed shows
HANG_SECONDS = 600.0
DRIP_SECONDS = 0.5
HEAD_BYTES = 65_536
POISON_PARAGRAPHS = 150_000  #: eleven seconds of extraction where it was measured, and 3 MB


class Mode(StrEnum):
    """How an answer is given."""

    SOUND = "sound"
    SLOW = "slow"  #: a piece of the body every half second
    HANGING = "hanging"  #: the request is read and never answered
    RESET = "reset"
    BROKEN = "broken"  #: status 500
    BUSY = "busy"  #: 503 or 429 with Retry-After
    SHORT = "short"  #: a Content-Length greater than the body
    GARBAGE = "garbage"  #: says gzip and is not
    LOGIN = "login"  #: status 200 and a page that asks to log in
    POISON = "poison"  #: a page that takes the extractor far longer than it is given


@dataclass(frozen=True, slots=True)
class Heard:
    """One message at the receiver."""

    id: str
    digest: str
    at: float
    accepted: bool


@dataclass(slots=True)
class Request:
    """One request as it was read."""

    method: str
    host: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Newsroom:
    """Publishes, serves and receives; `opened` starts it."""

    port: int = 0
    domain: str = "localhost"  #: under which the outlets and the receiver are reached
    secret: str = field(default_factory=lambda: f"whsec_{b64encode(token_bytes(32)).decode()}", repr=False)
    published: list[Piece] = field(default_factory=list)
    shown: set[int] = field(default_factory=set)  #: numbers that stood in a feed that was sent whole
    heard: list[Heard] = field(default_factory=list)
    polls: dict[int, list[float]] = field(default_factory=dict)  #: by outlet, when its feed was asked
    asked_by: Counter[tuple[str, str]] = field(default_factory=Counter)  #: requests, by address and what was asked for
    feed_mode: Mode = Mode.SOUND
    page_mode: Mode = Mode.SOUND
    hook_mode: Mode = Mode.SOUND
    poisoned: set[int] = field(default_factory=set)  #: pieces whose page is poison, whatever the mode
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def hook_url(self) -> str:
        """Where alerts are to be posted."""
        return f"http://receiver.{self.domain}:{self.port}{HOOK}"

    @property
    def feed_urls(self) -> list[str]:
        """Give the addresses of all feeds."""
        return [f"{self.root(outlet)}/feed" for outlet in range(OUTLET_COUNT)]

    def root(self, outlet: int) -> str:
        """Give the address of an outlet."""
        return f"http://paper{outlet}.{self.domain}:{self.port}"

    def url(self, one: Piece) -> str:
        """Give the address of a piece's page."""
        return self.root(one.outlet) + one.path

    def publish(self, count: int) -> None:
        """Publish the next pieces."""
        first = len(self.published) + 1
        self.published += [piece(number) for number in range(first, first + count)]

    async def publish_steadily(self, a_second: float) -> None:
        """Publish for ever."""
        while True:
            await asyncio.sleep(1 / a_second)
            self.publish(1)

    def let_go(self) -> None:
        """Close every connection, those that hang included."""
        for writer in self._writers:
            writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
                while request := await _read(reader):
                    if not await self._answer(request, writer):
                        break
        except asyncio.CancelledError:
            return  # told to end; the streams' own callback would report it as a fault
        finally:
            self._writers.discard(writer)
            self._tasks.discard(task)
            writer.close()

    async def end(self) -> None:
        """Close every connection and wait until they are gone."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0)

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; False if the connection is not to be used again."""
        self.asked_by[writer.get_extra_info("peername")[0], request.path.split("/")[1]] += 1
        if request.method == "POST":
            return await self._receive(request, writer)
        if request.path == "/feed":
            return await self._feed(request, writer)
        if request.path.startswith("/a/"):
            number = int(request.path.rpartition("/")[2])
            mode = Mode.POISON if number in self.poisoned else self.page_mode
            return await send(writer, mode, page_of(piece(number), mode), "text/html; charset=utf-8")
        return await send(writer, Mode.SOUND, b"", "text/plain", status="404 Not Found")

    async def _feed(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        outlet = int(request.host.removeprefix("paper").partition(".")[0])
        self.polls.setdefault(outlet, []).append(time.monotonic())
        pieces = [one for one in self.published if one.outlet == outlet][-WINDOW:]
        body = self._document(outlet, pieces)
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if self.feed_mode is Mode.SOUND and request.headers.get("if-none-match") == tag:
            return await send(writer, Mode.SOUND, b"", "", status="304 Not Modified", further=f"ETag: {tag}\r\n")
        stays = await send(writer, self.feed_mode, body, "application/rss+xml", further=f"ETag: {tag}\r\n")
        if self.feed_mode in {Mode.SOUND, Mode.SLOW}:
            self.shown |= {one.number for one in pieces}
        return stays

    def _document(self, outlet: int, pieces: list[Piece]) -> bytes:
        items = "".join(
            f"<item><guid isPermaLink='false'>{one.number}</guid><link>{self.url(one)}</link><title>{one.title}</title>"
            f"<description>{one.summary}</description></item>"
            for one in reversed(pieces)
        )
        head = f"<title>Paper {outlet}</title><link>{self.root(outlet)}/</link><language>en</language>"
        return f"<rss version='2.0'><channel>{head}{items}</channel></rss>".encode()

    async def _receive(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        mode = self.hook_mode
        stays = await send(writer, mode, b"", "text/plain")
        said_yes = mode in {Mode.SOUND, Mode.SLOW}
        message_id = request.headers.get("webhook-id", "")
        digest = hashlib.sha256(json.dumps(json.loads(request.body), sort_keys=True).encode()).hexdigest()
        self.heard.append(Heard(message_id, digest, time.monotonic(), said_yes))
        return stays


@asynccontextmanager
async def opened(address: str = "127.0.0.1", domain: str = "localhost") -> AsyncIterator[Newsroom]:
    """Serve a newsroom on a free port for the block."""
    newsroom = Newsroom(domain=domain)
    server = await asyncio.start_server(newsroom.serve, address, 0, limit=HEAD_BYTES, backlog=512)
    newsroom.port = server.sockets[0].getsockname()[1]
    try:
        yield newsroom
    finally:
        server.close()
        await newsroom.end()


async def send(
    writer: asyncio.StreamWriter, mode: Mode, body: bytes, kind: str, *, status: str = "200 OK", further: str = ""
) -> bool:
    """Send an answer in its mode; False if the connection is not to be used again."""
    match mode:
        case Mode.HANGING:
            await asyncio.sleep(HANG_SECONDS)
            return False
        case Mode.RESET:
            writer.transport.abort()
            return False
        case Mode.BROKEN:
            status, body = "500 Internal Server Error", b"it broke"
        case Mode.BUSY:
            status, body, further = "503 Service Unavailable", b"", "Retry-After: 3\r\n"
        case Mode.GARBAGE:
            body, further = gzip.compress(body)[:40] + b"\0\1\2", "Content-Encoding: gzip\r\n"
        case Mode.LOGIN:
            body, kind = b"<html><title>Log in</title><form><input name=user></form></html>", "text/html"
    length = len(body) + (500 if mode is Mode.SHORT else 0)
    date = format_datetime(utc_now(), usegmt=True)
    head = f"HTTP/1.1 {status}\r\nDate: {date}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n{further}\r\n"
    await _write(writer, head.encode(), body, slowly=mode is Mode.SLOW)
    return mode is not Mode.SHORT


async def _write(writer: asyncio.StreamWriter, head: bytes, body: bytes, *, slowly: bool) -> None:
    if not slowly:
        writer.write(head + body)
        await writer.drain()
        return
    writer.write(head)
    step = max(1, len(body) // 4)
    for at in range(0, len(body), step):
        await asyncio.sleep(DRIP_SECONDS)
        writer.write(body[at : at + step])
        await writer.drain()


async def _read(reader: asyncio.StreamReader) -> Request | None:
    """Read one request; None at the end of the connection."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines) if value}
    method, path, _ = first.split(" ", 2)
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(method, headers.get("host", ""), path, headers, body)


def page_of(one: Piece, mode: Mode = Mode.SOUND) -> bytes:
    """Write the page of a piece."""
    paragraphs = "".join(f"<p>{escape(line)}</p>" for line in one.text.splitlines())
    if mode is Mode.POISON:
        paragraphs += "".join(f"<p>word {number} here</p>" for number in range(POISON_PARAGRAPHS))
    return (
        f"<!doctype html><html lang=en><head><meta charset=utf-8><title>{escape(one.title)}</title></head><body>"
        f"<nav><a href=/>Front page</a></nav><main><article><h1>{escape(one.title)}</h1>{paragraphs}</article></main>"
        "<footer>The paper has its desk at the market.</footer></body></html>"
    ).encode()
