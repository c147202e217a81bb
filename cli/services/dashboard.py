"""The dashboard's process."""

from cli.queue_wiring import open_queue, queue_url
from cli.services.service import Context, run_service
from dashboard.app import create_app
from dashboard.queue_view import RedisQueueView
from dashboard.serving import bind, check_listening, serve_on
from workers.signals import Stops


async def serve(context: Context, stops: Stops) -> None:
    """Serve pages until told to stop; raises Unusable if it may not or cannot listen."""
    web = context.settings.web
    check_listening(web)
    listener = bind(web.host, web.port)
    view = RedisQueueView(open_queue(context.settings))
    app = create_app(context.database, web, view, queue_url=queue_url(context.settings))
    async with context.beating(dict):
        await serve_on(app, listener, stops.stop)


if __name__ == "__main__":
    raise SystemExit(run_service("dashboard", serve))
