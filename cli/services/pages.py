"""The page worker's process: fetches, extracts, groups, alerts."""

from cli.queue_wiring import open_queue
from cli.services.service import Context, run_service
from cli.wiring import transport_policy
from pipeline.articles import Extractor
from pipeline.transport import Transport
from workers.concurrent import ConcurrentWorker
from workers.current_index import CurrentIndex
from workers.limits import page_timeout_seconds
from workers.page_job import PageJobs
from workers.queue import PAGES, WorkQueue
from workers.signals import Stops


async def work(context: Context, stops: Stops) -> None:
    """Work on pages until told to stop; those under way may finish, unless a second signal asks for haste."""
    settings = context.settings
    limits = settings.worker
    async with Transport(transport_policy(settings, is_bot=True)) as transport:
        extractor = Extractor(limits.extractors, limits.extract_seconds, limits.extract_megabytes)
        jobs = PageJobs(
            context.database, transport, extractor, CurrentIndex(context.database), settings, holder=context.name
        )
        worker = ConcurrentWorker(
            WorkQueue(PAGES, open_queue(settings)),
            jobs.functions,
            limits.concurrency,
            name=context.name,
            grace_seconds=page_timeout_seconds(settings),
        )
        try:
            async with context.beating(worker.detail, stops.hurry):
                await worker.run(stops.stop, stops.hurry)
        finally:
            await extractor.close()


def main() -> int:
    """Be this process; give the exit code."""
    return run_service("worker", work)


if __name__ == "__main__":
    raise SystemExit(main())
