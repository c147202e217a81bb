"""Names, connections, TLS and time that fail, each under its reason (checklist F41, S8)."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from pipeline.errors import Permanent, Transient
from pipeline.model import Reason
from pipeline.transport import Transport, connection
from pipeline.transport.connection import NAME_SECONDS
from tests.origin import Answer, Origin
from tests.transport.support import LOOPBACK, failure, names, policy

IMPATIENT = policy(total_seconds=0.4, allow_private=LOOPBACK)
TIMED_OUT = (Transient, Reason.TIMED_OUT)

NAME_FAILURES = {
    "no such name": (socket.EAI_NONAME, (Permanent, Reason.NAME_UNKNOWN)),
    "no address": (socket.EAI_NODATA, (Permanent, Reason.NAME_UNKNOWN)),
    "server failed": (socket.EAI_AGAIN, (Transient, Reason.NAME_TEMPORARY)),
    "server refused": (socket.EAI_FAIL, (Transient, Reason.NAME_TEMPORARY)),
}


@pytest.mark.parametrize(("code", "expected"), NAME_FAILURES.values(), ids=NAME_FAILURES.keys())
async def test_names_fail_for_now_or_for_good(code: int, expected: tuple[type[Exception], Reason]) -> None:
    """F41: a name server's failure is temporary, its word that there is no such name is not."""

    def lookup(host: str, _port: int) -> list[tuple[Any, Any, Any, Any, Any]]:
        raise socket.gaierror(code, host)

    async with Transport(policy(), lookup=lookup) as transport:
        assert await failure(transport.get("http://news.example/", max_bytes=100)) == expected


async def test_a_name_without_addresses_is_unknown() -> None:
    """An empty answer is no address either."""
    async with Transport(policy(), lookup=names({"news.example": [[]]})) as transport:
        asking = transport.get("http://news.example/", max_bytes=100)
        assert (await failure(asking)) == (Permanent, Reason.NAME_UNKNOWN)


@pytest.fixture
def closed_port() -> int:
    """Give a port of 127.0.0.1 that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


async def test_a_refused_connection_may_work_later(transport: Transport, closed_port: int) -> None:
    """Nobody listening is a failure of the moment."""
    asking = transport.get(f"http://127.0.0.1:{closed_port}/", max_bytes=100)
    assert await failure(asking) == (Transient, Reason.CONNECTION_FAILED)


async def test_what_does_not_speak_http_is_a_failed_connection(origin: Origin, transport: Transport) -> None:
    """A mail server's greeting is no answer."""
    url = origin.serve("/", raw=b"220 mail.example ESMTP\r\n")
    assert await failure(transport.get(url, max_bytes=100)) == (Transient, Reason.CONNECTION_FAILED)


