"""Canaries on loopback stay silent when loopback is not allowed (checklist S1, S4, S5)."""

import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import pytest

from pipeline.errors import Permanent
from pipeline.model import Reason
from pipeline.transport import Policy, Transport
from pipeline.transport.connection import open_session
from pipeline.transport.guard import AddressRefused, dialling
from pipeline.transport.policy import Rules
from pipeline.transport.resolver import Resolver
from tests.origin import Answer, Origin
from tests.transport.support import failure, names, policy

DENIED = (Permanent, Reason.ADDRESS_DENIED)


@dataclass
class Canaries:
    """Listeners that must never be connected to."""

    four: Origin
    six: Origin

    def policy(self, *allow_private: str) -> Policy:
        """Make a policy whose port list is no hindrance: only the address rules stand before the canaries."""
        return policy(ports=(80, self.four.port, self.six.port), allow_private=allow_private)

    @property
    def connection_count(self) -> int:
        return self.four.connection_count + self.six.connection_count


@pytest.fixture
async def canaries() -> AsyncIterator[Canaries]:
    """Start canaries in both families, and see that nobody came."""
    async with Origin("127.0.0.1") as four, Origin("::1") as six:
        both = Canaries(four, six)
        yield both
        assert both.connection_count == 0


FOUR_LITERALS = [
    "127.0.0.1",
    "localhost",
    "LOCALHOST.",
    "any.thing.localhost",
    "0.0.0.0",  # noqa: S104 - an address to refuse, nothing binds to it
    "①②⑦.0.0.1",
    "127。0。0。1",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:127.0.0.1]",
    "[::127.0.0.1]",
]
AMBIGUOUS_LITERALS = ["127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001"]


@pytest.mark.parametrize("host", FOUR_LITERALS)
async def test_every_spelling_of_loopback_is_denied(canaries: Canaries, host: str) -> None:
    """S1, S5: whatever spelling leads to 127.0.0.1, nothing is connected."""
    async with Transport(canaries.policy()) as transport:
        url = f"http://{host}:{canaries.four.port}/"
        assert await failure(transport.get(url, max_bytes=100)) == DENIED
        assert await failure(transport.post(url, body=b"")) == DENIED


@pytest.mark.parametrize("host", AMBIGUOUS_LITERALS)
async def test_ambiguous_literals_are_not_asked(canaries: Canaries, host: str) -> None:
    """S5: short, octal and hexadecimal addresses are refused as written."""
    async with Transport(canaries.policy()) as transport:
        url = f"http://{host}:{canaries.four.port}/"
        assert await failure(transport.get(url, max_bytes=100)) == (Permanent, Reason.URL_REFUSED)


@pytest.mark.parametrize("host", ["[::1]", "[0:0:0:0:0:0:0:1]", "localhost"])
async def test_loopback_of_the_other_family_is_denied(canaries: Canaries, host: str) -> None:
    """S1: the rules hold for IPv6 as well."""
    async with Transport(canaries.policy()) as transport:
        assert await failure(transport.get(f"http://{host}:{canaries.six.port}/", max_bytes=100)) == DENIED


@pytest.mark.parametrize("host", [host for host in FOUR_LITERALS + AMBIGUOUS_LITERALS if host.isascii()])
async def test_the_socket_itself_is_guarded(canaries: Canaries, host: str) -> None:
    """S1: with our own reading of addresses out of the way, the sockets alone keep the canaries silent."""
    resolver = Resolver()
    async with open_session(Rules.of(canaries.policy()), resolver, ssl.create_default_context(), 8) as session:
        with dialling(host), pytest.raises(aiohttp.ClientError):
            await session.get(f"http://{host}:{canaries.four.port}/")
    await resolver.close()


async def test_a_redirect_into_the_house_is_denied(canaries: Canaries) -> None:
    """S4: a hop is judged like a first request, whatever allowed origin it came from."""
    async with Origin("127.0.0.2") as allowed, Transport(canaries.policy("127.0.0.2")) as transport:
        for number, target in enumerate(
            [canaries.four.url("/"), canaries.six.url("/"), canaries.four.url("/", "localhost")]
        ):
            url = allowed.script(f"/{number}", [Answer.redirect(target)])
            assert await failure(transport.get(url, max_bytes=100)) == DENIED
        assert len(allowed.requests) == 3


