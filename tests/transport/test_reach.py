"""Whether a server can be reached at all."""

import socket
from contextlib import suppress

import pytest

from pipeline.transport import Transport
from tests.transport.support import names, policy


@pytest.mark.parametrize(
    ("host", "found", "allowed", "reached"),
    [
        ("up.example", [["127.0.0.1"]], ("127.0.0.0/8",), True),
        ("second.example", [["::1", "127.0.0.1"]], ("127.0.0.0/8", "::1/128"), True),
        ("refused.example", [["127.0.0.1"]], (), False),
        ("nowhere.example", [[]], ("127.0.0.0/8",), False),
    ],
)
async def test_a_connection_is_all_it_takes(
    host: str, found: list[list[str]], allowed: tuple[str, ...], reached: bool
) -> None:
    """S1: nothing is sent, and no address is tried that the guard refuses."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        port = server.getsockname()[1]
        async with Transport(policy(allow_private=allowed), lookup=names({host: found})) as transport:
            assert await transport.reaches(f"http://{host}:{port}/feed") is reached
            assert not await transport.reaches("not an address")
        assert heard_by(server) == [b""] * reached


@pytest.mark.parametrize(
    ("host", "found", "near"),
    [
        ("lan.example", ["10.0.0.7"], True),
        ("here.example", ["127.0.0.1", "::1"], True),
        ("both.example", ["10.0.0.7", "93.184.215.14"], False),
        ("far.example", ["93.184.215.14"], False),
        ("nowhere.example", [], False),
    ],
)
async def test_what_is_near_is_told_by_where_the_name_leads(host: str, found: list[str], near: bool) -> None:
    """A host that answers on our own network says nothing of the line to all others."""
    async with Transport(policy(), lookup=names({host: [found]})) as transport:
        assert await transport.is_near(f"http://{host}/feed") is near
        assert not await transport.is_near("not an address")


def heard_by(server: socket.socket) -> list[bytes]:
    """Give what came over each connection that was made."""
    heard = []
    with suppress(BlockingIOError):
        while True:
            connection, _ = server.accept()
            with connection:
                heard.append(connection.recv(100))
    return heard
