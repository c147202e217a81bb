"""Send one test message to a channel, as somebody who sets it up asks.

In: a channel's name. Out: the receiver's answer in words, or Transient or Permanent. Trap: it goes the way of every
alert, the guarded transport included, but it is no delivery: nothing is stored, and nothing is tried again.
"""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from secrets import token_urlsafe

import structlog

from config.settings import ChannelSettings
from pipeline.alerts.channels import HubTarget, Poster, Speaker, deliver
from pipeline.errors import BadSettings, Unusable
from pipeline.model import Alert, DeliveryTask
from workers.channels import channel_targets
from workers.clock import Clock, utc_now

log = structlog.get_logger(__name__)

NAME = "Test of this channel"
TITLE = "Storywatch reaches you here"
WORDS = ("test",)
PASSAGE = "This is a test message; somebody who sets up a subscription asked for it. No story stands behind it."
HUB_TEST = "a hub is told that a feed has changed; there is no message that could be a test"


class ChannelTests:
    """Sends test messages, one at a time to each channel."""

    def __init__(
        self,
        channels: Mapping[str, ChannelSettings],
        transport: Poster,
        data_dir: Path,
        *,
        site_url: str = "",
        chat: Speaker | None = None,
        clock: Clock = utc_now,
    ) -> None:
        self._channels = channels
        self._transport = transport
        self._data_dir = data_dir
        self._site_url = site_url
        self._chat = chat
        self._clock = clock
        self._busy: set[str] = set()

    async def send(self, name: str) -> str:
        """Send it; raises Unusable for a channel that is not there, cannot be tested or is being tested."""
        if name not in self._channels:
            raise Unusable(f"the settings have no channel called {name!r}")
        if name in self._busy:
            raise Unusable("a test message is under way to it already; wait for its answer")
        self._busy.add(name)
        async with AsyncExitStack() as stack:
            stack.callback(self._busy.discard, name)
            return await self._send(name)

    async def _send(self, name: str) -> str:
        try:
            target = (await asyncio.to_thread(channel_targets, {name: self._channels[name]}, self._data_dir))[name]
        except BadSettings as error:
            raise Unusable(str(error)) from error
        if isinstance(target, HubTarget):
            raise Unusable(HUB_TEST)
        answer = await deliver(self._task(name), target, self._transport, self._data_dir, self._chat)
        log.info("channel_tested", channel=name)
        return answer or "it was taken"

    def _task(self, name: str) -> DeliveryTask:
        now, key = self._clock(), token_urlsafe(18)
        alert = Alert(
            id=0,
            public_id=f"alt_test_{key}",
            subscription_id=0,
            subscription_name=NAME,
            story_id=0,
            article_id=0,
            article_url=self._site_url,
            article_title=TITLE,
            outlet="storywatch",
            published_at=now,
            passage=PASSAGE,
            matched=WORDS,
            outlet_count=1,
            created_at=now,
        )
        return DeliveryTask(0, f"msg_test_{key}", 0, name, 1, alert, now)
