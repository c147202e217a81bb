"""The job that hands one alert to one channel.

In: a delivery's id and token from the queue. Out: the delivery sent, waiting again, or parked. Trap: between the
receiver's yes and our note of it lies the one window in which an alert is sent twice; so the note is tried for as
long as the lease lasts, and a repeat carries the same id (R5).
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import Connection

from config.settings import DeliverySettings
from pipeline.alerts.channels import Poster, Speaker, Target, address_of_target, deliver
from pipeline.errors import Failure, NotFound, Permanent, StorywatchError, Transient
from pipeline.model import DeliveryTask, Reason
from pipeline.store import deliveries, receivers
from pipeline.store.database import Database
from pipeline.store.durations import Timed
from workers.channel_slots import ChannelSlots
from workers.clock import Clock, utc_now
from workers.concurrent import JobFunction
from workers.crash_notes import note_delivery_crash
from workers.insisting import Insisting
from workers.lanes import SEND_DELIVERY
from workers.limits import LEASE_MARGIN_SECONDS, lease_seconds
from workers.outcomes import Outcome, Step, delivery_outcome, rest_seconds
from workers.timing import TIMING

log = structlog.get_logger(__name__)

CROWDED_SECONDS = 0.25  #: until a delivery whose channel had no room is looked at again


class DeliveryJobs:
    """The functions a delivery worker may run; `holder` is the process's name."""

    def __init__(
        self,
        database: Database,
        transport: Poster,
        targets: Mapping[str, Target],
        settings: DeliverySettings,
        data_dir: Path,
        *,
        holder: str,
        timeout_seconds: int,
        site_url: str = "",
        chat: Speaker | None = None,
        clock: Clock = utc_now,
    ) -> None:
        self._database = database
        self._transport = transport
        self._targets = targets
        self._settings = settings
        self._data_dir = data_dir
        self._holder = holder
        self._lease_seconds = lease_seconds(timeout_seconds)
        self._clock = clock
        self._site_url = site_url
        self._chat = chat
        self._slots = ChannelSlots(settings.concurrency)
        self._insisting = Insisting(database, "delivery_note_waits", clock)

    @property
    def functions(self) -> dict[str, JobFunction]:
        """Give the allow-list for the worker."""
        return {SEND_DELIVERY: self.send_delivery}

    async def send_delivery(self, delivery_id: int, token: int) -> None:
        """Send one delivery if the token still holds and its channel has room.

        Raises StoreUnavailable before anything was sent. After an exception nobody foresaw, whose traceback is kept,
        the row is the sweeper's.
        """
        try:
            channel = (await self._database.look(deliveries.get, delivery_id)).channel
        except NotFound:
            return
        if not self._slots.take(channel):
            later = self._clock() + timedelta(seconds=CROWDED_SECONDS)
            await self._database.run(deliveries.give_back, [(delivery_id, token)], later)
            return
        works = True
        try:
            works = await self._send(delivery_id, token)
        finally:
            self._slots.free(channel, works=works)

    async def _send(self, delivery_id: int, token: int) -> bool:
        """Send it; False if the receiver could not be reached or asked to wait."""
        task = await self._database.run(
            deliveries.start, delivery_id, token, self._holder, self._clock(), self._lease_seconds
        )
        if task is None:
            return True
        try:
            return await self._hand_over(task)
        except StorywatchError:
            raise
        except Exception as error:
            await note_delivery_crash(self._database, task, error, self._clock())
            raise

    async def _hand_over(self, task: DeliveryTask) -> bool:
        """Send what was taken in hand and note its end; False if the receiver did not take it for now."""
        try:
            answer = await self._deliver(task)
        except Failure as failure:
            await self._fail(task, failure)
            return not isinstance(failure, Transient)
        except asyncio.CancelledError:
            await self._fail(task, Transient(Reason.TIMED_OUT, "the job was stopped before the receiver answered"))
            raise
        await self._note_sent(task, answer)
        return True

    async def _deliver(self, task: DeliveryTask) -> str:
        target = self._targets.get(task.channel)
        if target is None:
            raise Permanent(Reason.CHANNEL_UNKNOWN, f"no channel is named {task.channel!r} in the settings")
        receiver = await self._database.look(receivers.find, task.channel)
        if receiver and receiver.is_gone(address_of_target(target)):
            raise Permanent(Reason.RECEIVER_GONE, "it said that it is no more; `storywatch channels resume` asks again")
        task = replace(task, site_url=self._site_url)
        return await deliver(task, target, self._transport, self._data_dir, self._chat)

    async def _note_sent(self, task: DeliveryTask, answer: str) -> None:
        """Note the success; a store that is away is waited for, since forgetting means sending twice."""
        until = self._clock() + timedelta(seconds=LEASE_MARGIN_SECONDS)
        noted = await self._insisting.run(until, _note_sent, task, self._clock(), answer)
        TIMING.note(Timed.DELIVERY, (self._clock() - task.made_at).total_seconds())
        log.info("delivery_sent", delivery_id=task.delivery_id, channel=task.channel, still_ours=noted)

    async def _fail(self, task: DeliveryTask, failure: Failure) -> None:
        now = self._clock()
        age_seconds = (now - task.made_at).total_seconds()
        outcome = delivery_outcome(failure, task.attempts, self._settings, age_seconds=age_seconds)
        until = now + timedelta(seconds=LEASE_MARGIN_SECONDS)
        await self._insisting.run(until, self._note_failed, task, failure, outcome, now)
        log.warning(
            "delivery_failed",
            delivery_id=task.delivery_id,
            channel=task.channel,
            step=outcome.step,
            reason=outcome.reason,
            attempts=task.attempts,
            error=str(failure),
        )

    def _note_failed(
        self, tx: Connection, task: DeliveryTask, failure: Failure, outcome: Outcome, now: datetime
    ) -> None:
        """Note what becomes of the delivery, and what that says of its receiver."""
        row = (task.delivery_id, task.token)
        if outcome.step is Step.RETRY:
            not_before = now + timedelta(seconds=outcome.wait_seconds)
            deliveries.put_back(tx, *row, now, not_before, outcome.reason, str(failure))
        else:
            deliveries.park(tx, *row, outcome.reason, str(failure), now)
        target = self._targets.get(task.channel)
        if isinstance(failure, Transient):
            self._rest(tx, task.channel, failure, now)
        elif outcome.reason is Reason.RECEIVER_GONE and target:
            receivers.gone(tx, task.channel, address_of_target(target), now)
        else:
            receivers.works(tx, task.channel)

    def _rest(self, tx: Connection, channel: str, failure: Transient, now: datetime) -> None:
        """Let a receiver rest that keeps failing; what has waited for it too long by then is given up."""
        failures = receivers.failed(tx, channel, failure.reason, now)
        seconds = rest_seconds(failures, failure.retry_after)
        if seconds:
            receivers.rest(tx, channel, now + timedelta(seconds=seconds))
            deliveries.park_older(tx, channel, now - timedelta(hours=self._settings.give_up_hours), now)


def _note_sent(tx: Connection, task: DeliveryTask, now: datetime, answer: str) -> bool:
    noted = deliveries.sent(tx, task.delivery_id, task.token, now, answer)
    receivers.works(tx, task.channel)
    return noted
