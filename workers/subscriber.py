"""Ask hubs to push, again before their leases end, and to stop when a feed is not polled, while the process lives.

In: subscriptions that are due in the store, the transport, our public address. Out: requests to hubs, whose questions
and content come in at the dashboard (`dashboard.hub_routes`). Hides nothing. Trap: a hub may ask back before its answer
to our request has come, so a request is marked pending before it is sent.
"""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from random import Random, SystemRandom
from typing import Protocol

import structlog

from pipeline.errors import Failure, StoreUnavailable
from pipeline.feeds import websub
from pipeline.model import Push, Response
from pipeline.store import pushes
from pipeline.store.database import Database
from workers.clock import Clock, utc_now
from workers.patience import Patience, pause

log = structlog.get_logger(__name__)

LOOK_SECONDS = 5.0
BATCH = 8  #: hubs asked at once
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Poster(Protocol):
    """What sends a POST; `pipeline.transport.Transport` does."""

    async def post(self, url: str, *, headers: Mapping[str, str], body: bytes, max_bytes: int = ...) -> Response:
        """Send a body and give the answer, whatever its status; raises Transient or Permanent."""
        ...


class Subscriber:
    """Make and renew subscriptions until told to stop; any number of them may work on one store."""

    def __init__(
        self,
        database: Database,
        transport: Poster,
        callback_url: str,
        *,
        look_seconds: float = LOOK_SECONDS,
        random: Random | None = None,
        clock: Clock = utc_now,
    ) -> None:
        self._database = database
        self._transport = transport
        self._callback_url = callback_url
        self._look_seconds = look_seconds
        self._random = random or SystemRandom()
        self._clock = clock

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop`; an absent store is waited for."""
        patience = Patience("subscriber_waits")
        while not stop.is_set():
            try:
                count = await self.ask_due()
            except StoreUnavailable as error:
                await pause(stop, patience.failed(error))
            else:
                patience.succeeded()
                await pause(stop, 0 if count == BATCH else self._look_seconds)

    async def ask_due(self) -> int:
        """Ask the hubs of a batch of subscriptions; counts them."""
        wait = timedelta(seconds=websub.ANSWER_SECONDS)
        due = await self._database.run(pushes.claim_due, self._clock(), BATCH, wait)
        leaving = await self._database.run(pushes.claim_leaving, self._clock(), BATCH, wait)
        await asyncio.gather(*(self._ask(push) for push in due), *(self._leave(push) for push in leaving))
        return max(len(due), len(leaving))

    async def _leave(self, push: Push) -> None:
        """Ask a hub to stop pushing a feed that is polled no more; if it does not, its lease ends by itself."""
        body = websub.request_form(push, self._callback_url, leaving=True)
        try:
            response = await self._transport.post(push.hub_url, headers=FORM, body=body)
            log.info("hub_asked_to_stop", feed_id=push.feed_id, hub=push.hub_url, status=response.status)
        except Failure as failure:
            log.warning("hub_not_asked_to_stop", feed_id=push.feed_id, hub=push.hub_url, error=str(failure))

    async def _ask(self, push: Push) -> None:
        """Ask one hub; what it answers besides yes is a failure that is tried again later."""
        body = websub.request_form(push, self._callback_url)
        try:
            response = await self._transport.post(push.hub_url, headers=FORM, body=body)
        except Failure as failure:
            await self._failed(push, str(failure))
            return
        if 200 <= response.status < 300:
            log.info("hub_asked", feed_id=push.feed_id, hub=push.hub_url, status=response.status)
        else:
            await self._failed(push, f"the hub answered {response.status}")

    async def _failed(self, push: Push, error: str) -> None:
        again = websub.retry_at(self._clock(), push.failure_count, self._random)
        await self._database.run(pushes.failed, push.feed_id, error, again)
        log.warning("hub_failed", feed_id=push.feed_id, hub=push.hub_url, error=error)
