"""The dispatcher's process."""

from cli.queue_wiring import open_queue
from cli.services.beside import beside
from cli.services.service import Context, alarms_of, run_service
from workers.dispatcher import Dispatcher
from workers.lanes import delivery_lane, page_lane
from workers.queue import DELIVERIES, PAGES, WorkQueue
from workers.signals import Stops


async def dispatch(context: Context, stops: Stops) -> None:
    """Release and sweep until told to stop."""
    connection = open_queue(context.settings)
    lanes = (
        page_lane(WorkQueue(PAGES, connection), context.settings),
        delivery_lane(WorkQueue(DELIVERIES, connection), context.settings),
    )
    dispatcher = Dispatcher(
        context.database,
        *lanes,
        operator_channels=context.settings.operator.channels,
        retention=context.settings.retention,
    )
    alarms = alarms_of(context)
    async with context.beating(dispatcher.detail), beside(alarms.run(stops.stop)):
        await dispatcher.run(stops.stop)


def main() -> int:
    """Be this process; give the exit code."""
    return run_service("dispatcher", dispatch)


if __name__ == "__main__":
    raise SystemExit(main())
