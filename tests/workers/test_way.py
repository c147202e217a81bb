"""The whole way behind the feeds: entries on the queue, pages, articles, one story, one alert, one delivery."""

import asyncio
import json
from pathlib import Path

from config.settings import DeliverySettings, FetchSettings, Settings, WorkerSettings
from pipeline.alerts.channels import FileTarget
from pipeline.articles import Extractor
from pipeline.model import DeliveryState, EntryState
from pipeline.store import deliveries, feeds, stories, subscriptions
from pipeline.store.database import Database
from pipeline.transport import Policy, Transport
from tests.origin.server import Origin
from tests.store.making import document, entry, lease_of, polled
from tests.workers.support import eventually
from tests.workers.test_dispatcher import states
from tests.workers.test_page_job import HTML, PAGE, SUMMARY
from workers.clock import utc_now
from workers.concurrent import ConcurrentWorker
from workers.current_index import CurrentIndex
from workers.delivery_job import DeliveryJobs
from workers.dispatcher import Dispatcher
from workers.lanes import delivery_lane, page_lane
from workers.limits import delivery_timeout_seconds
from workers.page_job import PageJobs
from workers.queue import DELIVERIES, PAGES, WorkQueue
from workers.server import connect

SETTINGS = Settings(
    fetch=FetchSettings(host_gap_seconds=0, host_concurrency=8, allow_private=("127.0.0.0/8",)),
    worker=WorkerSettings(extractors=1),
)


async def test_two_copies_of_a_page_raise_one_alert(
    database: Database, valkey_url: str, origin: Origin, tmp_path: Path
) -> None:
    """Two outlets show one text: both entries are done, there is one story, one alert, and it is written once."""
    now = utc_now()
    urls = [origin.serve(f"/{number}", PAGE, headers=HTML) for number in (1, 2)]
    with database.write() as tx:
        subscriptions.add(tx, "bridge", "cracks AND bridge", ["log"], now)
        lease = lease_of(tx, now=now)
        shown = document(*(entry(n, url=url, title="Bridge closed", summary=SUMMARY) for n, url in enumerate(urls)))
        feeds.record_poll(tx, lease, polled(shown, attempted_at=now, next_poll_at=now), 24, now)
    connection = connect(valkey_url)
    queues = WorkQueue(PAGES, connection), WorkQueue(DELIVERIES, connection)
    extractor = Extractor(1, 20, 1024)
    stop = asyncio.Event()
    target = {"log": FileTarget(Path("alerts.jsonl"))}
    seconds = delivery_timeout_seconds(SETTINGS)
    async with Transport(Policy(5, frozenset(), SETTINGS.fetch.allow_private, "Storywatch/test")) as transport:
        pages = PageJobs(database, transport, extractor, CurrentIndex(database), SETTINGS, holder="pages")
        sending = DeliveryJobs(
            database, transport, target, DeliverySettings(), tmp_path, holder="deliveries", timeout_seconds=seconds
        )
        lanes = page_lane(queues[0], SETTINGS), delivery_lane(queues[1], SETTINGS)
        running = [
            asyncio.create_task(run)
            for run in (
                Dispatcher(database, *lanes).run(stop),
                ConcurrentWorker(queues[0], pages.functions, 8, name="pages", look_seconds=0.1).run(stop),
                ConcurrentWorker(queues[1], sending.functions, 8, name="deliveries", look_seconds=0.1).run(stop),
            )
        ]
        await eventually((tmp_path / "alerts.jsonl").exists)
        await eventually(lambda: states(database) == {EntryState.DONE: 2})
        await eventually(lambda: _delivery_states(database) == [DeliveryState.SENT])
        stop.set()
        await asyncio.gather(*running)
    await extractor.close()
    connection.close()
    with database.read() as tx:
        [story] = stories.recent(tx, 10)
    assert (story.article_count, story.text_count) == (2, 1)
    [line] = (tmp_path / "alerts.jsonl").read_text().splitlines()
    assert "cracks" in json.dumps(json.loads(line))


def _delivery_states(database: Database) -> list[DeliveryState]:
    with database.read() as tx:
        return [delivery.state for delivery in deliveries.recent(tx, 10)]
