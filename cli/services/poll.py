"""The poller's process."""

import asyncio
from contextlib import AsyncExitStack

import structlog

from cli.first_start import take_over
from cli.services.beside import beside
from cli.services.service import Context, run_service
from cli.wiring import poll_policy, transport_policy
from pipeline.feeds.parsers import check_parsers
from pipeline.transport import Transport
from workers.limits import pace_of
from workers.poller import POLL_SECONDS, Poller
from workers.signals import Stops
from workers.subscriber import Subscriber

log = structlog.get_logger(__name__)

POLL_LIMITS = 3  #: a poll holds two requests with all their redirects, and the reading


async def poll(context: Context, stops: Stops) -> None:
    """Poll until told to stop; at the first start of an installation take over its files before."""
    check_parsers()
    await asyncio.to_thread(_take_over, context)
    settings = context.settings
    async with Transport(transport_policy(settings)) as transport:
        poller = Poller(
            context.database,
            transport,
            poll_policy(settings),
            pace_of(settings),
            concurrency=settings.feeds.concurrency,
            import_hours=settings.feeds.import_hours,
            poll_seconds=max(POLL_SECONDS, POLL_LIMITS * settings.fetch.total_seconds),
        )
        callback_url = settings.websub.callback_url
        async with context.beating(poller.detail), AsyncExitStack() as stack:
            if callback_url:
                subscriber = Subscriber(context.database, transport, callback_url)
                await stack.enter_async_context(beside(subscriber.run(stops.stop)))
            await poller.run(stops.stop)


def _take_over(context: Context) -> None:
    first = take_over(context.database, context.folder, context.settings)
    if first is None:
        return
    log.info("first_start", feeds=first.feed_count, subscriptions=first.subscription_count)
    for skipped in first.skipped:
        log.warning("feed_skipped", what=skipped)


def main() -> int:
    """Be this process; give the exit code."""
    return run_service("poller", poll)


if __name__ == "__main__":
    raise SystemExit(main())
