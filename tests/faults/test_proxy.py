"""The proxy before queue and database does what a fault asks of it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from benchmarks.faults import proxy as proxies
from benchmarks.faults.proxy import Proxy


@pytest.fixture
async def proxy(tmp_path: Path) -> AsyncIterator[Proxy]:
    """Give a proxy before a server that says everything back."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(100):
            writer.write(data)
        writer.close()

    server = await asyncio.start_unix_server(echo, tmp_path / "echo.sock")
    async with proxies.opened(str(tmp_path / "echo.sock")) as opened:
        yield opened
    server.close()


async def _ask(proxy: Proxy, words: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    try:
        writer.write(words)
        return await reader.read(100)
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_it_passes_and_cuts(proxy: Proxy) -> None:
    """Bytes pass; a cut ends connections, and new ones pass again."""
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(b"one")
    assert await reader.read(100) == b"one"
    proxy.cut()
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await reader.readexactly(1)
    writer.close()
    assert await _ask(proxy, b"two") == b"two"


async def test_it_refuses(proxy: Proxy) -> None:
    """What is refused gets no answer, until it is released."""
    proxy.refuses = True
    assert await _ask(proxy, b"one") == b""
    proxy.release()
    assert await _ask(proxy, b"two") == b"two"


async def test_what_it_held_comes_after_the_release(proxy: Proxy) -> None:
    """Nothing passes while it holds, nothing is closed, and nothing is lost."""
    proxy.hold()
    asked = asyncio.create_task(_ask(proxy, b"one"))
    done, _ = await asyncio.wait({asked}, timeout=0.3)
    assert not done
    proxy.release()
    assert await asked == b"one"


async def test_it_breaks_off_in_mid_word(proxy: Proxy) -> None:
    """R32: after so many bytes every connection is reset, and the next one passes."""
    proxy.bytes_left = 5
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(b"hello there")
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await reader.readexactly(11)
    writer.close()
    assert await _ask(proxy, b"two") == b"two"


async def test_a_narrow_line_lets_all_through(proxy: Proxy) -> None:
    """R32: what is slow for want of room comes whole."""
    proxy.bytes_a_second = 40
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(b"twelve bytes")
    assert await reader.readexactly(12) == b"twelve bytes"
    writer.close()
