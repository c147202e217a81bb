"""The dashboard on its socket.

In: the application and where to listen. Out: pages, until told to stop. Hides uvicorn.
Trap: the socket is bound here, before uvicorn runs, because uvicorn ends the whole process when a port is taken.
"""

import asyncio
import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address

import uvicorn
from starlette.types import ASGIApp

from config.settings import WebSettings
from dashboard.rules import is_loopback
from pipeline.errors import Unusable

#: Open requests get this long to finish after the stop.
GRACE_SECONDS = 5
#: Beyond it, visitors get 503 at once, so that idle connections cannot use up the file handles.
CONNECTION_LIMIT = 256


def check_listening(settings: WebSettings, *, has_users: bool) -> None:
    """Refuse to listen beyond this machine where nobody has to sign in; raises Unusable with what to do."""
    if settings.password or has_users or settings.host == "localhost" or is_loopback(settings.host):
        return
    raise Unusable(
        f"web.host is {settings.host!r}, so others could reach the dashboard, but there is neither a user nor a "
        "password. Make a user (storywatch users add NAME --role admin) or set web.password (or "
        "STORYWATCH_WEB__PASSWORD); or set web.host to 127.0.0.1."
    )


def bind(host: str, port: int) -> socket.socket:
    """Take the port; 0 takes a free one. Raises Unusable, naming the setting to change."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise Unusable(f"web.host is {host!r}, which is no address of this machine; use 127.0.0.1.") from error
    listener = socket.socket(family, kind, proto)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise Unusable(_why_not(host, port, error)) from error
    listener.setblocking(False)
    return listener


def address_of(listener: socket.socket) -> str:
    """Give the address to open in a browser."""
    host, port = listener.getsockname()[:2]
    shown = ip_address(host)
    name = "127.0.0.1" if shown.is_unspecified else host
    return f"http://[{name}]:{port}/" if ":" in name else f"http://{name}:{port}/"


async def run_dashboard(app: ASGIApp, host: str, port: int, stop: asyncio.Event) -> None:
    """Serve `app` until `stop` is set; raises Unusable if the port cannot be had."""
    await serve_on(app, bind(host, port), stop)


async def serve_on(app: ASGIApp, listener: socket.socket, stop: asyncio.Event) -> None:
    """Serve `app` on a socket that is bound already; closes it in the end.

    Forwarding headers are not read (S28): the client is always the peer of the socket.
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=True,
        ws="none",
        limit_concurrency=CONNECTION_LIMIT,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = _Server(config)
    watching = asyncio.create_task(_stop_server(server, stop))
    try:
        await server.serve(sockets=[listener])
    finally:
        watching.cancel()
        listener.close()


class _Server(uvicorn.Server):
    """Leaves signals alone: whoever sets `stop` deals with them."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _stop_server(server: uvicorn.Server, stop: asyncio.Event) -> None:
    await stop.wait()
    server.should_exit = True


def _why_not(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} on {host} is taken, by a Storywatch that runs already or by another program. "
            "Set web.port to a free one, or 0 for any."
        )
    if error.errno in {errno.EACCES, errno.EPERM}:
        return f"Port {port} needs rights this user does not have. Set web.port to one above 1023."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is no address of this machine. Set web.host to 127.0.0.1 or to one that is."
    return f"The dashboard cannot listen on {host}:{port}: {error.strerror}. Change web.host or web.port."
