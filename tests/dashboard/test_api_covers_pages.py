"""Whatever the pages show and do, the API does too; the pages are found by their routes, so that none is forgotten.

A route that is added fails here until its operation stands in the table below, or the reason why it has none.
"""

import re
from collections.abc import Callable, Iterator
from enum import StrEnum
from itertools import product
from typing import Any, get_type_hints

from fastapi import FastAPI
from starlette.routing import Route

from tests.dashboard.serving import serving
from tests.dashboard.walking import routes_of

#: What no program is offered, and why; docs/api.md says the same.
FOR_PEOPLE_ALONE = {
    "GET /login": "a program has a token",
    "POST /login": "a program has a token",
    "POST /logout": "a token is taken back instead",
    "GET /account": "a token changes no password: whoever finds one must not keep its owner out",
    "POST /account/password": "the same",
    "POST /account/sessions": "sessions are those of browsers",
    "GET /subscriptions/new": "an empty form",
    "GET /feeds/import": "an empty form",
    "GET /subscriptions/import": "an empty form",
    "GET /unsubscribe/{subscription_id}/{channel}/{mac}": "opened from a mail, by the secret in its address",
    "POST /unsubscribe/{subscription_id}/{channel}/{mac}": "the same",
}
#: What machines read already, beside the API.
FOR_MACHINES = {"GET /livez", "GET /readyz", "GET /metrics", "GET /alert-feeds/{key}.{kind}"}
COVERED = {
    "GET /": "GET /overview",
    "GET /live": "GET /overview",
    "GET /stories": "GET /stories",
    "GET /stories/{story_id}": "GET /stories/{story_id}",
    "POST /stories/acts/{act_id}/undo": "POST /stories/acts/{act_id}/undo",
    "POST /stories/{story_id}/split": "POST /stories/{story_id}/split",
    "POST /stories/{story_id}/merge": "POST /stories/{story_id}/merge",
    "POST /stories/{story_id}/apart": "POST /stories/{story_id}/apart",
    "GET /articles/{article_id}": "GET /articles/{article_id}",
    "GET /articles/{article_id}/revisions/{number}": "GET /articles/{article_id}/revisions/{number}/difference",
    "GET /articles/{article_id}/beside/{other_id}": "GET /articles/{article_id}/beside/{other_id}",
    "GET /search": "GET /search",
    "GET /queue": "GET /queue",
    "GET /queue/failures": "GET /queue/failures",
    "POST /queue/failures/all/retry": "POST /queue/failures/all/retry",
    "POST /queue/failures/all/drop": "POST /queue/failures/all/drop",
    "POST /queue/failures/retry": "POST /queue/failures/retry",
    "POST /queue/failures/drop": "POST /queue/failures/drop",
    "POST /queue/deliveries/replay": "POST /deliveries/{delivery_id}/replay",
    "POST /queue/pages/pause": "POST /queue/{stage}/pause",
    "POST /queue/pages/resume": "POST /queue/{stage}/resume",
    "POST /queue/deliveries/pause": "POST /queue/{stage}/pause",
    "POST /queue/deliveries/resume": "POST /queue/{stage}/resume",
    "GET /users": "GET /users",
    "POST /users/add": "POST /users",
    "POST /users/{user_id}/password": "POST /users/{user_id}/password",
    "POST /users/{user_id}/role": "POST /users/{user_id}/role",
    "POST /users/{user_id}/disable": "POST /users/{user_id}/disable",
    "POST /users/{user_id}/enable": "POST /users/{user_id}/enable",
    "POST /users/{user_id}/sign-out": "POST /users/{user_id}/sign-out",
    "POST /feeds/find": "POST /feeds/find",
    "POST /feeds/add": "POST /feeds",
    "POST /feeds/check": "POST /feeds/check",
    "POST /feeds/{feed_id}/check": "POST /feeds/{feed_id}/check",
    "GET /feeds/feeds.opml": "GET /opml",
    "POST /feeds/import": "POST /opml",
    "GET /feeds/hygiene": "GET /feeds/hygiene",
    "GET /feeds/coverage": "GET /coverage",
    "GET /feeds/events": "GET /feeds/events",
    "GET /feeds/etiquette": "GET /feeds/etiquette",
    "GET /feeds": "GET /feeds",
    "GET /feeds/{feed_id}": "GET /feeds/{feed_id}/plan",
    "POST /feeds/{feed_id}/refresh": "POST /feeds/{feed_id}/refresh",
    "POST /feeds/{feed_id}/whole": "POST /feeds/{feed_id}/refresh",
    "POST /feeds/{feed_id}/pause": "POST /feeds/{feed_id}/pause",
    "POST /feeds/{feed_id}/resume": "POST /feeds/{feed_id}/resume",
    "POST /feeds/{feed_id}/remove": "DELETE /feeds/{feed_id}",
    "POST /feeds/{feed_id}/move-back": "POST /feeds/{feed_id}/move-back",
    "GET /subscriptions/{subscription_id}/edit": "GET /subscriptions/{subscription_id}",
    "POST /subscriptions/draft": "POST /subscriptions/trial",
    "POST /subscriptions/save": "PUT /subscriptions/{subscription_id}",
    "GET /alerts": "GET /alerts",
    "GET /alerts/deliveries": "GET /deliveries",
    "POST /alerts/deliveries/replay": "POST /deliveries/replay",
    "POST /alerts/deliveries/{delivery_id}/replay": "POST /deliveries/{delivery_id}/replay",
    "GET /why": "GET /why",
    "GET /channels": "GET /channels",
    "POST /channels/test": "POST /channels/test",
    "POST /channels/resume": "POST /channels/resume",
    "POST /subscriptions/{subscription_id}/give": "POST /subscriptions/{subscription_id}/owner",
    "POST /subscriptions/import": "POST /subscriptions/import",
    "GET /subscriptions": "GET /subscriptions",
    "GET /subscriptions/export.toml": "GET /subscriptions/export",
    "GET /subscriptions/{subscription_id}": "GET /subscriptions/{subscription_id}",
    "POST /subscriptions/{subscription_id}/pause": "POST /subscriptions/{subscription_id}/pause",
    "POST /subscriptions/{subscription_id}/resume": "POST /subscriptions/{subscription_id}/resume",
    "POST /subscriptions/{subscription_id}/remove": "DELETE /subscriptions/{subscription_id}",
    "POST /subscriptions/{subscription_id}/restore": "POST /subscriptions/{subscription_id}/restore",
    "POST /subscriptions/{subscription_id}/renew-feed": "POST /subscriptions/{subscription_id}/feeds",
}


