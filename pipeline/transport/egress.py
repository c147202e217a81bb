"""Keep what another library sends through `requests` under our policy (checklist S3, S16).

In: a `Policy`. Out: inside `egress`, connections whose address passed the guard; which answer came last. Hides requests
and urllib3. Trap: both are replaced for the whole process and refuse every connection outside of `egress`, so a process
that loads this must not use requests for anything else.
"""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import requests
from requests import sessions
from urllib3.util import connection

from pipeline.model import Reason
from pipeline.transport.guard import AddressRefused
from pipeline.transport.policy import Policy, Rules
from pipeline.transport.resolver import LOOPBACK, Lookup, ask_system
from pipeline.urls import is_loopback_name

ANSWER_BYTES = 64_000  #: what a service says is for its library to read; nothing worth reading is longer
PIECE_BYTES = 4_096


@dataclass(slots=True)
class Egress:
    """What happened inside one `egress`."""

    rules: Rules
    lookup: Lookup
    until: float  #: monotonic seconds at which everything must be over
    statuses: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)  #: of the last answer
    refusals: list[AddressRefused] = field(default_factory=list)
    sockets: list[socket.socket] = field(default_factory=list)  #: doubles, to be shut down when the time is over

    def shut_down(self) -> None:
        """End every connection, whatever waits on it: a timeout of a socket begins anew with each byte that drips."""
        for double in self.sockets:
            with suppress(OSError):
                double.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the doubles."""
        for double in self.sockets:
            double.close()


_current: ContextVar[Egress | None] = ContextVar("storywatch_egress", default=None)


@contextmanager
def egress(policy: Policy, lookup: Lookup = ask_system) -> Iterator[Egress]:
    """Allow this thread's requests inside, under the policy."""
    opened = Egress(Rules.of(policy), lookup, time.monotonic() + policy.total_seconds)
    token = _current.set(opened)
    alarm = threading.Timer(policy.total_seconds, opened.shut_down)
    alarm.daemon = True
    alarm.start()
    try:
        yield opened
    finally:
        alarm.cancel()
        opened.close()
        _current.reset(token)


def _connect(address: tuple[str, int], *_args: Any, **_named: Any) -> socket.socket:
    """Connect in the place of urllib3's own way, to the first address that the rules allow."""
    opened = _current.get()
    host, port = address[0].strip("[]"), address[1]
    if opened is None:
        raise AddressRefused(Reason.ADDRESS_DENIED, host, port)
    problem: OSError = OSError(f"{host} has no address")
    for found in _addresses(opened, host, port):
        reason = opened.rules.refusal(host, found, port)
        if reason is not None:
            problem = AddressRefused(reason, found, port)
            opened.refusals.append(problem)
            continue
        try:
            made = socket.create_connection((found, port), timeout=_seconds_left(opened))
        except OSError as error:
            problem = error
        else:
            opened.sockets.append(made.dup())
            return made
    raise problem


def _addresses(opened: Egress, host: str, port: int) -> list[str]:
    if is_loopback_name(host):
        return list(LOOPBACK)
    return list(dict.fromkeys(str(info[4][0]) for info in opened.lookup(host, port)))


def _seconds_left(opened: Egress) -> float:
    left = opened.until - time.monotonic()
    if left <= 0:
        raise TimeoutError("no time is left for another request")
    return left


class _Session(sessions.Session):
    """A session without redirects, proxies and passwords of the machine, whose answers are bounded in size and time."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False

    def request(self, method: Any, url: Any, *args: Any, **named: Any) -> requests.Response:
        return super().request(method, url, *args, **(named | {"allow_redirects": False, "proxies": None}))

    def send(self, request: requests.PreparedRequest, **named: Any) -> requests.Response:
        answer = super().send(request, **(named | {"stream": True}))
        opened = _current.get()
        if opened is not None:
            opened.statuses.append(answer.status_code)
            opened.headers = {name.lower(): value for name, value in answer.headers.items()}
            answer._content = _bounded(answer, opened)  # noqa: SLF001 - what `stream` leaves for later is read here
        return answer


def _bounded(answer: requests.Response, opened: Egress) -> bytes:
    body = b""
    for piece in answer.iter_content(PIECE_BYTES):
        body += piece
        if len(body) > ANSWER_BYTES or time.monotonic() > opened.until:
            break
    answer.close()
    return body[:ANSWER_BYTES]


connection.create_connection = _connect
setattr(sessions, "Session", _Session)  # noqa: B010 - a type checker knows it as a class and nothing else
setattr(requests, "Session", _Session)  # noqa: B010 - as above
