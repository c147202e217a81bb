"""The socket: who may listen where, and what is said when it cannot be had."""

import asyncio
import socket

import pytest
from starlette.applications import Starlette

from config.settings import WebSettings
from dashboard.serving import address_of, bind, check_listening, run_dashboard
from pipeline.errors import Unusable


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.0.0.2"])
def test_loopback_needs_no_password(host: str) -> None:
    """S13: this machine may listen to itself."""
    check_listening(WebSettings(host=host), has_users=False)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "watch.example.org", "localhost.evil.example"])  # noqa: S104
def test_listening_beyond_this_machine_needs_a_password(host: str) -> None:
    """S13: refused with both ways out; with a password it is fine."""
    with pytest.raises(Unusable, match=r"set web\.password.*or set web\.host to 127\.0\.0\.1"):
        check_listening(WebSettings(host=host), has_users=False)
    check_listening(WebSettings(host=host, password="long enough"), has_users=False)
    check_listening(WebSettings(host=host), has_users=True)


async def test_a_taken_port_names_the_setting() -> None:
    """The message says which port, and which setting to change."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Unusable, match=rf"Port {port} on 127.0.0.1 is taken.*web\.port"):
            await run_dashboard(Starlette(), "127.0.0.1", port, asyncio.Event())


@pytest.mark.parametrize(
    ("host", "message"),
    [("203.0.113.7", "no address of this machine"), ("no.such.host.invalid", "no address of this machine")],
)
def test_a_foreign_address_is_said(host: str, message: str) -> None:
    """A host that is not ours is named, with one that is."""
    with pytest.raises(Unusable, match=message):
        bind(host, 0)


async def test_it_stops_when_told_and_frees_the_port() -> None:
    """Setting the event ends the server; the port can be had again at once, signals stay the caller's."""
    stop = asyncio.Event()
    with bind("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    task = asyncio.create_task(run_dashboard(Starlette(), "127.0.0.1", port, stop))
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            break
        except ConnectionRefusedError:
            await asyncio.sleep(0.01)
    writer.close()
    stop.set()
    await asyncio.wait_for(task, 60)
    bind("127.0.0.1", port).close()


@pytest.mark.parametrize(("host", "shown"), [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::1", "[::1]")])  # noqa: S104
def test_the_address_can_be_opened(host: str, shown: str) -> None:
    """What is printed at the start works in a browser, whatever is listened on."""
    with bind(host, 0) as listener:
        assert address_of(listener) == f"http://{shown}:{listener.getsockname()[1]}/"
