"""The history of alerts, and every delivery with its state; dead letters are sent again from here.

In: requests. Out: filled templates, redirects after a change. Hides FastAPI's routing. Trap: a delivery that is sent
again keeps its id, so that a receiver which had it can tell.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

import structlog
from fastapi import APIRouter, Path, Request
from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dashboard.door import visitor_of
from dashboard.frame import Framing
from dashboard.may import Deed, Visitor, check_owner
from dashboard.queue_facts import crashes_of
from dashboard.reading import reading
from dashboard.rendering import render
from dashboard.sources import Sources
from dashboard.subscriptions.alert_rows import delivery_row, told_rows
from pipeline.model import DeliveryState, Subscription
from pipeline.store import delays, deliveries, history, subscriptions
from pipeline.store.crashes import Crash
from pipeline.store.delays import Delay
from pipeline.store.deliveries import StoredDelivery
from pipeline.store.history import Told

Id = Annotated[int, Path(ge=1, le=2**63 - 1)]
PAGE = 50
EVERY = range(2**63)  #: every number
NAMES_OFFERED = 500
DELAYS_OF = 2_000  #: last alerts sent, of which delays are told
REPLAY_LIMIT = 10_000  #: dead letters sent again at one click; the rest wait for the next

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class HistoryFacts:
    """One page of alerts."""

    told: list[Told]  #: one more than `PAGE` if there are more
    subscription: Subscription | None
    names: list[str]
    delays: list[Delay]  #: by subscription, the slowest first
    changeable: Container[int]  #: numbers of subscriptions that whoever looks may change


@dataclass(frozen=True, slots=True)
class DeliveryFacts:
    """One page of deliveries."""

    found: list[StoredDelivery]  #: one more than `PAGE` if there are more
    counts: dict[DeliveryState, int]
    crashes: Mapping[str, Crash]  #: by channel, of those that crashes parked
    changeable: Container[int]  #: numbers of deliveries whose subscription whoever looks may change


def alert_page_routes(sources: Sources, framing: Framing) -> APIRouter:
    """Make the routes of alerts and deliveries."""
    router = APIRouter(default_response_class=HTMLResponse)

    @reading(router, "/alerts")
    async def all_alerts(request: Request) -> HTMLResponse:
        now, asked = sources.clock(), request.query_params
        words, before = asked.get("subscription", "").strip()[:200], number_of(asked.get("before", ""))
        facts = await sources.database.look(look_at_history, words, before, visitor_of(request))
        shown = {
            "rows": told_rows(facts.told[:PAGE], now, facts.changeable),
            "facts": facts,
            "words": words,
            "more": _older("/alerts", {"subscription": words}, [one.alert.id for one in facts.told]),
        }
        return render("subscriptions/alerts.html", {"frame": framing.of(request, "alerts"), "now": now, **shown})

    @reading(router, "/alerts/deliveries")
    async def all_deliveries(request: Request) -> HTMLResponse:
        now, asked = sources.clock(), request.query_params
        state, before = state_of(asked.get("state", "")), number_of(asked.get("before", ""))
        facts = await sources.database.look(look_at_deliveries, state, before, visitor_of(request))
        shown = {
            "rows": [delivery_row(one, now, may_change=one.id in facts.changeable) for one in facts.found[:PAGE]],
            "counts": facts.counts,
            "crashes": facts.crashes,
            "state": state,
            "states": list(DeliveryState),
            "more": _older("/alerts/deliveries", {"state": state or ""}, [one.id for one in facts.found]),
            "replayed": number_of(asked.get("replayed", "")),
        }
        return render("subscriptions/deliveries.html", {"frame": framing.of(request, "alerts"), "now": now, **shown})

    @router.post("/alerts/deliveries/replay")
    async def replay_all(request: Request) -> Response:
        await framing.read_change(request)
        if not visitor_of(request).may(Deed.OPERATE):
            raise HTTPException(403)
        count = await sources.database.run(deliveries.replay_parked, REPLAY_LIMIT, sources.clock())
        log.info("deliveries_replayed", count=count)
        return RedirectResponse(f"/alerts/deliveries?replayed={count}", status_code=303)

    @router.post("/alerts/deliveries/{delivery_id}/replay")
    async def replay(request: Request, delivery_id: Id) -> Response:
        await framing.read_change(request)
        if not await sources.database.run(replay_own, delivery_id, visitor_of(request), sources.clock()):
            raise HTTPException(409)
        log.info("delivery_replayed", delivery_id=delivery_id)
        return RedirectResponse("/alerts/deliveries?replayed=1", status_code=303)

    return router


def replay_own(tx: Connection, delivery_id: int, visitor: Visitor, now: datetime) -> bool:
    """Send a parked delivery again; False if it is not parked. Raises NotFound; answers 403 for another's."""
    if not visitor.may(Deed.OPERATE):
        check_owner(visitor, subscriptions.get_any(tx, history.subscription_of_delivery(tx, delivery_id)))
    deliveries.get(tx, delivery_id)
    return deliveries.replay(tx, delivery_id, now)


def changeable_by(tx: Connection, visitor: Visitor) -> Container[int]:
    """Give the numbers of the subscriptions that a visitor may change, by the rule of `Visitor.may_change`."""
    if visitor.may(Deed.OPERATE):
        return EVERY
    return subscriptions.ids_of(tx, visitor.id) if visitor.id and visitor.may(Deed.SUBSCRIBE) else ()


def look_at_history(tx: Connection, words: str, before: int | None, visitor: Visitor) -> HistoryFacts:
    """Read one page of alerts; of one subscription if its name or number is given."""
    found = subscriptions.find(tx, words) if words else None
    told = [] if words and found is None else history.page(tx, before, PAGE + 1, subscription_id=_id_of(found))
    slowest = delays.by_subscription(delays.ways(tx, DELAYS_OF)) if not words and before is None else []
    return HistoryFacts(told, found, subscriptions.names(tx, NAMES_OFFERED), slowest, changeable_by(tx, visitor))


def look_at_deliveries(
    tx: Connection, state: DeliveryState | None, before: int | None, visitor: Visitor
) -> DeliveryFacts:
    """Read one page of deliveries."""
    found = deliveries.recent(tx, PAGE + 1, state, before)
    mine, made_for = changeable_by(tx, visitor), history.subscriptions_of(tx, [one.id for one in found])
    changeable = {number for number, subscription_id in made_for.items() if subscription_id in mine}
    return DeliveryFacts(found, deliveries.count_by_state(tx), crashes_of(tx, found), changeable)


def number_of(text: str) -> int | None:
    """Read a number of an address; what is none asks nothing."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else None


def state_of(text: str) -> DeliveryState | None:
    """Read a state of an address; what is none asks nothing."""
    return DeliveryState(text) if text in set(DeliveryState) else None


def _id_of(found: Subscription | None) -> int | None:
    return found.id if found else None


def _older(path: str, asked: dict[str, str], ids: list[int]) -> str:
    """Give the address of the next page, empty if this is the last."""
    if len(ids) <= PAGE:
        return ""
    said = {name: value for name, value in asked.items() if value} | {"before": str(ids[PAGE - 1])}
    return f"{path}?{urlencode(said)}"
