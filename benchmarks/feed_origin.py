"""A quick origin of feeds for the benchmarks of the poller, in a process of its own.

In: how many entries a feed shows. Out: its port. Every path is a feed of its own, with an ETag; a request that names it
gets 304. Hides asyncio's protocols. Trap: it must never be what is measured, so it does as little as HTTP/1.1 allows.
"""

import asyncio
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from multiprocessing.connection import Connection

WORDS = "A sentence such as news feeds give of an article, neither long nor short, with <b>some</b> markup. " * 3
ETAG = '"version-1"'
NOT_MODIFIED = f"HTTP/1.1 304 Not Modified\r\nETag: {ETAG}\r\n\r\n".encode()


@lru_cache(maxsize=2000)
def answer(path: str, entry_count: int) -> bytes:
    """Give the whole answer for one feed."""
    items = "".join(
        f"<item><title>Headline {number} of {path}</title><link>https://outlet.example{path}/{number}</link>"
        f"<guid isPermaLink='false'>{path}-{number}</guid><description><![CDATA[{WORDS}]]></description>"
        f"<pubDate>Mon, 23 Nov 2026 {number % 24:02}:10:00 GMT</pubDate></item>"
        for number in range(entry_count)
    )
    body = (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>'
        f"<title>Feed {path}</title><link>https://outlet.example/</link><description>d</description>{items}</channel></rss>"
    ).encode()
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nETag: {ETAG}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class _Answering(asyncio.Protocol):
    """One connection; requests have no bodies."""

    def __init__(self, entry_count: int) -> None:
        self._entry_count = entry_count
        self._held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._held += data
        while (end := self._held.find(b"\r\n\r\n")) >= 0:
            head, self._held = self._held[:end], self._held[end + 4 :]
            if b"if-none-match" in head.lower():
                self._transport.write(NOT_MODIFIED)
            else:
                self._transport.write(answer(head.split(b" ", 2)[1].decode(), self._entry_count))


async def _serve(ready: Connection, entry_count: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Answering(entry_count), "127.0.0.1", 0, backlog=1024)
    ready.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def _run(ready: Connection, entry_count: int) -> None:
    asyncio.run(_serve(ready, entry_count))


@contextmanager
def origin(entry_count: int = 20) -> Iterator[int]:
    """Run the origin; gives its port."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_run, args=(theirs, entry_count), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()
