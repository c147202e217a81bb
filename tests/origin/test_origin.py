"""The promises of the misbehaving origin itself, asked with a bare socket."""

import asyncio

import pytest

from tests.origin import Answer, Origin


async def ask(origin: Origin, *requests: str) -> bytes:
    """Send raw requests over one connection and give everything that came back until it closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", origin.port)
    writer.write("".join(requests).encode())
    try:
        return await asyncio.wait_for(reader.read(), 60)
    finally:
        writer.close()
        await writer.wait_closed()


def get(path: str, *headers: str) -> str:
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: a.localhost:1", *headers, "", ""])


async def test_it_answers_in_order_over_one_connection_and_remembers(origin: Origin) -> None:
    """A script is followed, the last answer stays, and every request is recorded as it came."""
    origin.script("/x", [Answer(status=503), Answer(body="back", close=True)])
    answer = await ask(origin, get("/x", "X-Odd:  spaced "), get("/x?q=1"))
    assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert answer.endswith(b"\r\n\r\nback")
    first, second = origin.requests_for("/x")
    assert (first.header("x-odd"), first.host, second.path) == ("spaced", "a.localhost", "/x?q=1")
    assert first.connection == second.connection
    assert first.peer == "127.0.0.1"


async def test_hosts_may_differ(origin: Origin) -> None:
    """An answer for one name hides the one for all names."""
    origin.serve("/", "everybody", close=True)
    origin.serve("/", "only a", host="a.localhost", close=True)
    assert (await ask(origin, get("/"))).endswith(b"only a")
    assert (await ask(origin, get("/").replace("a.localhost", "b.localhost"))).endswith(b"everybody")


async def test_it_can_cut_lie_and_reset(origin: Origin) -> None:
    """Faults are really on the wire."""
    origin.serve("/cut", "0123456789", cut_at=4)
    assert (await ask(origin, get("/cut"))).endswith(b"Content-Length: 10\r\n\r\n0123")
    origin.serve("/cut-chunked", "0123456789", chunked=True, chunk_bytes=4, cut_at=6)
    assert (await ask(origin, get("/cut-chunked"))).endswith(b"\r\n\r\n4\r\n0123\r\n2\r\n45\r\n")
    origin.serve("/reset", reset=True)
    with pytest.raises(ConnectionResetError):
        await ask(origin, get("/reset"))


async def test_waiting_ends_with_an_error(origin: Origin) -> None:
    """A request that never comes is a failed test, not a hanging one."""
    with pytest.raises(TimeoutError):
        await origin.wait_for("/never", seconds=0.01)
