"""The one HTTP client for everything that leaves this machine.

In: an address, headers, a cap on the body. Out: `Response` for every final status, Transient or Permanent for
all that kept us from one. Hides aiohttp. Trap: the deadline is one for the whole request: name, connection,
TLS, every redirect and every byte of the body; a timeout per read never ends a drip (checklist S8).
"""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from types import MappingProxyType
from typing import Self

import aiohttp
from yarl import URL

from pipeline.errors import Failure, Transient
from pipeline.model import Reason, Response, Validators
from pipeline.transport.connection import open_session
from pipeline.transport.decode import ADVERTISED, Body, too_large
from pipeline.transport.failures import translated
from pipeline.transport.guard import dialling
from pipeline.transport.headers import Fields, conditional_headers, headers_for_hop, sendable
from pipeline.transport.policy import Policy, Rules
from pipeline.transport.reach import is_near, is_reachable
from pipeline.transport.redirects import check_hop, find_target, parse_url
from pipeline.transport.resolver import Lookup, Resolver, ask_system
from pipeline.urls import WebUrl

NO_HEADERS: Mapping[str, str] = MappingProxyType({})
NO_VALIDATORS = Validators()
_BODILESS = frozenset({204, 304})  # RFC 9112, 6.3: they end with their header
NOT_OPEN = "the transport is not open: use it as `async with Transport(policy) as transport`"
REMARK_SECONDS = 5.0  # patience for a body whose status already says everything