@pytest.fixture
def black_hole() -> Iterator[int]:
    """Give a port of ::1 whose queue of connections is full, so that the next one never gets an answer."""
    with socket.socket(socket.AF_INET6) as server:
        server.bind(("::1", 0))
        server.listen(0)
        fillers = [socket.socket(socket.AF_INET6) for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(server.getsockname()[:2])
        yield int(server.getsockname()[1])
        for filler in fillers:
            filler.close()


async def test_a_dead_family_costs_a_moment(black_hole: int) -> None:
    """F41: an AAAA address that swallows connections delays the A address by less than a second."""
    lookup = names({"two.example": [["::1", "127.0.0.1"]]})
    allowed = policy(allow_private=LOOPBACK, total_seconds=8)
    server = await asyncio.start_server(answer_and_leave, "127.0.0.1", black_hole)
    async with server, Transport(allowed, lookup=lookup) as transport:
        answer = await transport.get(f"http://two.example:{black_hole}/", max_bytes=100)
    assert answer.body == b"ok"
    assert answer.elapsed_seconds < 1


async def answer_and_leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
    writer.close()


async def test_an_answer_of_the_name_server_is_kept_for_a_while(origin: Origin) -> None:
    """F41: two requests, one question; connections are new, so it is the name that was remembered, a minute at most."""
    assert NAME_SECONDS <= 60
    asked: list[str] = []
    origin.serve("/", "x", close=True)
    async with Transport(policy(allow_private=LOOPBACK), lookup=noting(asked)) as transport:
        for _ in range(2):
            await transport.get(origin.url("/", "news.example"), max_bytes=100)
    assert (asked, origin.connection_count) == (["news.example"], 2)


async def test_a_name_is_asked_for_again_when_its_time_is_over(origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    """F41: what the name server said is forgotten, so that a site that moves is found."""
    monkeypatch.setattr(connection, "NAME_SECONDS", 0.05)
    asked: list[str] = []
    origin.serve("/", "x", close=True)
    async with Transport(policy(allow_private=LOOPBACK), lookup=noting(asked)) as transport, asyncio.timeout(30):
        while len(asked) < 2:
            await transport.get(origin.url("/", "news.example"), max_bytes=100)


def noting(asked: list[str]) -> Callable[[str, int], list[tuple[Any, Any, Any, Any, Any]]]:
    """Make a name server that knows one address and notes who was asked for."""

    def lookup(host: str, port: int) -> list[tuple[Any, Any, Any, Any, Any]]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", port))]

    return lookup


async def test_an_unknown_certificate_is_not_taken(server_tls: ssl.SSLContext) -> None:
    """TLS is checked against the system's store, and says why it failed."""
    async with Origin(tls=server_tls) as safe, Transport(policy(allow_private=LOOPBACK)) as transport:
        with pytest.raises(Transient, match=r"(?i)certificate") as caught:
            await transport.get(safe.url("/", "a.localhost"), max_bytes=100)
        assert caught.value.reason == Reason.TLS_FAILED
        assert safe.requests == []


async def test_a_certificate_must_name_its_host(server_tls: ssl.SSLContext, trusting_tls: ssl.SSLContext) -> None:
    """A trusted certificate serves its own names only."""
    allowed = policy(allow_private=LOOPBACK)
    async with Origin(tls=server_tls) as safe, Transport(allowed, tls=trusting_tls) as transport:
        safe.serve("/", "safe")
        assert (await transport.get(safe.url("/", "a.localhost"), max_bytes=100)).body == b"safe"
        asking = transport.get(safe.url("/", "c.localhost"), max_bytes=100)
        assert await failure(asking) == (Transient, Reason.TLS_FAILED)


async def test_plain_text_where_tls_should_be_fails_as_tls(transport: Transport) -> None:
    """An https address that answers in plain text is a TLS failure, not a riddle."""
    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        asking = transport.get(f"https://127.0.0.1:{port}/", max_bytes=100)
        assert await failure(asking) == (Transient, Reason.TLS_FAILED)


async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 mail.example ESMTP\r\n")
    writer.close()


DRIPS = {
    "no answer": Answer(silent=True),
    "head byte by byte": Answer(header_delay_seconds=0.05),
    "body byte by byte": Answer(body="x" * 500, chunk_bytes=1, chunk_delay_seconds=0.05),
    "chunk by chunk": Answer(body="x" * 500, chunked=True, chunk_bytes=1, chunk_delay_seconds=0.05),
    "compressed drip": Answer(body="abc" * 500, encoding="gzip", chunk_bytes=1, chunk_delay_seconds=0.05),
    "body that stops": Answer(body="x" * 500, chunk_bytes=100, chunk_delay_seconds=30),
    "early hints without end": Answer(
        raw=b"HTTP/1.1 103 Early Hints\r\n\r\n" * 500, chunk_bytes=28, chunk_delay_seconds=0.05
    ),
}


@pytest.mark.parametrize("answer", DRIPS.values(), ids=DRIPS.keys())
async def test_no_drip_outlasts_the_deadline(origin: Origin, answer: Answer) -> None:
    """S8: however slowly something keeps coming, the request ends when its time is over."""
    url = origin.script("/", [answer])
    async with Transport(IMPATIENT) as transport:
        assert await failure(transport.get(url, max_bytes=100_000)) == TIMED_OUT


async def test_a_drip_is_left_long_before_the_deadline(origin: Origin) -> None:
    """S8: a body slower than the least rate is given up after the grace; a slow one above the rate is received."""
    patient = replace(IMPATIENT, total_seconds=200, rate_grace_seconds=0.3, least_rate=100)
    dripping = origin.script("/drip", [Answer(body="x" * 500, chunk_bytes=1, chunk_delay_seconds=0.05)])
    slow = origin.script("/slow", [Answer(body="x" * 50_000, chunk_bytes=5000, chunk_delay_seconds=0.05)])
    async with Transport(patient) as transport:
        assert await failure(transport.get(dripping, max_bytes=100_000)) == TIMED_OUT
        assert len((await transport.get(slow, max_bytes=100_000)).body) == 50_000


async def test_a_tls_handshake_that_stalls_ends(origin: Origin) -> None:
    """S8: a peer that accepts and never shakes hands holds nobody longer than the deadline."""
    async with Transport(IMPATIENT) as transport:
        assert await failure(transport.get(f"https://127.0.0.1:{origin.port}/", max_bytes=100)) == TIMED_OUT


async def test_a_chain_of_slow_hops_shares_one_deadline(origin: Origin) -> None:
    """S8: the deadline is for the whole way, not for each hop."""
    for number in range(5):
        origin.script(f"/{number}", [Answer(302, headers=[("Location", f"/{number + 1}")], delay_seconds=0.15)])
    async with Transport(IMPATIENT) as transport:
        assert await failure(transport.get(origin.url("/0"), max_bytes=100)) == TIMED_OUT
    assert len(origin.requests) < 5


async def test_a_name_server_that_stalls_ends() -> None:
    """S8: the deadline covers the name too, and other names are not held up by it."""
    gate = threading.Event()

    def lookup(_host: str, _port: int) -> list[tuple[Any, Any, Any, Any, Any]]:
        gate.wait(20)
        return []

    try:
        async with Transport(IMPATIENT, lookup=lookup) as transport:
            assert await failure(transport.get("http://news.example/", max_bytes=100)) == TIMED_OUT
    finally:
        gate.set()


async def test_an_error_page_that_drips_is_still_an_error_page(origin: Origin) -> None:
    """S8: a 503 whose body never ends is told as a 503, within the deadline."""
    url = origin.serve("/", "x" * 500, status=503, chunk_bytes=1, chunk_delay_seconds=0.05)
    async with Transport(IMPATIENT) as transport:
        answer = await transport.get(url, max_bytes=100)
    assert (answer.status, answer.elapsed_seconds < 20) == (503, True)


async def test_cancelling_is_not_a_timeout(origin: Origin, transport: Transport) -> None:
    """Whoever cancels a request gets its cancellation, not a failure to be counted."""
    url = origin.serve("/", silent=True)
    task = asyncio.create_task(transport.get(url, max_bytes=100))
    await origin.wait_for("/")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
