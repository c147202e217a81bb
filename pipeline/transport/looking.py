"""Say what the guard would say of an address, without asking it.

In: a policy and a host. Out: every address of the name with the guard's word on it. Hides the resolver. Trap: this is
for people to read; the guard judges again, at the socket, what is really dialled (S1, S20).
"""

import socket
from dataclasses import dataclass
from ipaddress import ip_address

from pipeline.transport.policy import Policy, Rules, is_public
from pipeline.transport.resolver import Resolver
from pipeline.urls import find_web_url


@dataclass(frozen=True, slots=True)
class AddressWord:
    """One address of a name."""

    address: str
    word: str  #: "public", "private, allowed by fetch.allow_private", or why it is refused


async def addresses_of(url: str, policy: Policy) -> list[AddressWord]:
    """Look a URL's host up and judge each of its addresses; empty if the name leads nowhere."""
    found = find_web_url(url)
    if found is None:
        return []
    resolver, rules = Resolver(), Rules.of(policy)
    try:
        results = await resolver.resolve(found.host, found.port)
    except socket.gaierror:
        return []
    finally:
        await resolver.close()
    return [AddressWord(one["host"], _word(rules, found.host, one["host"], found.port)) for one in results]


def _word(rules: Rules, host: str, address: str, port: int) -> str:
    refusal = rules.refusal(host, address, port)
    if refusal is not None:
        return f"refused: {refusal.replace('_', ' ')}"
    return "public" if is_public(ip_address(address)) else "private, allowed by fetch.allow_private"
