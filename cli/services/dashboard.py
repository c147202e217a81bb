"""The dashboard's process."""

from urllib.parse import urlsplit

from cli.queue_wiring import open_queue, queue_url
from cli.services.service import Context, run_service
from cli.wiring import feed_rules
from config.settings import HubChannel, WebSettings
from dashboard.app import create_app
from dashboard.hub_routes import Callbacks
from dashboard.queue_view import RedisQueueView
from dashboard.rules import host_name
from dashboard.serving import bind, check_listening, serve_on
from pipeline.store import users
from workers.clock import utc_now
from workers.signals import Stops


async def serve(context: Context, stops: Stops) -> None:
    """Serve pages until told to stop; raises Unusable if it may not or cannot listen."""
    web, callbacks = _for_hubs(context)
    check_listening(web, has_users=await context.database.look(users.any_exists))
    listener = bind(web.host, web.port)
    view = RedisQueueView(open_queue(context.settings))
    channels = context.settings.channels
    hubs = {name: channel.url for name, channel in channels.items() if isinstance(channel, HubChannel)}
    urls = queue_url(context.settings), web.public_url.rstrip("/")
    app = create_app(
        context.database,
        web,
        view,
        queue_url=urls[0],
        site_url=urls[1],
        hubs=hubs,
        callbacks=callbacks,
        feed_rules=feed_rules(context.settings),
    )
    async with context.beating(dict):
        await serve_on(app, listener, stops.stop)


def _for_hubs(context: Context) -> tuple[WebSettings, Callbacks | None]:
    """Let hubs in under the name of the callback address, if there is one."""
    settings = context.settings
    name = host_name(urlsplit(settings.websub.callback_url).netloc)
    if not name:
        return settings.web, None
    feeds = settings.feeds
    callbacks = Callbacks(context.database, utc_now, feeds.import_hours, feeds.entry_limit)
    return settings.web.model_copy(update={"hosts": (*settings.web.hosts, name)}), callbacks


if __name__ == "__main__":
    raise SystemExit(run_service("dashboard", serve))
