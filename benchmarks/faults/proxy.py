"""A small proxy before a server, which cuts, holds, delays, narrows or refuses what passes.

In: where the server listens. Out: a port on loopback. Hides asyncio's streams. Trap: connections made before a mode is
set follow it too; what was held is passed on when the mode ends, as a network that comes back would do.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

PIECE = 65_536
NARROW_SECONDS = 0.05  #: between two pieces on a narrow line

Dial = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


@dataclass(slots=True)
class Proxy:
    """Passes bytes both ways; `opened` starts it."""

    dial: Dial
    port: int = 0
    refuses: bool = False
    delay_seconds: float = 0.0
    bytes_a_second: float = 0.0  #: of each connection and way; 0 sets no bound
    bytes_left: int | None = None  #: that pass until every connection is reset in the midst of what it says
    _passes: asyncio.Event = field(default_factory=asyncio.Event)
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def hold(self) -> None:
        """Pass nothing more and close nothing, as a network that swallows packets."""
        self._passes.clear()

    def release(self) -> None:
        """Pass everything again."""
        self._passes.set()
        self.refuses, self.delay_seconds, self.bytes_a_second, self.bytes_left = False, 0.0, 0.0, None

    def cut(self) -> None:
        """Reset every connection."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Join one connection with one to the server."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        try:
            if self.refuses:
                writer.transport.abort()
            else:
                await self._join(reader, writer)
        except asyncio.CancelledError:
            return  # told to end; the streams' own callback would report it as a fault
        finally:
            self._writers.discard(writer)
            self._tasks.discard(task)
            writer.close()

    async def end(self) -> None:
        """Cut everything and wait until it is gone."""
        self.release()
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0)  # the loop closes an aborted transport in its next round

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            their_reader, their_writer = await self.dial()
        except OSError:
            writer.transport.abort()
            return
        self._writers.add(their_writer)
        try:
            await asyncio.gather(self._pump(reader, their_writer), self._pump(their_reader, writer))
        finally:
            self._writers.discard(their_writer)
            their_writer.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(PIECE):
                await self._passes.wait()
                await asyncio.sleep(self.delay_seconds)
                await self._pass(data, writer)
        writer.close()

    async def _pass(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        step = max(1, int(self.bytes_a_second * NARROW_SECONDS)) if self.bytes_a_second else len(data)
        for at in range(0, len(data), step):
            piece = self._counted(data[at : at + step])
            writer.write(piece)
            await writer.drain()
            if self.bytes_left == 0:
                self.bytes_left = None
                self.cut()
            if self.bytes_a_second:
                await asyncio.sleep(NARROW_SECONDS)

    def _counted(self, piece: bytes) -> bytes:
        """Give what may still pass of a piece."""
        if self.bytes_left is None:
            return piece
        passing = piece[: self.bytes_left]
        self.bytes_left -= len(passing)
        return passing


@asynccontextmanager
async def opened(path: str) -> AsyncIterator[Proxy]:
    """Stand before the unix socket `path` for the block."""
    proxy = Proxy(lambda: asyncio.open_unix_connection(path))
    proxy.release()
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0, backlog=512)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await proxy.end()
