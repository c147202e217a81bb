"""What goes out and what comes back over real sockets (checklist F15, F25, F27, F28, S6, S23)."""

import asyncio
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.errors import Permanent, Transient
from pipeline.model import Reason
from pipeline.transport import Fields, Transport, failure_of_status
from tests.origin import Answer, Origin
from tests.transport.support import LOOPBACK, USER_AGENT, failure, policy
from tests.transport.test_decode import CAP, gzip_bomb

PAGE = "<p>Größe</p>" * 2000


async def test_one_request_and_nothing_extra(origin: Origin, transport: Transport) -> None:
    """F15, F25, F44: one GET with host, name, what is accepted, and nothing else (no A-IM); the fragment stays here."""
    origin.serve("/a", "x")
    await transport.get(origin.url("/a?q=1#part", "gazette.localhost"), max_bytes=100, accept="text/html")
    (seen,) = origin.requests
    assert (seen.method, seen.path) == ("GET", "/a?q=1")
    assert seen.headers == (
        ("Host", f"gazette.localhost:{origin.port}"),
        ("User-Agent", USER_AGENT),
        ("Accept", "text/html"),
        ("Accept-Encoding", "gzip, deflate, br"),
    )


async def test_no_cookie_comes_back(origin: Origin, transport: Transport) -> None:
    """F15: what a server plants in one answer is in no later request, not even along its own redirect."""
    planted = ("Set-Cookie", "who=you; Path=/")
    origin.script("/", [Answer(status=302, headers=[planted, ("Location", "/next")])])
    origin.serve("/next", headers=[planted])
    for _ in range(2):
        await transport.get(origin.url("/", "gazette.localhost"), max_bytes=100)
    assert len(origin.requests) == 4
    assert all(seen.header("Cookie") is None and seen.header("Referer") is None for seen in origin.requests)


@pytest.mark.parametrize("fault", [{"reset": True}, {"raw": b""}, {"raw": b"HTTP/1.1 200 OK\r\nContent-"}])
async def test_a_broken_answer_is_not_asked_for_twice(
    origin: Origin, transport: Transport, fault: dict[str, bool | bytes]
) -> None:
    """F15: asking again is the queue's decision, so one call is one request whatever becomes of it."""
    url = origin.script("/", [Answer(**fault)])  # type: ignore[arg-type]  # each row is one field of Answer
    assert (await failure(transport.get(url, max_bytes=100)))[0] is Transient
    assert len(origin.requests) == 1


async def test_a_kept_connection_that_went_stale_is_replaced(origin: Origin, transport: Transport) -> None:
    """RFC 9112, 9.3.1: a kept-alive connection that the server closed unseen costs no failure."""
    url = origin.script("/", [Answer(body="first"), Answer(reset=True), Answer(body="second")])
    await transport.get(url, max_bytes=100)
    assert (await transport.get(url, max_bytes=100)).body == b"second"
    assert origin.connection_count == 2


async def test_connections_are_kept_and_many_run_at_once(origin: Origin) -> None:
    """128 requests are in flight together, and a host asked again is not dialled again."""
    hold = asyncio.Event()
    url = origin.serve("/", "x", hold=hold)
    async with Transport(policy(allow_private=LOOPBACK)) as transport:
        for _round in range(2):
            hold.clear()
            asking = [asyncio.create_task(transport.get(url, max_bytes=100)) for _ in range(128)]
            await origin.wait_for("/", count=len(origin.requests) + 128)
            assert origin.answering_count == 128
            hold.set()
            await asyncio.gather(*asking)
    assert origin.connection_count == 128


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
@pytest.mark.parametrize("encoding", ["", "gzip", "deflate", "deflate-raw", "br"])
async def test_every_coding_arrives(origin: Origin, transport: Transport, encoding: str, chunked: bool) -> None:
    """F27: what we offer to read, we read."""
    url = origin.serve("/", PAGE, encoding=encoding, chunked=chunked, chunk_bytes=97)
    assert (await transport.get(url, max_bytes=100_000)).body == PAGE.encode()


