"""What went wrong below a request, in the words of pipeline.errors.

In: an exception of aiohttp, asyncio, ssl or the resolver, and the request's `Dial`. Out: Transient or
Permanent with its reason. Hides aiohttp's exception tree. Trap: the tree overlaps (a timeout can be an
OSError, a certificate error a ClientConnectorError), so the order of the questions matters.
"""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp

from pipeline.errors import Permanent, Transient
from pipeline.model import Reason
from pipeline.transport.guard import Dial

# The name server's own word that the name or its addresses do not exist. EAI_AGAIN (SERVFAIL, no server reached)
# and EAI_FAIL say only that it could not answer.
_NO_SUCH_NAME = frozenset(
    {socket.EAI_NONAME, *(getattr(socket, name) for name in ("EAI_NODATA", "EAI_ADDRFAMILY") if hasattr(socket, name))}
)


@contextmanager
def translated(dial: Dial) -> Iterator[None]:
    """Turn what aiohttp raises inside into the error tree, the original as its cause."""
    try:
        yield
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise failure_of(error, dial) from (dial.refusal or error)


def failure_of(error: Exception, dial: Dial) -> Transient | Permanent:
    """Decide what an exception below one request means."""
    if dial.refusal is not None:
        return Permanent(dial.refusal.reason, f"{dial.host}: {dial.refusal}")
    if isinstance(error, TimeoutError):
        return Transient(Reason.TIMED_OUT, f"{dial.host} did not answer in time")
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return _name_failure(error.os_error, dial.host)
    if isinstance(error, aiohttp.ClientSSLError | ssl.SSLError):
        return Transient(Reason.TLS_FAILED, str(error))
    if isinstance(error, aiohttp.ClientPayloadError):
        return Transient(Reason.TRUNCATED, str(error))
    if isinstance(error, aiohttp.ClientResponseError):
        return Transient(Reason.CONNECTION_FAILED, f"{dial.host} does not answer in HTTP: {_one_line(error.message)}")
    if isinstance(error, ValueError):  # aiohttp.InvalidURL too
        return Permanent(Reason.URL_REFUSED, _one_line(str(error)))
    return Transient(Reason.CONNECTION_FAILED, str(error) or type(error).__name__)


def _one_line(text: str) -> str:
    return " ".join(text.split())[:200]


def _name_failure(error: OSError, host: str) -> Transient | Permanent:
    if isinstance(error, socket.gaierror) and error.errno not in _NO_SUCH_NAME:
        return Transient(Reason.NAME_TEMPORARY, f"{host}: {error.strerror}")
    return Permanent(Reason.NAME_UNKNOWN, f"{host}: no such name")
