"""The aiohttp session with everything switched off that would act on its own.

In: rules, TLS context, limits. Out: a session whose every socket passed the guard, without cookies, proxies,
netrc, unpacking, redirects of its own or second tries. Hides aiohttp's session and connector. Trap: aiohttp
repeats a GET whose connection broke; that is right for a kept-alive one the server had closed (RFC 9112,
9.3.1) and wrong for a fresh one, where the origin would count two requests.
"""

import ssl

import aiohttp
from aiohttp.client_middlewares import ClientHandlerType

from pipeline.transport.guard import current_dial, socket_factory
from pipeline.transport.policy import Rules
from pipeline.transport.resolver import Resolver

NAME_SECONDS = 60  # checklist F41: an address may move; each dial is judged anyway
FIELD_BYTES = 70_000  # aiohttp gives up at 8 190; real Content-Security-Policy fields are longer
FIELD_LIMIT = 640  # aiohttp gives up at 128
KEEP_ALIVE_SECONDS = 15.0
FAMILY_DELAY_SECONDS = 0.25  # RFC 8305, 5: head start of the first address over the next


class FreshConnectionLost(aiohttp.ClientConnectionError):
    """A connection made for this request broke before an answer; asking again is the queue's decision."""


def open_session(rules: Rules, resolver: Resolver, tls: ssl.SSLContext, connection_limit: int) -> aiohttp.ClientSession:
    """Open a session; to be called inside a running loop, closed by the caller."""
    connector = aiohttp.TCPConnector(
        resolver=resolver,
        socket_factory=socket_factory(rules),
        ttl_dns_cache=NAME_SECONDS,
        happy_eyeballs_delay=FAMILY_DELAY_SECONDS,
        keepalive_timeout=KEEP_ALIVE_SECONDS,
        limit=connection_limit,
        ssl=tls,
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        auto_decompress=False,
        raise_for_status=False,
        timeout=aiohttp.ClientTimeout(total=None),  # the deadline of the whole request stands around it
        max_line_size=FIELD_BYTES,
        max_field_size=FIELD_BYTES,
        max_headers=FIELD_LIMIT,
        middlewares=(ask_once,),
    )


async def ask_once(request: aiohttp.ClientRequest, ask: ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep aiohttp from repeating a request whose connection was made for it."""
    try:
        return await ask(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        dial = current_dial()
        if dial is None or not dial.socket_count:
            raise
        raise FreshConnectionLost(f"{dial.host} closed the connection without an answer") from error
