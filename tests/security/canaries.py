"""A web server that has every address there is: the one public site, and a canary everywhere else.

In: a function that answers for the public site. Out: which paths it was asked, and which canaries were touched. Hides
http.server. Trap: it tells the two apart by the address that was dialled, so it needs a network in which all addresses
are local (`ip route add local 0.0.0.0/0 dev lo`); in any other it would see loopback alone.
"""

import socket
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PUBLIC = "9.9.9.9"  #: of the attacker's site
CANARY_PORTS = (443, 8080)  #: besides 80, which the site has as well


@dataclass(frozen=True)
class Reply:
    """What the attacker's site answers."""

    body: str = ""
    kind: str = "text/html; charset=utf-8"
    status: int = 200
    location: str = ""


@dataclass
class Seen:
    """What was asked; written by many threads, each with one atomic step."""

    asked: Counter[str] = field(default_factory=Counter)  #: host and path at the public site
    touched: list[str] = field(default_factory=list)  #: canaries that somebody connected to


class _Family6(ThreadingHTTPServer):
    address_family = socket.AF_INET6

    def server_bind(self) -> None:
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        super().server_bind()


def listen(answer: Callable[[str], Reply], seen: Seen) -> list[ThreadingHTTPServer]:
    """Listen on every address; `answer` gets host and path, such as `evil.example/feed`."""
    handler = _handler(answer, seen)
    wanted = [(family, port) for port in (80, *CANARY_PORTS) for family in (ThreadingHTTPServer, _Family6)]
    servers = [family(("" if family is ThreadingHTTPServer else "::", port), handler) for family, port in wanted]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    return servers


def _handler(answer: Callable[[str], Reply], seen: Seen) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"  # a connection each, so that each is counted

        def handle(self) -> None:
            address, port = self.connection.getsockname()[:2]
            if (address, port) == (PUBLIC, 80):
                super().handle()
            else:
                seen.touched.append(f"{address} port {port}")

        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = f"{self.headers.get('Host')}{self.path}"
            seen.asked[path] += 1
            reply = answer(path)
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.kind)
            if reply.location:
                self.send_header("Location", reply.location)
            self.end_headers()
            self.wfile.write(reply.body.encode())

        do_GET = do_POST = do_HEAD = do_OPTIONS = answer  # noqa: N815 - http.server's names

        def log_message(self, *_arguments: Any) -> None:
            """Say nothing; standard output is for the report."""

    return Handler
