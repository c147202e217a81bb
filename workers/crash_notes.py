"""Keep the traceback of a job that ended by an exception nobody foresaw.

In: the task and the exception. Out: a row for the queue's page, bounded and without secrets. Trap: what is told here
is raised further by the caller; a store that is away just then loses the note, never the exception.
"""

import re
import traceback
from collections.abc import Callable
from datetime import datetime

import structlog

from pipeline.errors import StoreUnavailable
from pipeline.masking import masked_text, masked_url
from pipeline.model import DeliveryTask, FetchTask
from pipeline.store import crashes
from pipeline.store.crashes import Crash, place_of_channel
from pipeline.store.database import Database

log = structlog.get_logger(__name__)

TRACEBACK_BYTES = 8192  #: of the end, where the exception stands
#: In the addresses of channels any part may be the secret: Telegram's token stands where others have the host.
ADDRESS = re.compile(r"\b([a-z][a-z0-9+.-]*)://[^\s'\"<>]+", re.IGNORECASE)


async def note_crash(database: Database, task: FetchTask, error: Exception, now: datetime) -> None:
    """Keep a crash of a page job as the sample of its host."""
    await _keep(database, Crash(task.host, now, masked_url(task.entry.url), task.attempts, crash_text(error)))


async def note_delivery_crash(database: Database, task: DeliveryTask, error: Exception, now: datetime) -> None:
    """Keep a crash of a delivery job as the sample of its channel, without any address."""
    told = crash_text(error, _without_addresses)
    await _keep(database, Crash(place_of_channel(task.channel), now, "", task.attempts, told))


def _without_addresses(text: str) -> str:
    return ADDRESS.sub(r"\1://…", text)


async def _keep(database: Database, crash: Crash) -> None:
    try:
        await database.run(crashes.keep, crash)
    except StoreUnavailable as away:
        log.warning("crash_not_kept", place=crash.host, error=str(away))


def crash_text(error: Exception, mask: Callable[[str], str] = masked_text) -> str:
    """Write an exception with its causes, masked before it is cut so that no half of a secret is left."""
    text = mask("".join(traceback.format_exception(error)))
    return text.encode(errors="replace")[-TRACEBACK_BYTES:].decode(errors="ignore")
