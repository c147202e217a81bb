"""Redirects followed by hand: what travels along and where it ends (checklist F5, F38, S4)."""

import ssl

import pytest

from pipeline.errors import Permanent
from pipeline.model import Reason, Validators
from pipeline.transport import Transport
from tests.origin import Answer, Origin
from tests.transport.support import LOOPBACK, failure, policy

SECRETS = {"Authorization": "Bearer s3cret", "X-Api-Key": "s3cret", "If-None-Match": '"1"', "If-Modified-Since": "then"}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_hops_are_followed_and_listed(origin: Origin, transport: Transport, status: int) -> None:
    """Every kind of redirect is followed by GET, and the way is told."""
    origin.script("/a", [Answer.redirect("b?x=1#frag", status)])
    origin.serve("/b", "here")
    answer = await transport.get(origin.url("/a"), max_bytes=100)
    target = origin.url("/b?x=1")
    assert (answer.url, answer.body, answer.redirects) == (target, b"here", ((status, target),))
    assert [seen.method for seen in origin.requests] == ["GET", "GET"]


async def test_secrets_stay_with_their_origin(origin: Origin, transport: Transport) -> None:
    """S4: another name, port or scheme gets none of the caller's fields."""
    origin.script("/a", [Answer.redirect(origin.url("/b", "other.localhost"))])
    await transport.get(origin.url("/a"), headers=SECRETS, max_bytes=100)
    first, second = origin.requests
    assert all(first.header(name) == value for name, value in SECRETS.items())
    assert all(second.header(name) is None for name in SECRETS)


async def test_secrets_do_not_come_back_by_a_detour(origin: Origin, transport: Transport) -> None:
    """S4, F5: within the origin credentials go along, conditional fields never go to another address."""
    origin.script("/a", [Answer.redirect("/b")])
    await transport.get(origin.url("/a"), headers=SECRETS, max_bytes=100)
    second = origin.requests[1]
    assert (second.header("X-Api-Key"), second.header("Authorization")) == ("s3cret", "Bearer s3cret")
    assert (second.header("If-None-Match"), second.header("If-Modified-Since")) == (None, None)


async def test_validators_go_to_the_address_that_sent_them(origin: Origin, transport: Transport) -> None:
    """F5: A leads to B, then to C; B is asked with its ETag, C never sees it."""
    a, b, c = (origin.url(path) for path in ["/a", "/b", "/c"])
    origin.script("/a", [Answer.redirect(b), Answer.redirect(c)])
    origin.respond("/b", lambda seen: Answer(status=304 if seen.header("If-None-Match") == '"b"' else 200))
    validators = Validators(etag='"b"', last_modified="Sun, 01 Mar 2026 12:00:00 GMT", url=b)
    first = await transport.get(a, validators=validators, max_bytes=100)
    second = await transport.get(a, validators=validators, max_bytes=100)
    assert (first.status, second.status, second.url) == (304, 404, c)
    assert all(seen.header("If-None-Match") is None for seen in origin.requests if seen.path != "/b")
    assert origin.requests_for("/b")[0].header("If-Modified-Since") == validators.last_modified


async def test_validators_without_an_address_are_not_sent(origin: Origin, transport: Transport) -> None:
    """F5: nobody knows whose they are."""
    url = origin.serve("/", "x")
    await transport.get(url, validators=Validators(etag='"1"'), max_bytes=100)
    assert origin.requests[0].header("If-None-Match") is None


async def test_loops_and_chains_end(origin: Origin, transport: Transport) -> None:
    """F38: a loop ends at its first repetition, a chain after five redirects."""
    origin.script("/a", [Answer.redirect("/b")])
    origin.script("/b", [Answer.redirect("/a")])
    ended = (Permanent, Reason.TOO_MANY_REDIRECTS)
    assert await failure(transport.get(origin.url("/a"), max_bytes=100)) == ended
    assert len(origin.requests) == 2
    for number in range(10):
        origin.script(f"/{number}", [Answer.redirect(f"/{number + 1}")])
    origin.serve("/10", "end")
    assert (await transport.get(origin.url("/5"), max_bytes=100)).body == b"end"
    assert await failure(transport.get(origin.url("/4"), max_bytes=100)) == ended
    assert len(origin.requests_for("/9")) == 2


BAD_TARGETS = {
    "file": "file:///etc/passwd",
    "other scheme": "gopher://127.0.0.1:70/",
    "application": "intent://open#Intent;end",
    "user": "http://me@127.0.0.1/",
    "backslash": "http://127.0.0.1\\@news.example/",
    "short address": "http://127.1/",
}


@pytest.mark.parametrize("target", BAD_TARGETS.values(), ids=BAD_TARGETS.keys())
async def test_bad_targets_are_refused(origin: Origin, transport: Transport, target: str) -> None:
    """S5, F38: a redirect leads to a plain web address or nowhere."""
    url = origin.script("/", [Answer.redirect(target)])
    assert await failure(transport.get(url, max_bytes=100)) == (Permanent, Reason.URL_REFUSED)


@pytest.mark.parametrize(
    ("location", "path"),
    [("/größe", "/gr%C3%B6%C3%9Fe"), ("/gr\udcf6", "/gr%F6"), ("/a b", "/a%20b"), ("/%zz", "/%25zz")],
    ids=["utf-8", "latin-1 bytes", "space", "bad escape"],
)
async def test_sloppy_targets_are_understood(origin: Origin, transport: Transport, location: str, path: str) -> None:
    """Servers write what browsers mend: raw letters, raw bytes and spaces in a Location."""
    origin.script("/", [Answer.redirect(location)])
    await transport.get(origin.url("/"), max_bytes=100)
    assert origin.requests[-1].path == path


async def test_a_redirect_without_target_is_final(origin: Origin, transport: Transport) -> None:
    """A 3xx that points nowhere is handed over as it is."""
    url = origin.serve("/", "choose", status=302)
    answer = await transport.get(url, max_bytes=100)
    assert (answer.status, answer.body) == (302, b"choose")


async def test_the_body_of_a_redirect_is_not_read(origin: Origin, transport: Transport) -> None:
    """A hop costs its head only, whatever hangs on it."""
    origin.script(
        "/", [Answer(status=302, headers=[("Location", "/b")], body=b"x" * 1000, chunk_bytes=1, chunk_delay_seconds=5)]
    )
    origin.serve("/b", "here")
    answer = await transport.get(origin.url("/"), max_bytes=100)
    assert (answer.body, answer.elapsed_seconds < 4) == (b"here", True)


async def test_tls_is_not_lost_with_credentials(
    origin: Origin, server_tls: ssl.SSLContext, trusting_tls: ssl.SSLContext
) -> None:
    """F38: from https to http goes whoever carries no secret; conditional fields are none."""
    origin.serve("/", "plain")
    async with (
        Origin(tls=server_tls) as safe,
        Transport(policy(allow_private=LOOPBACK), tls=trusting_tls) as transport,
    ):
        url = safe.script("/", [Answer.redirect(origin.url("/"))])
        answer = await transport.get(url, headers={"If-None-Match": '"1"'}, max_bytes=100)
        assert answer.body == b"plain"
        asking = transport.get(url, headers={"X-Api-Key": "s3cret"}, max_bytes=100)
        assert await failure(asking) == (Permanent, Reason.URL_REFUSED)
        assert len(origin.requests) == 1