async def test_the_end_of_the_connection_may_end_the_body(origin: Origin, transport: Transport) -> None:
    """RFC 9112, 6.3: a body without a length is whole when the connection is closed."""
    url = origin.serve("/", PAGE, until_close=True)
    assert (await transport.get(url, max_bytes=100_000)).body == PAGE.encode()


CUTS = {
    "length": Answer(body=PAGE, cut_at=100),
    "length beyond the body": Answer(body=PAGE, declared_length=50_000, cut_at=40_000),
    "chunked": Answer(body=PAGE, chunked=True, chunk_bytes=50, cut_at=120),
    "gzip by length": Answer(body=PAGE, encoding="gzip", cut_at=60),
    "gzip by the connection's end": Answer(body=PAGE, encoding="gzip", until_close=True, cut_at=60),
}


@pytest.mark.parametrize("answer", CUTS.values(), ids=CUTS.keys())
async def test_half_a_body_is_no_body(origin: Origin, transport: Transport, answer: Answer) -> None:
    """A cut body is a failure that may be tried again, never a short page."""
    url = origin.script("/", [answer])
    assert await failure(transport.get(url, max_bytes=100_000)) == (Transient, Reason.TRUNCATED)


async def test_a_bomb_over_the_wire_stays_small(origin: Origin, transport: Transport) -> None:
    """S6: 100 MB wait inside 100 KB; no more than the cap and some buffers are ever held."""
    url = origin.serve("/", gzip_bomb(), headers=[("Content-Encoding", "gzip")])
    tracemalloc.start()
    try:
        assert await failure(transport.get(url, max_bytes=CAP)) == (Permanent, Reason.TOO_LARGE)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 * CAP


async def test_a_declared_giant_is_not_begun(origin: Origin, transport: Transport) -> None:
    """S6: who says beforehand that it is too much is believed, though nothing of it ever comes."""
    url = origin.serve("/", b"x", declared_length=CAP + 1, close=True)
    assert await failure(transport.get(url, max_bytes=CAP)) == (Permanent, Reason.TOO_LARGE)


async def test_an_endless_body_ends_at_the_cap(origin: Origin, transport: Transport) -> None:
    """S6: without a length the cap still holds."""
    url = origin.serve("/", b"x" * 5_000_000, until_close=True)
    assert await failure(transport.get(url, max_bytes=CAP)) == (Permanent, Reason.TOO_LARGE)


BIG = {
    "a policy of 9 000 bytes": [("Content-Security-Policy", "x" * 9000)],
    "one field of 64 KB": [("X-Long", "x" * 65_536)],
    "300 fields": [(f"X-{number}", "y") for number in range(300)],
    "512 fields": [(f"X-{number}", "y") for number in range(512)],
}


@pytest.mark.parametrize("headers", BIG.values(), ids=BIG.keys())
async def test_big_headers_are_taken(origin: Origin, transport: Transport, headers: list[tuple[str, str]]) -> None:
    """F28: real sites send more than an HTTP library expects."""
    url = origin.serve("/", "x", headers=headers)
    answer = await transport.get(url, max_bytes=100)
    assert all(answer.headers[name] == value for name, value in headers)


@pytest.mark.parametrize(
    "headers", [[("X", "x" * 200_000)], [(f"X-{n}", "y") for n in range(5000)]], ids=["long", "many"]
)
async def test_headers_without_end_are_refused(
    origin: Origin, transport: Transport, headers: list[tuple[str, str]]
) -> None:
    """F28: the limits are raised, not gone."""
    url = origin.serve("/", "x", headers=headers)
    assert await failure(transport.get(url, max_bytes=100)) == (Transient, Reason.CONNECTION_FAILED)


async def test_odd_header_bytes_are_read(origin: Origin, transport: Transport) -> None:
    """Header values are bytes: UTF-8 where it is, Latin-1 else; repeated fields are one list, names in any case."""
    head = b"HTTP/1.1 200 OK\r\nX-A: \xc3\xa9\r\nX-B: \xe9\r\nlink: <a>\r\nLink: <b>\r\nContent-Length: 0\r\n\r\n"
    url = origin.serve("/", raw=head)
    headers = (await transport.get(url, max_bytes=100)).headers
    assert (headers["x-a"], headers["X-b"], headers["LINK"]) == ("é", "é", "<a>, <b>")


