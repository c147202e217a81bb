"""The dashboard's process."""

from urllib.parse import urlsplit

from cli.queue_wiring import open_queue, queue_url
from cli.services.service import Context, run_service
from cli.wiring import data_dir, feed_rules, site_url, transport_policy
from config.settings import HubChannel, WebSettings
from dashboard.app import create_app
from dashboard.hub_routes import Callbacks
from dashboard.queue_view import RedisQueueView
from dashboard.rules import host_name
from dashboard.serving import bind, check_listening, serve_on
from dashboard.subscriptions.channels import Channels
from pipeline.alerts.channels.chat import SCHEMES
from pipeline.store import users
from pipeline.transport import Transport
from pipeline.transport.chat import Chat
from workers.channel_tests import ChannelTests
from workers.clock import utc_now
from workers.signals import Stops


async def serve(context: Context, stops: Stops) -> None:
    """Serve pages until told to stop; raises Unusable if it may not or cannot listen."""
    web, callbacks = _for_hubs(context)
    check_listening(web, has_users=await context.database.look(users.any_exists))
    listener = bind(web.host, web.port)
    view = RedisQueueView(open_queue(context.settings))
    settings = context.settings
    hubs = {name: channel.url for name, channel in settings.channels.items() if isinstance(channel, HubChannel)}
    urls = queue_url(settings), web.public_url.rstrip("/")
    policy = transport_policy(settings)
    async with Transport(policy) as transport, context.beating(dict):
        tests = ChannelTests(
            settings.channels, transport, data_dir(settings), site_url=site_url(settings), chat=Chat(policy, SCHEMES)
        )
        app = create_app(
            context.database,
            web,
            view,
            queue_url=urls[0],
            site_url=urls[1],
            hubs=hubs,
            callbacks=callbacks,
            feed_rules=feed_rules(settings),
            channels=Channels({name: one.type for name, one in settings.channels.items()}, tests.send),
        )
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


def main() -> int:
    """Be this process; give the exit code."""
    return run_service("dashboard", serve)


if __name__ == "__main__":
    raise SystemExit(main())
