"""Find out whether a server can be reached at all, and whether it is near, without asking it for anything.

In: an address, the rules, the resolver. Out: whether a connection came about; whether its name leads to this machine or
a private network, which says nothing of the line to all others. Hides asyncio's streams. Trap: the guard
judges here as everywhere; a host whose addresses are all refused counts as out of reach (S1).
"""

import asyncio
import socket
from contextlib import suppress
from ipaddress import ip_address

from pipeline.transport.policy import Rules, is_public
from pipeline.transport.resolver import Resolver
from pipeline.urls import find_web_url

SECONDS = 5.0


async def is_reachable(url: str, rules: Rules, resolver: Resolver) -> bool:
    """Tell whether the URL's host has an address that takes a connection within five seconds; then it is closed."""
    found = find_web_url(url)
    if found is None:
        return False
    try:
        async with asyncio.timeout(SECONDS):
            for one in await resolver.resolve(found.host, found.port):
                allowed = rules.refusal(found.host, one["host"], found.port) is None
                if allowed and await _takes_connection(one["host"], found.port):
                    return True
    except (TimeoutError, socket.gaierror):
        return False
    return False


async def is_near(url: str, resolver: Resolver) -> bool:
    """Tell whether the URL's host has addresses, all of them off the public internet; False if it has none now."""
    found = find_web_url(url)
    if found is None:
        return False
    try:
        async with asyncio.timeout(SECONDS):
            addresses = [ip_address(one["host"]) for one in await resolver.resolve(found.host, found.port)]
    except (TimeoutError, socket.gaierror):
        return False
    return bool(addresses) and not any(map(is_public, addresses))


async def _takes_connection(address: str, port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(address, port)
    except OSError:
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return True
