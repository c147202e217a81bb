"""How many event streams may be open: of all, and of one user."""

from contextlib import ExitStack
from http.client import HTTPConnection, HTTPResponse

import pytest

from dashboard.api.events import STREAM_LIMIT, USER_LIMIT, Streams
from pipeline.model import Role, Scope
from pipeline.store import tokens, users
from pipeline.store.database import Database
from tests.dashboard.conftest import NOW
from tests.dashboard.serving import Site


def test_one_user_leaves_streams_for_the_others() -> None:
    """S35: a user has a few, all together many, and what is closed is free again."""
    streams = Streams()
    with ExitStack() as held:
        for _ in range(USER_LIMIT):
            held.enter_context(streams.taken(7))
        assert f"{USER_LIMIT} streams open" in streams.refusal(7)
        assert not streams.refusal(8)
    assert not streams.refusal(7)


def test_all_together_have_a_limit() -> None:
    """S35: beyond the sum nobody gets one, whoever it is."""
    streams = Streams()
    with ExitStack() as held:
        for number in range(STREAM_LIMIT):
            held.enter_context(streams.taken(number))
        assert streams.refusal(STREAM_LIMIT + 1) == "Too many streams are open"
        assert streams.refusal(None) == "Too many streams are open"
    assert not streams.refusal(None)


@pytest.fixture
def bearers(sqlite_database: Database) -> list[str]:
    """Give the tokens of two readers."""
    with sqlite_database.write() as tx:
        return [
            f"Bearer {tokens.make(tx, name, Scope.READ, NOW, users.add(tx, name, Role.READER, '', NOW).id)[1]}"
            for name in ("rita", "rolf")
        ]


def _opened(site: Site, bearer: str) -> tuple[HTTPConnection, HTTPResponse]:
    connection = HTTPConnection("127.0.0.1", site.port, timeout=90)
    connection.request("GET", "/api/v1/events", headers={"Authorization": bearer})
    response = connection.getresponse()
    if response.status == 200:
        response.readline()  # ": connected": from here on it counts
    return connection, response


def test_a_reader_cannot_shut_out_another(site: Site, bearers: list[str]) -> None:
    """S35: through the door: the ninth stream of one reader is refused with a word, the other's first is not."""
    opened = [_opened(site, bearers[0]) for _ in range(USER_LIMIT)]
    try:
        assert [response.status for _, response in opened] == [200] * USER_LIMIT
        for bearer, status in ((bearers[0], 503), (bearers[1], 200)):
            connection, response = _opened(site, bearer)
            assert response.status == status
            connection.close()
    finally:
        for connection, _ in opened:
            connection.close()