def pages_of(app: FastAPI) -> Iterator[str]:
    """Give each method and address of the pages; where one word of several stands in it, each of them."""
    for route in routes_of(app):
        if isinstance(route, Route):
            for method in sorted((route.methods or set()) - {"HEAD"}):
                yield from (f"{method} {path}" for path in _spelled(route.path, route.endpoint))


def _spelled(path: str, endpoint: Any) -> list[str]:
    path = re.sub(r"\{(\w+):\w+\}", r"{\1}", path)
    hints = get_type_hints(endpoint)
    words = {name: list(kind) for name, kind in hints.items() if isinstance(kind, type) and issubclass(kind, StrEnum)}
    named = [name for name in re.findall(r"\{(\w+)\}", path) if name in words]
    spelled = []
    for chosen in product(*(words[name] for name in named)):
        filled = path
        for name, word in zip(named, chosen, strict=True):
            filled = filled.replace(f"{{{name}}}", word.value)
        spelled.append(filled)
    return spelled


def test_every_page_has_an_operation(make_app: Callable[..., FastAPI]) -> None:
    """Each reading page and each form has its operation, or is told to be for people alone; the table is no wish."""
    app = make_app()
    pages = set(pages_of(app))
    assert len(pages) > 70
    named = COVERED.keys() | FOR_PEOPLE_ALONE.keys() | FOR_MACHINES
    assert pages - named == set(), "a page without an operation: add one to the API, and both to the table"
    assert named - pages == set(), "the table names a page that is not there"
    with serving(app) as site:
        described = site.ask("/api/v1/openapi.json").json["paths"]
    operations = {f"{method.upper()} {path}" for path, methods in described.items() for method in methods}
    assert set(COVERED.values()) - operations == set()
