"""The dashboard, put together.

In: the database, the settings, a view of the queue and its URL. Out: one ASGI application. Hides FastAPI.
Trap: the order of the layers, from outside in: headers, Starlette's error layer, the door, the routes. A new
route needs nothing of its own to be guarded, and a new layer outside the door is a hole.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from config.settings import WebSettings
from dashboard import faults
from dashboard.account_page import account_routes
from dashboard.accounts import Accounts
from dashboard.allowance import Allowance, Rationed
from dashboard.api.app import create_api
from dashboard.api.feed_looks import FeedDoors
from dashboard.article_pages import article_page_routes
from dashboard.bearer import bearers
from dashboard.door import Clock, Door, Keys
from dashboard.feed_finding import Looking, feed_check_routes, feed_finding_routes
from dashboard.feed_opml import feed_opml_routes
from dashboard.feed_pages import feed_page_routes
from dashboard.feed_reports import Hygiene, feed_report_routes
from dashboard.frame import Framing
from dashboard.freshest import Freshest
from dashboard.headers import SecurityHeaders
from dashboard.health import health_routes
from dashboard.hub_routes import Callbacks, hub_routes
from dashboard.login import login_routes
from dashboard.metrics import metrics_routes
from dashboard.pages import page_routes
from dashboard.previews import Previews
from dashboard.queue_page import queue_routes
from dashboard.queue_pages import queue_pages
from dashboard.queue_token import Tokened
from dashboard.queue_view import QueueView
from dashboard.search_page import search_routes
from dashboard.sources import Sources
from dashboard.story_page import story_page_routes
from dashboard.subscription_feeds import subscription_routes
from dashboard.subscriptions.alert_pages import alert_page_routes
from dashboard.subscriptions.channel_pages import channel_routes
from dashboard.subscriptions.channels import Channels
from dashboard.subscriptions.editor import editor_routes
from dashboard.subscriptions.give_page import give_routes
from dashboard.subscriptions.import_page import import_routes
from dashboard.subscriptions.pages import subscription_page_routes
from dashboard.subscriptions.why_page import why_routes
from dashboard.uploads import Capped
from dashboard.user_changes import UserChanges
from dashboard.user_pages import user_routes
from pipeline.errors import NotFound, Unavailable
from pipeline.store.database import Database
from workers.feed_rules import FeedRules

#: Nothing goes on without one of each.
REQUIRED_KINDS = ("poller", "dispatcher", "worker", "deliverer")
#: Of all visitors together, a minute.
CHECKS_FOR_ALL, REQUESTS_FOR_ALL = 60, 6000
STATIC = Path(__file__).parent / "static"


def utc_now() -> datetime:
    """Read the clock."""
    return datetime.now(UTC)


class Dashboard(FastAPI):
    """FastAPI with the headers outermost, so that even its own 500 carries them."""

    def build_middleware_stack(self) -> ASGIApp:
        """Stack the layers."""
        return SecurityHeaders(super().build_middleware_stack())


def create_app(
    database: Database,
    settings: WebSettings,
    queue_view: QueueView | None = None,
    *,
    queue_url: str = "",
    site_url: str = "",
    hubs: Mapping[str, str] | None = None,
    required_kinds: tuple[str, ...] = REQUIRED_KINDS,
    clock: Clock = utc_now,
    callbacks: Callbacks | None = None,
    feed_rules: FeedRules | None = None,
    channels: Channels | None = None,
) -> FastAPI:
    """Make the application; `queue_url` empty leaves the queue pages out. Opens and starts nothing.

    Without `callbacks` there is nothing for hubs.

    `site_url` is where receivers of messages reach it, empty for where they asked; `hubs` are the addresses of WebSub
    hubs by channel. `required_kinds` are the kinds of process of which `/readyz` and the overview miss one that does
    not beat.
    """
    keys = Keys(settings, clock, Accounts(database, settings.password))
    feed_rules, channels = feed_rules or FeedRules(), channels or Channels()
    framing = Framing(keys)
    sources = Sources(database, queue_view, clock, has_queue_pages=bool(queue_url), required_kinds=required_kinds)
    freshest = Freshest(sources)
    app = Dashboard(title="Storywatch", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.add_middleware(Door, keys=keys, check=bearers(database))
    _answer_faults(app)
    app.include_router(login_routes(keys))
    app.include_router(health_routes(sources))
    app.include_router(metrics_routes(sources))
    app.include_router(subscription_routes(sources, site_url, hubs or {}))
    app.include_router(page_routes(sources, framing, freshest))
    app.include_router(story_page_routes(sources, framing))
    app.include_router(article_page_routes(sources, framing))
    app.include_router(search_routes(sources, framing))
    app.include_router(queue_routes(sources, framing))
    changes = UserChanges(sources, keys.accounts)
    app.include_router(user_routes(sources, framing, changes))
    app.include_router(account_routes(sources, framing, keys))
    looking = Looking(sources, feed_rules, Allowance(settings.checks_per_minute, CHECKS_FOR_ALL), Previews())
    hygiene = Hygiene(sources)
    app.include_router(feed_finding_routes(looking, framing))
    app.include_router(feed_check_routes(looking, framing))
    app.include_router(feed_opml_routes(sources, framing, feed_rules))
    app.include_router(feed_report_routes(sources, framing, hygiene, feed_rules))
    app.include_router(feed_page_routes(sources, framing, feed_rules))
    app.include_router(editor_routes(sources, framing, channels, settings.subscriptions_per_user))
    app.include_router(alert_page_routes(sources, framing))
    app.include_router(why_routes(sources, framing))
    app.include_router(channel_routes(sources, framing, channels))
    app.include_router(give_routes(sources, framing, settings.subscriptions_per_user))
    app.include_router(import_routes(sources, framing, channels, settings.subscriptions_per_user))
    app.include_router(subscription_page_routes(sources, framing, channels, settings.subscriptions_per_user, site_url))
    if callbacks is not None:
        app.include_router(hub_routes(callbacks))
    doors, most = FeedDoors(looking, hygiene), settings.subscriptions_per_user
    api = create_api(sources, freshest, doors, channels, changes, most, site_url)
    app.mount("/api/v1", Rationed(Capped(api), Allowance(settings.requests_per_minute, REQUESTS_FOR_ALL), clock))
    app.mount("/static", StaticFiles(directory=STATIC))
    if queue_url:
        app.mount("/rq", Tokened(queue_pages(queue_url), keys.tokens, https=settings.https))
    return app


def _answer_faults(app: FastAPI) -> None:
    app.add_exception_handler(HTTPException, faults.on_http_exception)
    app.add_exception_handler(NotFound, faults.on_missing)
    app.add_exception_handler(RequestValidationError, faults.on_missing)
    app.add_exception_handler(Unavailable, faults.on_unavailable)
    app.add_exception_handler(Exception, faults.on_unexpected)
