"""The page of channels: how their receivers behave, a test message, and asking one again that rests.

In: requests. Out: filled templates. Hides FastAPI's routing. Trap: a channel's name may hold any sign, so it travels in
the form and not in the address.
"""

import structlog
from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dashboard.frame import Framing
from dashboard.reading import reading
from dashboard.rendering import render
from dashboard.sources import Sources
from dashboard.subscriptions.channels import Channels, TestAnswer, channel_rows, send_test
from pipeline.store import receivers
from pipeline.store.receivers import Receiver

log = structlog.get_logger()


def channel_routes(sources: Sources, framing: Framing, channels: Channels) -> APIRouter:
    """Make the routes of the channels' page."""
    router = APIRouter(default_response_class=HTMLResponse)

    async def page(request: Request, answer: TestAnswer | None = None) -> HTMLResponse:
        now = sources.clock()
        troubled = await sources.database.look(look_at_receivers)
        lost = [name for name in troubled if name not in channels.kinds]
        shown = {"channels": channel_rows(channels, troubled, lost, now), "troubled": troubled, "answer": answer}
        return render(
            "subscriptions/channels.html", {"frame": framing.of(request, "subscriptions"), "now": now, **shown}
        )

    @reading(router, "/channels")
    async def all_channels(request: Request) -> HTMLResponse:
        return await page(request)

    @router.post("/channels/test")
    async def test(request: Request) -> HTMLResponse:
        form = await framing.read_change(request)
        return await page(request, await send_test(channels, form.get("channel", "")))

    @router.post("/channels/resume")
    async def resume(request: Request) -> Response:
        name = (await framing.read_change(request)).get("channel", "")
        if await sources.database.run(receivers.resume, name):
            log.info("channel_resumed", channel=name)
        return RedirectResponse("/channels", status_code=303)

    return router


def look_at_receivers(tx: Connection) -> dict[str, Receiver]:
    """Read what is held against receivers, by channel."""
    return {receiver.channel: receiver for receiver in receivers.list_all(tx)}
