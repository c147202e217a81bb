"""Small things several transport tests need: policies, scripted name servers, failures as values."""

import socket
from collections.abc import Coroutine, Iterable
from typing import Any

import pytest

from pipeline.errors import Failure, Permanent, Transient
from pipeline.model import Reason
from pipeline.transport import Policy
from pipeline.transport.resolver import Lookup

LOOPBACK = ("127.0.0.0/8", "::1")
USER_AGENT = "Storywatch/0.1.0 (+https://storywatch.example/contact)"


def policy(
    *,
    total_seconds: float = 10,
    ports: Iterable[int] = (80, 443),
    allow_private: tuple[str, ...] = (),
    redirect_limit: int = 5,
) -> Policy:
    """Make a policy; without arguments nothing private may be asked."""
    return Policy(total_seconds, frozenset(ports), allow_private, USER_AGENT, redirect_limit)


def names(answers: dict[str, list[list[str]]]) -> Lookup:
    """Make a name server that gives each name its lists of addresses in order, the last for ever."""
    asked: dict[str, int] = {}

    def lookup(host: str, port: int) -> list[tuple[Any, Any, Any, Any, Any]]:
        lists = answers[host]
        turn = min(asked.get(host, 0), len(lists) - 1)
        asked[host] = turn + 1
        return [_record(address, port) for address in lists[turn]]

    return lookup


def _record(address: str, port: int) -> tuple[Any, Any, Any, Any, Any]:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port)


async def failure(asking: Coroutine[Any, Any, object]) -> tuple[type[Failure], Reason]:
    """Await what must fail; give the kind and the reason."""
    with pytest.raises((Transient, Permanent)) as caught:
        await asking
    return type(caught.value), caught.value.reason
