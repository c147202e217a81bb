"""The one place where sockets are made: every address is judged as it is dialled.

In: `Rules`. Out: a socket factory for aiohttp, and the `Dial` that tells what became of one request's
connections. Hides sockets and contextvars. Trap: resolvers are not asked for IP literals and names change
their answer between two questions; only the address handed to connect() is the truth (checklist S1).
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from aiohttp.connector import AddrInfoType

from pipeline.model import Reason
from pipeline.transport.policy import Rules

#: What the owner may do about a refusal.
WAY_OUT = {
    Reason.ADDRESS_DENIED: "; if it is yours, list it in fetch.allow_private",
    Reason.URL_REFUSED: "; fetch.ports lists those that may be asked",
}


class AddressRefused(OSError):
    """The policy forbids this address; an OSError, because that is what connecting code lets through."""

    def __init__(self, reason: Reason, address: str, port: int) -> None:
        super().__init__(f"policy forbids {address} port {port}{WAY_OUT.get(reason, '')}")
        self.reason = reason


@dataclass(slots=True)
class Dial:
    """What happened below one request: how many sockets were made for `host`, what was refused."""

    host: str
    socket_count: int = 0
    refusals: list[AddressRefused] = field(default_factory=list)

    @property
    def refusal(self) -> AddressRefused | None:
        """Give the first refusal if nothing at all could be dialled: a mixed answer may still be asked."""
        return self.refusals[0] if self.refusals and not self.socket_count else None


# The connector opens sockets in the task of the request, or in a child task that copies its context.
_current: ContextVar[Dial | None] = ContextVar("storywatch_dial", default=None)


@contextmanager
def dialling(host: str) -> Iterator[Dial]:
    """Bind the sockets made inside to the name that was asked.

    A pooled connection is reused for the same name and port only and the rules never change during the life of
    a transport, so what was dialled once for a name may be reused for it.
    """
    dial = Dial(host)
    token = _current.set(dial)
    try:
        yield dial
    finally:
        _current.reset(token)


def current_dial() -> Dial | None:
    """Give the dial of the request under way in this context."""
    return _current.get()


def socket_factory(rules: Rules) -> Callable[[AddrInfoType], socket.socket]:
    """Give a factory that raises `AddressRefused` instead of making a socket for a forbidden address."""

    def make(info: AddrInfoType) -> socket.socket:
        family, kind, protocol, _name, sockaddr = info
        dial = _current.get() or Dial("")
        address, port = str(sockaddr[0]), int(sockaddr[1])
        reason = rules.refusal(dial.host, address, port)
        if reason is not None:
            refused = AddressRefused(reason, address, port)
            dial.refusals.append(refused)
            raise refused
        dial.socket_count += 1
        return socket.socket(family, kind, protocol)

    return make
