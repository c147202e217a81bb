"""The connection to the Redis or Valkey server, and whether that server is fit for our work.

In: the address from the settings. Out: a `Redis` client whose every wait is bounded; `Unusable` with what to do.
Hides redis-py. Trap: redis-py raises errors of the server, the network and the login from one tree, and all of
them are `QueueUnavailable` here: a wrong password may be set right while we run, so nobody gives up on it.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from pipeline.errors import QueueUnavailable, Unusable
from workers.patience import Patience, pause

log = structlog.get_logger(__name__)

SOCKET_SECONDS = 5.0  #: longest silence of the server; blocking reads ask it to answer sooner
LEAST_VERSION = (6, 2)  #: the first with BLMOVE, without which a job dies with the worker that took it


def connect(url: str, *, socket_seconds: float = SOCKET_SECONDS) -> "Redis":
    """Make a client for `redis://`, `rediss://` or `unix://`; nothing is sent before its first command.

    Every command ends within twice `socket_seconds`: one repetition is allowed, for a connection that
    the server had closed while it lay idle.
    """
    return Redis.from_url(
        url,
        socket_timeout=socket_seconds,
        socket_connect_timeout=socket_seconds,
        retry=Retry(NoBackoff(), 1),
        health_check_interval=30,
    )


@contextmanager
def queue_errors() -> Iterator[None]:
    """Turn whatever redis-py raises inside into `QueueUnavailable`."""
    try:
        yield
    except (RedisError, OSError) as error:
        raise QueueUnavailable(f"the queue does not answer: {type(error).__name__}: {error}") from error


def check_server(connection: "Redis") -> None:
    """Refuse a server that may throw our jobs away or lacks a command we need (checklist R17).

    Raises `Unusable` with what to do, `QueueUnavailable` if the server does not answer.
    """
    with queue_errors():
        facts: dict[str, Any] = dict(connection.info())
    policy = str(facts.get("maxmemory_policy", "noeviction"))
    if policy != "noeviction":
        raise Unusable(
            f"The queue's server throws keys away when memory is short (maxmemory-policy {policy}). "
            "Set `maxmemory-policy noeviction` in its configuration and start again."
        )
    version = str(facts.get("redis_version", "0"))
    if _version(version) < LEAST_VERSION:
        raise Unusable(f"The queue's server is version {version}; Redis 6.2 or Valkey 7.2 is the oldest that works.")


def wait_until_ready(url: str, *, seconds: float = 10) -> None:
    """Wait until the server answers; raises `QueueUnavailable` with its last word after `seconds`."""
    deadline = time.monotonic() + seconds
    connection = connect(url)
    try:
        while True:
            try:
                with queue_errors():
                    connection.ping()
            except QueueUnavailable:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
            else:
                return
    finally:
        connection.close()


async def wait_until_fit(connection: "Redis", stop: asyncio.Event) -> bool:
    """Wait until the server answers and see that it is fit; False if stopped before. Raises `Unusable`."""
    patience = Patience("queue_unavailable")
    while not stop.is_set():
        try:
            await asyncio.to_thread(check_server, connection)
        except QueueUnavailable as error:
            await pause(stop, patience.failed(error))
        else:
            patience.succeeded()
            return True
    return False


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")[:2] if part.isdigit())
