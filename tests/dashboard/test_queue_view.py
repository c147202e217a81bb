"""The queue's depths, from a real Valkey and from one that is gone."""

import asyncio
from collections.abc import Callable

from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

from dashboard.queue_view import ANSWER_SECONDS, RedisQueueView, depths
from tests.valkey_fixtures import RunningValkey
from workers.server import connect


async def test_depths_are_counted_for_each_queue(valkey: Redis) -> None:
    """Jobs that wait on each of the two queues."""
    for number in range(3):
        Queue("pages", connection=valkey, serializer=JSONSerializer).enqueue("fetch", number)
    assert await depths(RedisQueueView(valkey)) == {"pages": 3, "deliveries": 0}


async def test_a_queue_that_is_gone_or_hangs_has_no_depth(new_valkey: Callable[[], RunningValkey]) -> None:
    """Neither a killed server nor a stopped one keeps a page waiting."""
    server = new_valkey()
    view = RedisQueueView(connect(server.url))
    assert await depths(view) == {"pages": 0, "deliveries": 0}
    server.pause()
    async with asyncio.timeout(30 * ANSWER_SECONDS):
        assert await depths(view) == {"pages": None, "deliveries": None}
    server.kill()
    assert await depths(view) == {"pages": None, "deliveries": None}


async def test_without_a_queue_nothing_is_known() -> None:
    """A dashboard that was given no queue says so, not 0."""
    assert await depths(None) == {"pages": None, "deliveries": None}
