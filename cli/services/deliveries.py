"""The delivery worker's process: hands alerts to their channels."""

from cli.queue_wiring import open_queue
from cli.services.beside import beside
from cli.services.service import Context, alarms_of, run_service
from cli.wiring import data_dir, site_url, transport_policy
from pipeline.alerts.channels.chat import SCHEMES
from pipeline.transport import Transport
from pipeline.transport.chat import Chat
from workers.channels import channel_targets
from workers.concurrent import ConcurrentWorker
from workers.delivery_job import DeliveryJobs
from workers.limits import delivery_timeout_seconds
from workers.operator_notices import OperatorNotices
from workers.queue import DELIVERIES, WorkQueue
from workers.signals import Stops


async def work(context: Context, stops: Stops) -> None:
    """Deliver until told to stop; raises BadSettings for channels that cannot work."""
    settings = context.settings
    folder = data_dir(settings)
    targets = channel_targets(settings.channels, folder)
    timeout_seconds = delivery_timeout_seconds(settings)
    chat = Chat(transport_policy(settings), SCHEMES)
    async with Transport(transport_policy(settings)) as transport:
        jobs = DeliveryJobs(
            context.database,
            transport,
            targets,
            settings.delivery,
            folder,
            holder=context.name,
            timeout_seconds=timeout_seconds,
            site_url=site_url(settings),
            chat=chat,
        )
        worker = ConcurrentWorker(
            WorkQueue(DELIVERIES, open_queue(settings)),
            jobs.functions,
            settings.delivery.concurrency,
            name=context.name,
            grace_seconds=timeout_seconds,
        )
        notices = OperatorNotices(context.database, transport, targets, folder, chat=chat)
        alarms = alarms_of(context)
        looking = beside(alarms.run(stops.stop))
        async with context.beating(worker.detail, stops.hurry), beside(notices.run(stops.stop)), looking:
            await worker.run(stops.stop, stops.hurry)


def main() -> int:
    """Be this process; give the exit code."""
    return run_service("deliverer", work)


if __name__ == "__main__":
    raise SystemExit(main())