async def test_what_cannot_be_sent_is_left_out(origin: Origin, transport: Transport) -> None:
    """S23: a stored validator with a line break costs a full answer, not the feed, and smuggles nothing."""
    url = origin.serve("/", "x")
    given = {
        "If-None-Match": '"a"\r\nX-Evil: 1',
        "X-Null": "a\0b",
        "Bad Name": "x",
        "Host": "evil.example",
        "X-Good": " ü ",
    }
    await transport.get(url, headers=given, max_bytes=100)
    (seen,) = origin.requests
    names = [name for name, _ in seen.headers]
    assert names == ["Host", "User-Agent", "Accept", "Accept-Encoding", "X-Good"]
    assert (seen.header("Host"), seen.header("X-Good")) == (f"127.0.0.1:{origin.port}", "ü")


async def test_no_proxy_of_the_environment_is_used(
    origin: Origin, transport: Transport, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """S34: a proxy would dial where the guard cannot see; neither it nor a netrc of the environment counts."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine gazette.localhost login me password s3cret")
    async with Origin() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.base)
        monkeypatch.setenv("NETRC", str(netrc))
        await transport.get(origin.url("/", "gazette.localhost"), max_bytes=100)
        assert proxy.connection_count == 0
    assert origin.requests[0].header("Authorization") is None


async def test_the_caller_may_name_itself(origin: Origin, transport: Transport) -> None:
    """F25: a poll may add its feed to the User-Agent; the field is sent once."""
    url = origin.serve("/", "x")
    await transport.get(url, headers={"user-agent": f"{USER_AGENT} feed-id=7"}, max_bytes=100)
    named = [value for name, value in origin.requests[0].headers if name.lower() == "user-agent"]
    assert named == [f"{USER_AGENT} feed-id=7"]


@pytest.mark.parametrize("status", [200, 204, 206, 304, 404, 410, 418, 503])
async def test_every_final_status_is_an_answer(origin: Origin, transport: Transport, status: int) -> None:
    """A status is the caller's to judge, with its headers."""
    url = origin.serve("/", status=status, headers=[("ETag", '"1"')])
    answer = await transport.get(url, max_bytes=100)
    assert (answer.status, answer.url, answer.headers["etag"], answer.redirects) == (status, url, '"1"', ())


BAD_REMARKS = {
    "too large": Answer(status=404, body="x" * 5000),
    "cut": Answer(status=404, body="x" * 50, cut_at=10),
    "odd coding": Answer(status=404, body="x", headers=[("Content-Encoding", "zstd")]),
    "not what it says": Answer(status=404, body=b"\x1f\x8b\x08broken"),
}


@pytest.mark.parametrize("answer", BAD_REMARKS.values(), ids=BAD_REMARKS.keys())
async def test_an_error_status_outweighs_its_body(origin: Origin, transport: Transport, answer: Answer) -> None:
    """A 404 is a 404, however its page is broken."""
    url = origin.script("/", [answer])
    response = await transport.get(url, max_bytes=100)
    failed = failure_of_status(response, datetime.now(UTC))
    assert failed is not None
    assert failed.reason == Reason.HTTP_NOT_FOUND


async def test_a_closed_client_says_so() -> None:
    """Use outside of `async with` is a mistake of ours, named as one; closing twice is none."""
    transport = Transport(policy())
    await transport.close()
    with pytest.raises(RuntimeError, match="async with"):
        await transport.get("http://news.example/", max_bytes=100)


def test_fields_are_a_mapping() -> None:
    """The fields of an answer compare, list and look up as a mapping does, in any case."""
    fields = Fields([(b"Content-Type", b"text/html"), (b"ETag", b'"1"')])
    assert dict(fields) == {"Content-Type": "text/html", "ETag": '"1"'}
    assert "content-type" in fields
    assert fields.get("nothing") is None
    assert len(fields) == 2
