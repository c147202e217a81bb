"""Channels for programs: how their receivers behave, a test message, and asking one again that rests.

In: requests. Out: shapes. Hides FastAPI's routing. Trap: a test sends one real message, through the same guarded way
as every alert; the address of a channel is never shown (S21).
"""

from fastapi import APIRouter
from sqlalchemy import Connection

from dashboard.api.channel_shapes import AskedChannel, ChannelShape, TestShape
from dashboard.api.shapes import Page
from dashboard.sources import Sources
from dashboard.subscriptions.channel_pages import look_at_receivers
from dashboard.subscriptions.channels import Channels, send_test
from pipeline.errors import NotFound
from pipeline.store import receivers


def channel_api(sources: Sources, channels: Channels) -> APIRouter:
    """Make the routes of channels."""
    router = APIRouter(tags=["channels"])

    @router.get("/channels", summary="List the channels of the settings")
    async def listed() -> Page[ChannelShape]:
        troubled, now = await sources.database.look(look_at_receivers), sources.clock()
        rows = [ChannelShape.of(name, kind, troubled.get(name), now) for name, kind in channels.kinds.items()]
        return Page(items=rows)

    @router.post("/channels/test", summary="Send one test message to a channel and give the receiver's answer")
    async def test(asked: AskedChannel) -> TestShape:
        _refuse_unknown(channels, asked.channel)
        answer = await send_test(channels, asked.channel)
        return TestShape(channel=answer.channel, taken=answer.taken, said=answer.said)

    @router.post("/channels/resume", summary="Ask a receiver again at once that rests or is gone")
    async def resume(asked: AskedChannel) -> ChannelShape:
        _refuse_unknown(channels, asked.channel)
        await sources.database.run(_resume, asked.channel)
        return ChannelShape.of(asked.channel, channels.kinds[asked.channel], None, sources.clock())

    return router


def _refuse_unknown(channels: Channels, name: str) -> None:
    if name not in channels.kinds:
        raise NotFound(f"the settings have no channel called {name!r}")


def _resume(tx: Connection, name: str) -> None:
    receivers.resume(tx, name)
