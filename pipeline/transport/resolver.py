"""From host names to addresses.

In: a host name. Out: aiohttp's records of addresses, or gaierror. Hides getaddrinfo. Trap: getaddrinfo blocks
for seconds when a name server is slow; it runs in threads of its own, so that bad names hold up other bad
names at most, and not the database, which shares the loop's default threads.
"""

import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

from pipeline.urls import is_loopback_name

LOOKUP_THREADS = 32
LOOPBACK = ("127.0.0.1", "::1")

Lookup = Callable[[str, int], list[tuple[Any, Any, Any, Any, Any]]]


def ask_system(host: str, port: int) -> list[tuple[Any, Any, Any, Any, Any]]:
    """Ask the system's resolver for both families; gaierror says what failed."""
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)


class Resolver(AbstractResolver):
    """Names below `localhost` lead to loopback unasked (RFC 6761, 6.3), all others to what `lookup` says."""

    def __init__(self, lookup: Lookup = ask_system) -> None:
        self._lookup = lookup
        self._threads = ThreadPoolExecutor(LOOKUP_THREADS, thread_name_prefix="lookup")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Give every address of a name, in the order to try them; gaierror if there is none."""
        if is_loopback_name(host):
            return [_record(host, address, port) for address in LOOPBACK]
        infos = await asyncio.get_running_loop().run_in_executor(self._threads, self._lookup, host, port)
        addresses = dict.fromkeys(str(info[4][0]) for info in infos if family in {socket.AF_UNSPEC, info[0]})
        if not addresses:
            raise socket.gaierror(socket.EAI_NONAME, "no address of a family that this machine speaks")
        return [_record(host, address, port) for address in addresses]

    async def close(self) -> None:
        """Let go of the threads; a lookup still running ends on its own."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _record(host: str, address: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST)