async def test_a_name_that_moves_into_the_house_is_denied(canaries: Canaries) -> None:
    """S1: a name that first led outside and then to loopback (rebinding) is judged at each dial."""
    async with Origin("127.0.0.2") as outside:
        lookup = names({"rebind.example": [["127.0.0.2"], ["127.0.0.1"], ["::1"]]})
        async with Transport(canaries.policy("127.0.0.2"), lookup=lookup) as transport:
            outside.serve("/", "outside")
            answer = await transport.get(outside.url("/", "rebind.example"), max_bytes=100)
            assert answer.body == b"outside"
            for canary in (canaries.four, canaries.six):
                asking = transport.get(canary.url("/", "rebind.example"), max_bytes=100)
                assert await failure(asking) == DENIED


@pytest.mark.parametrize("inside", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
async def test_of_a_mixed_answer_only_the_public_part_is_dialled(canaries: Canaries, inside: str) -> None:
    """S1: a name with one good and one forbidden address is asked at the good one only."""
    async with Origin("127.0.0.2") as outside:
        outside.serve("/", "outside")
        lookup = names({"mixed.example": [[inside, "127.0.0.2", inside]]})
        async with Transport(canaries.policy("127.0.0.2"), lookup=lookup) as transport:
            answer = await transport.get(outside.url("/", "mixed.example"), max_bytes=100)
            assert answer.body == b"outside"


async def test_a_dead_public_address_does_not_open_the_private_one(canaries: Canaries) -> None:
    """S1: when the good address refuses, the forbidden one is still not tried."""
    lookup = names({"mixed.example": [["127.0.0.2", "127.0.0.1"]]})
    async with Transport(canaries.policy("127.0.0.2"), lookup=lookup) as transport:
        url = canaries.four.url("/", "mixed.example")
        assert (await failure(transport.get(url, max_bytes=100)))[1] == Reason.CONNECTION_FAILED


async def test_a_kept_connection_serves_its_own_name_only(canaries: Canaries) -> None:
    """S1: a connection dialled for a listed name is not lent to another name with the same address."""
    async with Origin("127.0.0.1") as listed:
        lookup = names({"listed.lan": [["127.0.0.1"]], "evil.example": [["127.0.0.1"]]})
        async with Transport(canaries.policy("listed.lan"), lookup=lookup) as transport:
            for _ in range(2):
                await transport.get(listed.url("/", "listed.lan"), max_bytes=100)
            assert await failure(transport.get(listed.url("/", "evil.example"), max_bytes=100)) == DENIED
            await transport.get(listed.url("/", "listed.lan"), max_bytes=100)
        assert (len(listed.requests), listed.connection_count) == (3, 1)


async def test_a_port_off_the_list_is_refused() -> None:
    """S5: a public host is asked at listed ports only, and nothing is dialled."""
    async with Transport(policy(), lookup=names({"news.example": [["8.8.8.8"]]})) as transport:
        asking = transport.get("http://news.example:25/", max_bytes=100)
        assert await failure(asking) == (Permanent, Reason.URL_REFUSED)


async def test_the_refused_address_is_named(canaries: Canaries) -> None:
    """The cause says which address was refused, for the log and the operator."""
    async with Transport(canaries.policy()) as transport:
        with pytest.raises(Permanent, match=r"forbids 127\.0\.0\.1") as caught:
            await transport.get(canaries.four.url("/"), max_bytes=100)
    assert isinstance(caught.value.__cause__, AddressRefused)


async def test_loopback_listed_is_asked(origin: Origin, transport: Transport) -> None:
    """S20: the list works for literals, names below localhost and mapped spellings, at any port."""
    origin.serve("/", "here")
    for host in ("127.0.0.1", "localhost", "gazette.localhost", "[::ffff:127.0.0.1]"):
        assert (await transport.get(origin.url("/", host), max_bytes=100)).body == b"here"
