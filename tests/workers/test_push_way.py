"""From a hub's push to the alert, everything between being real."""

import asyncio
from pathlib import Path

from config.settings import DeliverySettings, WebSettings
from dashboard.app import create_app
from dashboard.hub_routes import Callbacks
from pipeline.alerts.channels import FileTarget
from pipeline.articles import Extractor
from pipeline.store import subscriptions
from pipeline.store.database import Database
from pipeline.transport import Policy, Transport
from tests.dashboard.serving import serving
from tests.feeds.documents import rss
from tests.origin import Origin
from tests.origin.hub import Hub
from tests.workers.polling import add, feed_answer
from tests.workers.support import eventually
from tests.workers.test_page_job import HTML, PAGE
from tests.workers.test_way import SETTINGS
from tests.workers.test_websub import LINKS, watching
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


async def test_a_push_becomes_an_alert(
    sqlite_database: Database, valkey_url: str, origin: Origin, tmp_path: Path
) -> None:
    """F35 to F37: published at the hub, the alert is written although the feed is not due for an hour."""
    hub = Hub(origin)
    page = origin.serve("/bridge", PAGE, headers=HTML)
    item = f"<item><guid>b</guid><link>{page}</link><title>Bridge closed</title></item>"
    origin.respond("/feed", lambda _: feed_answer(rss(LINKS.format("hub", hub.url))))
    with sqlite_database.write() as tx:
        subscriptions.add(tx, "bridge", "cracks AND bridge", ["log"], utc_now())
    add(sqlite_database, origin.url("/feed"))
    connection = connect(valkey_url)
    queues = WorkQueue(PAGES, connection), WorkQueue(DELIVERIES, connection)
    extractor, stop = Extractor(1, 20, 1024), asyncio.Event()
    app = create_app(sqlite_database, WebSettings(password="x" * 12), callbacks=Callbacks(sqlite_database, utc_now))
    policy = Policy(5, frozenset(), SETTINGS.fetch.allow_private, "Storywatch/test")
    with serving(app) as site:
        async with Transport(policy) as transport, watching(sqlite_database, site):
            pages = PageJobs(
                sqlite_database, transport, extractor, CurrentIndex(sqlite_database), SETTINGS, holder="pages"
            )
            sending = DeliveryJobs(
                sqlite_database,
                transport,
                {"log": FileTarget(Path("alerts.jsonl"))},
                DeliverySettings(),
                tmp_path,
                holder="deliveries",
                timeout_seconds=delivery_timeout_seconds(SETTINGS),
            )
            lanes = page_lane(queues[0], SETTINGS), delivery_lane(queues[1], SETTINGS)
            running = [
                asyncio.create_task(run)
                for run in (
                    Dispatcher(sqlite_database, *lanes).run(stop),
                    ConcurrentWorker(queues[0], pages.functions, 8, name="pages", look_seconds=0.1).run(stop),
                    ConcurrentWorker(queues[1], sending.functions, 8, name="deliveries", look_seconds=0.1).run(stop),
                )
            ]
            await eventually(hub.confirmed.is_set)
            await asyncio.to_thread(hub.publish, rss(item).encode())
            await eventually((tmp_path / "alerts.jsonl").exists)
            stop.set()
            await asyncio.gather(*running)
    await extractor.close()
    connection.close()
    assert len(origin.requests_for("/feed")) == 1
