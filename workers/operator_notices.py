"""Tell the operator of incidents through the channels of the settings.

In: notices that wait in the store. Out: messages of the channels, and a note of what came of each. Trap: channels
know alerts only, so an incident goes as one: its subscription is called “Coverage” or “Alarms”, its text is the
evidence. Like an alert it may come twice after a crash, with the same id.
"""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import structlog

from pipeline.alerts.channels import Poster, Target, deliver
from pipeline.alerts.channels.chat import Speaker
from pipeline.errors import Failure, Permanent, StoreUnavailable, Transient
from pipeline.masking import has_secret, masked_text
from pipeline.model import AlarmKind, Alert, CoverageKind, DeliveryTask, OperatorNotice, Reason
from pipeline.store import coverage
from pipeline.store.database import Database
from pipeline.urls import is_web_url
from workers.clock import Clock, utc_now
from workers.patience import Patience, pause

log = structlog.get_logger(__name__)

LOOK_SECONDS = 10.0
BATCH = 10
ATTEMPTS = 12  #: with waits that double from a minute up to six hours, a day and a half
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=6)
SUBSCRIPTIONS = {CoverageKind: "Coverage", AlarmKind: "Alarms"}


class OperatorNotices:
    """Send notices until told to stop; any number of processes may."""

    def __init__(
        self,
        database: Database,
        transport: Poster,
        targets: Mapping[str, Target],
        data_dir: Path,
        *,
        chat: Speaker | None = None,
        look_seconds: float = LOOK_SECONDS,
        clock: Clock = utc_now,
    ) -> None:
        self._database = database
        self._transport = transport
        self._targets = targets
        self._data_dir = data_dir
        self._chat = chat
        self._look_seconds = look_seconds
        self._clock = clock

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop`; an absent store is waited for."""
        patience = Patience("operator_notices_wait")
        while not stop.is_set():
            try:
                await self.send_due()
            except StoreUnavailable as error:
                await pause(stop, patience.failed(error))
            else:
                patience.succeeded()
                await pause(stop, self._look_seconds)

    async def send_due(self) -> int:
        """Send what is due; counts the tries."""
        due = await self._database.run(coverage.claim_notices, self._clock(), BATCH)
        # All at once: one after the other, slow ones would outlast the claim of those behind them.
        await asyncio.gather(*(self._send(notice) for notice in due))
        return len(due)

    async def _send(self, notice: OperatorNotice) -> None:
        now = self._clock()
        try:
            target = self._targets.get(notice.channel)
            if target is None:
                raise Permanent(Reason.CHANNEL_UNKNOWN, f"no channel is named {notice.channel!r} in the settings")
            await deliver(task_of(notice), target, self._transport, self._data_dir, self._chat)
        except Failure as failure:
            again = isinstance(failure, Transient) and notice.attempts < ATTEMPTS
            wait = min(FIRST_WAIT * 2 ** (notice.attempts - 1), LONGEST_WAIT)
            log.warning("operator_not_told", channel=notice.channel, error=str(failure), again=again)
            await self._note(notice, sent=False, next_in=wait if again else None, error=str(failure))
            return
        log.info("operator_told", channel=notice.channel, kind=notice.incident.kind, since=now.isoformat())
        await self._note(notice, sent=True, next_in=None, error="")

    async def _note(self, notice: OperatorNotice, *, sent: bool, next_in: timedelta | None, error: str) -> None:
        now = self._clock()
        await self._database.run(
            coverage.notice_ended,
            notice.id,
            sent_at=now if sent else None,
            next_at=now + next_in if next_in else None,
            error=error,
        )


def _told(notice: OperatorNotice) -> str:
    incident = notice.incident
    if not notice.over or incident.closed_at is None:
        return incident.evidence
    since, until = (f"{at:%Y-%m-%d %H:%M}" for at in (incident.opened_at, incident.closed_at))
    return f"Over at {until} UTC; it was so since {since}: {incident.evidence}"


def task_of(notice: OperatorNotice) -> DeliveryTask:
    """Give an incident as the alert that channels can carry."""
    incident, over = notice.incident, "Over: " if notice.over else ""
    alert = Alert(
        id=0,
        public_id=incident.public_id,
        subscription_id=0,
        subscription_name=SUBSCRIPTIONS[type(incident.kind)],
        story_id=0,
        article_id=0,
        article_url="" if has_secret(incident.subject) or not is_web_url(incident.subject) else incident.subject,
        article_title=f"{over}{incident.kind.value.replace('_', ' ')}: {masked_text(incident.subject)}",
        outlet="storywatch",
        published_at=incident.opened_at,
        passage=masked_text(_told(notice)),
        matched=(),
        outlet_count=1,
        created_at=incident.opened_at,
    )
    public_id = f"{incident.public_id}_{notice.id}{'_over' if notice.over else ''}"
    return DeliveryTask(notice.id, public_id, 0, notice.channel, notice.attempts, alert, incident.opened_at)
