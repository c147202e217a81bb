"""rq-dashboard behind our door.

In: the queue's URL. Out: an ASGI application to mount. Hides rq-dashboard, Flask and a2wsgi.
Traps of 0.9.0, each closed here: it takes GET for `/requeue/…`; its pages need inline scripts and `eval`
(underscore's templates); it writes queue names, job ids and results into HTML unescaped; it prints the Redis
URL; it opens a connection pool per request. The names it imported are replaced by ours in `_bind`.
"""

import re
import secrets
from typing import Any

import rq_dashboard.web
from a2wsgi import WSGIMiddleware
from flask import Flask, Request, Response, current_app, g, request
from flask.json.provider import DefaultJSONProvider
from redis.exceptions import RedisError
from rq.exceptions import NoSuchJobError
from rq.serializers import JSONSerializer
from starlette.types import ASGIApp
from werkzeug.exceptions import HTTPException, NotFound

from dashboard.faults import OTHER, TITLES
from dashboard.headers import STRICT_POLICY
from dashboard.queue_reading import ReadingJob, ReadingQueue, ReadingWorker, requeue
from dashboard.rendering import ENVIRONMENT
from workers.server import connect

#: What may stand in an address here: names of queues and registries, ids, numbers.
PLAIN_PATH = re.compile(r"[\w./:@ -]*", re.ASCII)
LOOKALIKES = str.maketrans({"<": "‹", ">": "›", '"': "”"})
BRAND = '<a class="navbar-brand">RQ-dashboard</a>'
WAY_BACK = '<a class="navbar-brand" href="/">← Storywatch</a>'
INLINE_SCRIPT = '<script type="text/javascript">'
CONNECTION = "STORYWATCH_CONNECTION"
THREADS = 4


def queue_pages(queue_url: str) -> ASGIApp:
    """Make the queue pages for the Redis or Valkey at `queue_url`; nothing is connected before the first page."""
    # "rq_dashboard" makes its own static folder the one at /static, as its templates expect.
    flask = Flask("rq_dashboard")
    flask.json = _PlainJson(flask)
    flask.config.update(
        RQ_DASHBOARD_REDIS_URL=("queue",),
        RQ_DASHBOARD_POLL_INTERVAL=2500,
        DEPRECATED_OPTIONS=[],
        PROPAGATE_EXCEPTIONS=False,
    )
    flask.config[CONNECTION] = connect(queue_url)
    _bind()
    flask.redis_conn = flask.config[CONNECTION]  # type: ignore[attr-defined]  # where rq-dashboard looks for it
    flask.register_blueprint(rq_dashboard.web.blueprint, url_prefix="")
    _take_unsafe_by_post_only(flask)
    flask.before_request(_refuse_odd_paths)
    flask.after_request(_with_policy)
    flask.register_error_handler(Exception, _fault)
    return WSGIMiddleware(flask, workers=THREADS)  # type: ignore[arg-type,return-value]  # a2wsgi types its own


def page_policy(nonce: str) -> str:
    """Loosen the content policy just as far as rq-dashboard's pages need it.

    Its one inline script runs by nonce, so an injected one or an `onerror` does not; `eval` is for underscore's
    templates, `style` attributes for Bootstrap.
    """
    return STRICT_POLICY.replace("script-src 'self'", f"script-src 'self' 'nonce-{nonce}' 'unsafe-eval'").replace(
        "style-src 'self'", "style-src 'self' 'unsafe-inline'"
    )


def disarm(value: Any) -> Any:
    """Replace the signs that could begin markup by their typographic doubles, in every text of a JSON value."""
    if isinstance(value, str):
        return value.translate(LOOKALIKES)
    if isinstance(value, dict):
        return {disarm(key): disarm(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [disarm(inner) for inner in value]
    return value


class _PlainJson(DefaultJSONProvider):
    """JSON in which no text can become markup, since rq-dashboard's scripts insert it raw."""

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        return super().dumps(disarm(obj), **kwargs)


def _bind() -> None:
    """Give rq-dashboard our reading classes and the one connection of the application that asks."""
    web = rq_dashboard.web
    web.config.serializer = JSONSerializer
    web.Queue = ReadingQueue
    web.Worker = ReadingWorker
    web.Job = ReadingJob
    web.requeue_job = requeue
    web.from_url = lambda *_, **__: (None, current_app.config[CONNECTION])


def _take_unsafe_by_post_only(flask: Flask) -> None:
    for rule in flask.url_map.iter_rules():
        if rule.methods and "POST" in rule.methods:
            rule.methods -= {"GET", "HEAD"}


def _refuse_odd_paths() -> None:
    """Let no address through whose parts could break out of the script they are written into."""
    if not PLAIN_PATH.fullmatch(request.path):
        raise NotFound


def _with_policy(response: Response) -> Response:
    if response.mimetype == "text/html" and not g.get("is_fault"):
        nonce = secrets.token_urlsafe(16)
        page = response.get_data(as_text=True)
        page = page.replace(INLINE_SCRIPT, f'<script type="text/javascript" nonce="{nonce}">')
        response.set_data(page.replace(BRAND, WAY_BACK))
        response.headers["Content-Security-Policy"] = page_policy(nonce)
    return response


def _status_of(error: Exception) -> int:
    if isinstance(error, HTTPException):
        return error.code or 500
    if isinstance(error, NoSuchJobError | LookupError):
        return 404
    return 503 if isinstance(error, RedisError) else 500


def _fault(error: Exception) -> Response | HTTPException:
    """Answer in the layout of all pages; what nobody expected is logged with its traceback, never shown."""
    if isinstance(error, HTTPException) and error.code is not None and error.code < 400:
        return error  # a redirect to the same address with a final slash
    status = _status_of(error)
    if status == 500:
        current_app.logger.exception("queue page failed")
    title, text = TITLES.get(status, OTHER)
    if status == 503:
        text = "The queue does not answer just now. The page works again as soon as it does."
    return _fault_response(request, status, title, text)


def _fault_response(asked: Request, status: int, title: str, text: str) -> Response:
    g.is_fault = True
    if asked.accept_mimetypes.accept_html and "text/html" in asked.headers.get("Accept", ""):
        page = ENVIRONMENT.get_template("fault.html").render(title=title, text=text, code=status)
        return Response(page, status=status, mimetype="text/html")
    return Response(
        current_app.json.dumps({"error": title, "detail": text}), status=status, mimetype="application/json"
    )
