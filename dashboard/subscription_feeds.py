"""What receivers reach without a login: the feed of a subscription, and leaving it with one click (RFC 8058).

In: requests whose address carries a secret. Out: Atom or JSON with validators; a subscription without that channel.
Trap: a wrong secret must look like a page that is not there; scanners open links, so only a POST leaves.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from email.utils import format_datetime, parsedate_to_datetime
from html import escape

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from dashboard.reading import reading
from dashboard.sources import Sources
from pipeline.alerts.feed import ATOM_TYPE, JSON_TYPE, FeedEntry, FeedPage, atom, json_feed
from pipeline.alerts.items import item_of
from pipeline.alerts.lines import clean_line
from pipeline.alerts.links import FEED_FOLDER, UNSUBSCRIBE_FOLDER, feed_link, unsubscribe_mac
from pipeline.errors import NotFound
from pipeline.model import Subscription
from pipeline.store import feed_pages, subscriptions

FORMS: Mapping[str, tuple[str, Callable[[FeedPage], bytes]]] = {
    "atom": (ATOM_TYPE, atom),
    "json": (JSON_TYPE, json_feed),
}
FRESH_SECONDS = 60


def subscription_routes(sources: Sources, site_url: str, hubs: Mapping[str, str]) -> APIRouter:
    """Make the routes; `hubs` are addresses of WebSub hubs by channel."""
    router = APIRouter()

    @reading(router, FEED_FOLDER + "{key}.{kind}")
    async def feed(request: Request, key: str, kind: str) -> Response:
        if kind not in FORMS:
            raise NotFound("there is no such feed")
        base = site_url or str(request.base_url).rstrip("/")
        page = await sources.database.look(look_at_feed, key, base, hubs)
        media_type, write = FORMS[kind]
        return answer(request, write(page), page, media_type)

    @reading(router, UNSUBSCRIBE_FOLDER + "{subscription_id}/{channel:path}/{mac}")
    async def ask(subscription_id: int, channel: str, mac: str) -> HTMLResponse:
        subscription = await sources.database.look(find_by_mac, subscription_id, channel, mac)
        return HTMLResponse(_question(subscription, channel))

    @router.post(UNSUBSCRIBE_FOLDER + "{subscription_id}/{channel:path}/{mac}")
    async def leave(subscription_id: int, channel: str, mac: str) -> PlainTextResponse:
        await sources.database.run(unsubscribe, subscription_id, channel, mac)
        return PlainTextResponse("You will get no more messages of this subscription here.\n")

    return router


def look_at_feed(tx: Connection, key: str, base: str, hubs: Mapping[str, str]) -> FeedPage:
    """Read the feed of the subscription with that secret; raises NotFound."""
    subscription = subscriptions.find_by_feed_key(tx, key)
    if subscription is None:
        raise NotFound("there is no such feed")
    entries = [
        FeedEntry(
            told.alert.public_id,
            item_of(told.alert, told.outlet_count, f"{base}/stories/{told.alert.story_id}"),
            clean_line(told.alert.outlet),
            told.alert.created_at,
            told.changed_at,
        )
        for told in feed_pages.told_stories(tx, subscription.id)
    ]
    return FeedPage(
        key=hashlib.sha256(key.encode()).hexdigest()[:32],
        name=clean_line(subscription.name),
        site_url=base,
        atom_url=feed_link(base, key, "atom"),
        json_url=feed_link(base, key, "json"),
        hubs=tuple(hubs[name] for name in subscription.channels if name in hubs),
        entries=entries,
        begun_at=subscriptions.added_at(tx, subscription.id),
    )


def answer(request: Request, body: bytes, page: FeedPage, media_type: str) -> Response:
    """Answer with validators, and with 304 where the reader has this very body (RFC 9110, 13.1)."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    modified = page.changed_at.replace(microsecond=0)
    headers = {
        "ETag": etag,
        "Last-Modified": format_datetime(modified, usegmt=True),
        "Cache-Control": f"private, max-age={FRESH_SECONDS}",
        "X-Robots-Tag": "noindex",
    }
    if _has_it(request, etag, modified.timestamp()):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=f"{media_type}; charset=utf-8", headers=headers)


def _has_it(request: Request, etag: str, modified: float) -> bool:
    """Compare the reader's validators; a tag that is sent decides alone."""
    tags = request.headers.get("if-none-match")
    if tags is not None:
        known = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
        return etag in known or "*" in known
    try:
        return parsedate_to_datetime(request.headers["if-modified-since"]).timestamp() >= modified
    except (KeyError, ValueError, OverflowError):
        return False


def find_by_mac(tx: Connection, subscription_id: int, channel: str, mac: str) -> Subscription:
    """Give the subscription whose address of unsubscription this is; raises NotFound for any other."""
    try:
        key = subscriptions.find_leave_key(tx, subscription_id)
    except OverflowError:
        key = None
    if key is None or not hmac.compare_digest(unsubscribe_mac(key, channel).encode(), mac.encode()):
        raise NotFound("there is no such page")
    return subscriptions.get(tx, subscription_id)


def unsubscribe(tx: Connection, subscription_id: int, channel: str, mac: str) -> None:
    """Take a channel off a subscription; raises NotFound for a wrong address. Twice is no mistake."""
    subscription = find_by_mac(tx, subscription_id, channel, mac)
    left = [name for name in subscription.channels if name != channel]
    if len(left) < len(subscription.channels):
        subscriptions.set_channels(tx, subscription_id, left)


def _question(subscription: Subscription, channel: str) -> str:
    asked = f"Stop messages of “{escape(clean_line(subscription.name))}” to {escape(clean_line(channel))}?"
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Unsubscribe</title>'
        '<link rel="stylesheet" href="/static/storywatch.css"></head><body><main>'
        f'<h1>Unsubscribe</h1><p>{asked}</p><form method="post"><button>Unsubscribe</button></form>'
        "</main></body></html>"
    )
