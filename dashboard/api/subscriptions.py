"""Subscriptions for programs: listed, made, changed, paused and removed.

In: requests. Out: shapes. Hides FastAPI's routing. Trap: an editor changes his own and an admin all, so each change
asks `check_owner` in its own transaction.
"""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from sqlalchemy import Connection
from starlette.responses import Response

from dashboard.api.shapes import Page, page_of
from dashboard.api.subscription_shapes import FeedAddresses, NewOwner, SubscriptionDraftShape, SubscriptionShape
from dashboard.door import visitor_of
from dashboard.may import Visitor, check_owner
from dashboard.sources import Sources
from dashboard.subscriptions.channels import Channels
from dashboard.subscriptions.giving import give
from dashboard.subscriptions.pages import SubscriptionVerb, change_subscription
from dashboard.subscriptions.saving import refuse_beyond, refuse_unknown
from pipeline.alerts.links import feed_link
from pipeline.model import Subscription
from pipeline.store import subscriptions
from pipeline.subscribing import change, remove, rename, save

Id = Annotated[int, Path(ge=1, le=2**53 - 1)]
Limit = Annotated[int, Query(ge=1, le=200)]
Words = Annotated[str, Query(max_length=200, description="Words of the name or the query")]
After = Annotated[str, Query(max_length=200, description="Only those whose name comes after this one")]


def subscription_api(sources: Sources, channels: Channels, most: int) -> APIRouter:
    """Make the routes of subscriptions; no user gets more than `most`."""
    router = APIRouter(tags=["subscriptions"])
    database = sources.database

    @router.get("/subscriptions", summary="List subscriptions by name")
    async def listed(words: Words = "", cursor: After = "", limit: Limit = 50) -> Page[SubscriptionShape]:
        found = await database.look(subscriptions.page, words.strip(), cursor, limit + 1)
        return page_of([SubscriptionShape.of(one) for one in found], limit, lambda one: one.name)

    @router.post(
        "/subscriptions", summary="Make a subscription; it holds for every article from now on", status_code=201
    )
    async def make(request: Request, draft: SubscriptionDraftShape) -> SubscriptionShape:
        refuse_unknown(draft.channels, tuple(channels.kinds))
        made = await database.run(lambda tx: _make(tx, draft, visitor_of(request), sources, most))
        return SubscriptionShape.of(made)

    @router.get("/subscriptions/{subscription_id:int}", summary="Show a subscription")
    async def one(subscription_id: Id) -> SubscriptionShape:
        return SubscriptionShape.of(await database.look(subscriptions.get, subscription_id))

    @router.put("/subscriptions/{subscription_id:int}", summary="Change a subscription; its alerts stay")
    async def edit(request: Request, subscription_id: Id, draft: SubscriptionDraftShape) -> SubscriptionShape:
        visitor, known = visitor_of(request), tuple(channels.kinds)
        return SubscriptionShape.of(await database.run(_edit, subscription_id, draft, visitor, known))

    @router.delete(
        "/subscriptions/{subscription_id:int}", summary="Remove a subscription; its alerts stay", status_code=204
    )
    async def take_off(request: Request, subscription_id: Id) -> Response:
        await database.run(_remove, subscription_id, visitor_of(request))
        return Response(status_code=204)

    return router


def subscription_verbs(sources: Sources, most: int, site_url: str) -> APIRouter:
    """Make the routes of what is done to one subscription; no user gets more than `most`."""
    router = APIRouter(tags=["subscriptions"])
    database = sources.database

    async def changed(request: Request, subscription_id: int, verb: SubscriptionVerb) -> SubscriptionShape:
        await database.run(change_subscription, subscription_id, verb, visitor_of(request), most)
        return SubscriptionShape.of(await database.look(subscriptions.get, subscription_id))

    @router.post("/subscriptions/{subscription_id:int}/restore", summary="Put a removed subscription back")
    async def restore(request: Request, subscription_id: Id) -> SubscriptionShape:
        return await changed(request, subscription_id, SubscriptionVerb.RESTORE)

    @router.post("/subscriptions/{subscription_id:int}/pause", summary="Raise no alerts; it serves as a saved query")
    async def pause(request: Request, subscription_id: Id) -> SubscriptionShape:
        return await changed(request, subscription_id, SubscriptionVerb.PAUSE)

    @router.post("/subscriptions/{subscription_id:int}/resume", summary="Raise alerts again")
    async def resume(request: Request, subscription_id: Id) -> SubscriptionShape:
        return await changed(request, subscription_id, SubscriptionVerb.RESUME)

    @router.post("/subscriptions/{subscription_id:int}/owner", summary="Give a subscription to another user (admins)")
    async def hand_over(request: Request, subscription_id: Id, new: NewOwner) -> SubscriptionShape:
        await database.run(give, subscription_id, new.owner or "", visitor_of(request), most)
        return SubscriptionShape.of(await database.look(subscriptions.get, subscription_id))

    @router.post("/subscriptions/{subscription_id:int}/feeds", summary="Give the secret addresses of its feeds")
    async def feeds(
        request: Request,
        subscription_id: Id,
        renew: Annotated[bool, Query(description="Make new ones; the old lead nowhere")] = False,
    ) -> FeedAddresses:
        visitor = visitor_of(request)
        key = await database.run(lambda tx: _feed_key(tx, subscription_id, visitor, renew=renew))
        base = site_url or f"{request.url.scheme}://{request.url.netloc}"
        return FeedAddresses(atom=feed_link(base, key, "atom"), json_feed=feed_link(base, key, "json"))

    return router


def _make(tx: Connection, draft: SubscriptionDraftShape, visitor: Visitor, sources: Sources, most: int) -> Subscription:
    now = sources.clock()
    made = save(tx, draft.name, draft.query, draft.channels, now, draft.rule.rule, owner_id=visitor.id)
    refuse_beyond(tx, visitor, most)
    if made.enabled != draft.enabled:
        check_owner(visitor, made)
        subscriptions.switch(tx, made.id, enabled=draft.enabled)
    return subscriptions.get(tx, made.id)


def _edit(
    tx: Connection, subscription_id: int, draft: SubscriptionDraftShape, visitor: Visitor, known: tuple[str, ...]
) -> Subscription:
    held = subscriptions.get(tx, subscription_id)
    check_owner(visitor, held)
    refuse_unknown(draft.channels, (*known, *held.channels))
    rename(tx, held, draft.name)
    change(tx, subscriptions.get(tx, held.id), draft.query, draft.channels, draft.rule.rule)
    if held.enabled != draft.enabled:
        subscriptions.switch(tx, held.id, enabled=draft.enabled)
    return subscriptions.get(tx, held.id)


def _remove(tx: Connection, subscription_id: int, visitor: Visitor) -> None:
    held = subscriptions.get(tx, subscription_id)
    check_owner(visitor, held)
    remove(tx, held)


def _feed_key(tx: Connection, subscription_id: int, visitor: Visitor, *, renew: bool) -> str:
    check_owner(visitor, subscriptions.get(tx, subscription_id))
    if renew:
        subscriptions.renew_feed_key(tx, subscription_id)
    return subscriptions.feed_key(tx, subscription_id)
