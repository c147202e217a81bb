"""The list of subscriptions, the page of one, and the buttons beside it.

In: requests. Out: filled templates, a TOML file, and redirects after a change. Hides FastAPI's routing. Trap: a
removed subscription keeps its row for its alerts, so removing can be undone from the page that follows.
"""

from enum import StrEnum
from typing import Annotated
from urllib.parse import quote, urlencode

import structlog
from fastapi import APIRouter, Path, Request
from sqlalchemy import Connection
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from dashboard.door import visitor_of
from dashboard.frame import Framing
from dashboard.may import Deed, Visitor, check_owner
from dashboard.reading import reading
from dashboard.rendering import render
from dashboard.sources import Sources
from dashboard.subscriptions.alert_rows import told_rows
from dashboard.subscriptions.channels import Channels, channel_rows
from dashboard.subscriptions.giving import receivers_of
from dashboard.subscriptions.looking import PAGE, ListFacts, look_at_list, look_at_one
from dashboard.subscriptions.rule_words import rule_words
from dashboard.subscriptions.saving import refuse_beyond
from pipeline.alerts.links import feed_link
from pipeline.alerts.subscriptions_file import SubscriptionDraft, write_subscriptions
from pipeline.errors import NotFound, Unusable
from pipeline.store import subscriptions
from pipeline.subscribing import remove

Id = Annotated[int, Path(ge=1, le=2**63 - 1)]
_LONGEST = 200

log = structlog.get_logger()


class SubscriptionVerb(StrEnum):
    """What can be done to a subscription."""

    PAUSE = "pause"
    RESUME = "resume"
    REMOVE = "remove"
    RESTORE = "restore"
    RENEW_FEED = "renew-feed"


def subscription_page_routes(
    sources: Sources, framing: Framing, channels: Channels, most: int, site_url: str
) -> APIRouter:
    """Make the routes; the addresses of feeds begin with `site_url`, or with where the page was asked.

    No user gets more than `most` subscriptions.
    """
    router = APIRouter(default_response_class=HTMLResponse)

    @reading(router, "/subscriptions")
    async def all_subscriptions(request: Request) -> HTMLResponse:
        now, asked = sources.clock(), request.query_params
        words, after = asked.get("words", "").strip()[:_LONGEST], asked.get("after", "")[:_LONGEST]
        removed_id = _number(asked.get("removed", ""))
        facts = await sources.database.look(look_at_list, words, after, removed_id, now)
        shown: dict[str, object] = {
            "words": words,
            "more": _next(facts, words),
            "removed_id": removed_id,
            "removed": facts.removed,
        }
        problem = asked.get("problem", "")[:500]
        shown |= {"subscriptions": facts.found[:PAGE], "activity": facts.activity, "rule_words": rule_words}
        shown |= {"owners": facts.owners}
        frame = framing.of(request, "subscriptions")
        return render("subscriptions/list.html", {"frame": frame, "now": now, "problem": problem, **shown})

    @reading(router, "/subscriptions/export.toml")
    async def export() -> Response:
        text = await sources.database.look(written_out)
        headers = {"Content-Disposition": 'attachment; filename="subscriptions.toml"'}
        return PlainTextResponse(text, headers=headers)

    @reading(router, "/subscriptions/{subscription_id}")
    async def one(request: Request, subscription_id: Id) -> HTMLResponse:
        now = sources.clock()
        facts = await sources.database.look(look_at_one, subscription_id)
        base = site_url or str(request.base_url).rstrip("/")
        may_change = visitor_of(request).may_change(facts.subscription)
        shown = {
            "facts": facts,
            "rows": told_rows(facts.told, now, {subscription_id} if may_change else ()),
            "channels": channel_rows(
                Channels({name: channels.kinds.get(name, "") for name in facts.subscription.channels}),
                facts.receivers,
                facts.subscription.channels,
                now,
            ),
            "rule": rule_words(facts.subscription.rule),
            "receivers": await _receivers(sources, visitor_of(request)),
            "may_change": may_change,
            "feeds": [(kind, feed_link(base, facts.feed_key, kind)) for kind in ("atom", "json") if facts.feed_key],
            "problem": request.query_params.get("problem", "")[:500],
        }
        return render("subscriptions/one.html", {"frame": framing.of(request, "subscriptions"), "now": now, **shown})

    @router.post("/subscriptions/{subscription_id}/{verb}")
    async def change(request: Request, subscription_id: Id, verb: SubscriptionVerb) -> Response:
        await framing.read_change(request)
        here = f"/subscriptions/{subscription_id}"
        try:
            await sources.database.run(change_subscription, subscription_id, verb, visitor_of(request), most)
        except NotFound:
            raise
        except Unusable as error:
            where = "/subscriptions" if verb is SubscriptionVerb.RESTORE else here
            return RedirectResponse(f"{where}?problem={quote(str(error))}", status_code=303)
        log.info("subscription_changed", subscription_id=subscription_id, verb=verb)
        gone = verb is SubscriptionVerb.REMOVE
        return RedirectResponse(f"/subscriptions?removed={subscription_id}" if gone else here, status_code=303)

    return router


async def _receivers(sources: Sources, visitor: Visitor) -> list[str]:
    """Give the users to whom a visitor can give it; only admins can."""
    return await sources.database.look(receivers_of) if visitor.may(Deed.OPERATE) else []


def change_subscription(
    tx: Connection, subscription_id: int, verb: SubscriptionVerb, visitor: Visitor, most: int
) -> None:
    """Do what a button says; raises NotFound, and Unusable where it cannot be done; answers 403 for another's.

    What is put back counts like a new one: nobody gets more than `most`.
    """
    restoring = verb is SubscriptionVerb.RESTORE
    held = (subscriptions.restore if restoring else subscriptions.get)(tx, subscription_id)
    check_owner(visitor, held)
    match verb:
        case SubscriptionVerb.RESTORE if held.owner_id == visitor.id:
            refuse_beyond(tx, visitor, most)
        case SubscriptionVerb.RESTORE:
            pass
        case SubscriptionVerb.REMOVE:
            remove(tx, held)
        case SubscriptionVerb.RENEW_FEED:
            subscriptions.renew_feed_key(tx, subscription_id)
        case _:
            subscriptions.switch(tx, subscription_id, enabled=verb is SubscriptionVerb.RESUME)


def written_out(tx: Connection) -> str:
    """Write all subscriptions as the file that a team reviews."""
    held = subscriptions.list_all(tx)
    return write_subscriptions(SubscriptionDraft(one.name, one.query, one.channels, one.rule) for one in held)


def _next(facts: ListFacts, words: str) -> str:
    if len(facts.found) <= PAGE:
        return ""
    asked = {"words": words, "after": facts.found[PAGE - 1].name}
    return "/subscriptions?" + urlencode({name: value for name, value in asked.items() if value})


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else None
