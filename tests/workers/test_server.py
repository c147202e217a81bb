"""Whether a queue server is fit for our work."""

import pytest
from redis import Redis

from pipeline.errors import QueueUnavailable, Unusable
from workers.queue_address import check_address
from workers.server import check_server, connect


@pytest.mark.parametrize(
    "url",
    [
        "unix:///run/x.sock",
        "redis://localhost:6379/0",
        "redis://127.0.0.5",
        "redis://[::1]:6379",
        "rediss://:secret@queue.example",
    ],
)
def test_safe_addresses_are_taken(url: str) -> None:
    """S9: this machine's own, or a password and TLS."""
    check_address(url, allow_insecure=False)


@pytest.mark.parametrize(
    ("url", "lacks"),
    [
        ("redis://queue.example", "no password and no TLS"),
        ("redis://:secret@queue.example", "no TLS"),
        ("rediss://queue.example", "no password"),
        ("redis://10.0.0.7:6379", "no password and no TLS"),
    ],
)
def test_open_addresses_are_refused_with_what_they_lack(url: str, lacks: str) -> None:
    """S9: a server others can reach needs both; the override is named."""
    with pytest.raises(Unusable, match=lacks) as caught:
        check_address(url, allow_insecure=False)
    assert "queue.allow_insecure" in str(caught.value)
    assert "secret" not in str(caught.value)
    check_address(url, allow_insecure=True)


def test_another_scheme_is_refused() -> None:
    """A wrong address is named before anything is sent."""
    with pytest.raises(Unusable, match="http"):
        check_address("http://queue.example", allow_insecure=True)


def test_an_evicting_server_is_refused(valkey: Redis) -> None:
    """R17: a server that may drop keys is refused, with what to set."""
    valkey.config_set("maxmemory-policy", "allkeys-lru")
    try:
        with pytest.raises(Unusable, match="noeviction"):
            check_server(valkey)
    finally:
        valkey.config_set("maxmemory-policy", "noeviction")
    check_server(valkey)


def test_an_absent_server_is_unavailable() -> None:
    """R14: nothing there is an outage, not a mistake of the settings."""
    with pytest.raises(QueueUnavailable):
        check_server(connect("redis://127.0.0.1:1"))