class Transport:
    """An async context manager around one session; make one per process and share it between its tasks.

    `tls` replaces the system's certificate store, `lookup` the system's resolver.
    """

    def __init__(
        self,
        policy: Policy,
        *,
        connection_limit: int = 256,
        tls: ssl.SSLContext | None = None,
        lookup: Lookup = ask_system,
    ) -> None:
        self._policy = policy
        self._rules = Rules.of(policy)
        self._connection_limit = connection_limit
        self._tls = tls
        self._lookup = lookup
        self._resolver: Resolver | None = None
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._resolver = Resolver(self._lookup)
        tls = self._tls or ssl.create_default_context()
        self._session = open_session(self._rules, self._resolver, tls, self._connection_limit)
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.close()

    @property
    def user_agent(self) -> str:
        """Give the name under which it asks."""
        return self._policy.user_agent

    async def reaches(self, url: str) -> bool:
        """Tell whether the host of an address takes a connection; nothing is asked of it."""
        if self._resolver is None:
            raise RuntimeError(NOT_OPEN)
        return await is_reachable(url, self._rules, self._resolver)

    async def is_near(self, url: str) -> bool:
        """Tell whether the host of an address is this machine or on a private network, as far as its name leads."""
        if self._resolver is None:
            raise RuntimeError(NOT_OPEN)
        return await is_near(url, self._resolver)

    async def close(self) -> None:
        """Close all connections; requests under way fail. May be called twice."""
        session, self._session = self._session, None
        resolver, self._resolver = self._resolver, None
        if session is not None:
            await session.close()
        if resolver is not None:
            await resolver.close()

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] = NO_HEADERS,
        max_bytes: int,
        accept: str = "*/*",
        validators: Validators = NO_VALIDATORS,
        agent: str = "",
    ) -> Response:
        """Ask once and follow redirects hop by hop; any final status is a Response.

        `agent` replaces the policy's User-Agent at every hop. `headers` go to the origin of `url` only, conditional
        ones to `url` only. `validators` go to the very address that sent them, wherever on the way it lies. Raises
        Permanent(TOO_LARGE) beyond `max_bytes` of decoded body, but not for an error status, whose body may come
        back cut or empty instead.
        """
        started, given, way = time.monotonic(), sendable(headers), [parse_url(url)]
        ours = {"Accept": accept} | sendable({"User-Agent": agent} if agent else {})
        redirects: list[tuple[int, str]] = []
        async with self._deadline(url) as deadline:
            while True:
                at = str(way[-1])
                sent = headers_for_hop(given, way[0], way[-1]) | conditional_headers(validators, at)
                async with self._asked("GET", way[-1], ours, sent) as answer:
                    target = find_target(way[-1], answer.status, answer.raw_headers)
                    if target is None:
                        body = await _receive_for(answer, max_bytes, deadline, self._policy)
                        elapsed, fields = time.monotonic() - started, Fields(answer.raw_headers)
                        return Response(at, answer.status, fields, body, elapsed, tuple(redirects))
                check_hop(way, target, self._policy.redirect_limit, given)
                way.append(target)
                redirects.append((answer.status, str(target)))

    async def post(
        self, url: str, *, headers: Mapping[str, str] = NO_HEADERS, body: bytes, max_bytes: int = 64_000
    ) -> Response:
        """Send a body once; see `send`."""
        return await self.send("POST", url, headers=headers, body=body, max_bytes=max_bytes)

    async def send(
        self, method: str, url: str, *, headers: Mapping[str, str] = NO_HEADERS, body: bytes, max_bytes: int = 64_000
    ) -> Response:
        """Send a body once and give the answer, redirects too; nothing is followed, nothing sent twice.

        Once a status has come, the other side has the body: what follows it is kept as far as it comes, up to
        `max_bytes`, and cannot turn the answer into a failure.
        """
        started, at = time.monotonic(), parse_url(url)
        async with (
            self._deadline(url) as deadline,
            self._asked(method, at, {"Accept": "*/*"}, sendable(headers), body) as answer,
        ):
            remark = await _receive_remark(answer, max_bytes, deadline, self._policy)
            elapsed = time.monotonic() - started
            return Response(str(at), answer.status, Fields(answer.raw_headers), remark, elapsed)

    @asynccontextmanager
    async def _deadline(self, url: str) -> AsyncIterator[asyncio.Timeout]:
        seconds = self._policy.total_seconds
        try:
            async with asyncio.timeout(seconds) as deadline:
                yield deadline
        except TimeoutError as error:
            raise Transient(Reason.TIMED_OUT, f"not done after {seconds:g} s: {url[:200]}") from error

    @asynccontextmanager
    async def _asked(
        self, method: str, at: WebUrl, ours: Mapping[str, str], given: Mapping[str, str], body: bytes | None = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        if self._session is None:
            raise RuntimeError(NOT_OPEN)
        headers = {"User-Agent": self._policy.user_agent, **ours, "Accept-Encoding": ADVERTISED}
        if given:
            named = {name.lower() for name in given}
            headers = {name: value for name, value in headers.items() if name.lower() not in named} | dict(given)
        asked = URL(str(at), encoded=True)
        with dialling(at.host) as dial, translated(dial):
            async with self._session.request(
                method, asked, headers=headers, data=body, allow_redirects=False
            ) as answer:
                yield answer


async def _receive_for(
    answer: aiohttp.ClientResponse, max_bytes: int, deadline: asyncio.Timeout, policy: Policy
) -> bytes:
    """Receive the whole body of a good answer, and of a bad one what comes."""
    if answer.status in _BODILESS:
        return b""
    if answer.status >= 400:
        return await _receive_remark(answer, max_bytes, deadline, policy)
    coding = answer.headers.get("Content-Encoding", "")
    if not coding and (answer.content_length or 0) > max_bytes:
        raise too_large(max_bytes)
    body = Body(coding, max_bytes)
    await _fill(body, answer, policy)
    return body.finish()


async def _receive_remark(
    answer: aiohttp.ClientResponse, max_bytes: int, deadline: asyncio.Timeout, policy: Policy
) -> bytes:
    """Receive what comes of a body within the time left, at most a few seconds; never raises."""
    until = min(deadline.when() or float("inf"), asyncio.get_running_loop().time() + REMARK_SECONDS)
    deadline.reschedule(None)
    plain = bytearray()
    with suppress(Failure, aiohttp.ClientError, OSError):
        body = Body(answer.headers.get("Content-Encoding", ""), max_bytes)
        plain = body.plain
        async with asyncio.timeout_at(until):
            await _fill(body, answer, policy)
            body.finish()
    return bytes(plain)


async def _fill(body: Body, answer: aiohttp.ClientResponse, policy: Policy) -> None:
    """Receive until the end; a drip is left before the deadline, so that it holds no place for half a minute."""
    started, received = time.monotonic(), 0
    async for piece in answer.content.iter_any():
        body.feed(piece)
        received += len(piece)
        seconds = time.monotonic() - started
        if seconds > policy.rate_grace_seconds and received < policy.least_rate * seconds:
            raise Transient(Reason.TIMED_OUT, f"slower than {policy.least_rate} bytes a second")
