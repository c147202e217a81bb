"""Keep the traceback of a page job that ended by an exception nobody foresaw.

In: the task and the exception. Out: a row for the queue's page, bounded and without secrets. Trap: what is told here
is raised further by the caller; a store that is away just then loses the note, never the exception.
"""

import traceback
from datetime import datetime

import structlog

from pipeline.errors import StoreUnavailable
from pipeline.masking import masked_text, masked_url
from pipeline.model import FetchTask
from pipeline.store import crashes
from pipeline.store.crashes import Crash
from pipeline.store.database import Database

log = structlog.get_logger(__name__)

TRACEBACK_BYTES = 8192  #: of the end, where the exception stands


async def note_crash(database: Database, task: FetchTask, error: Exception, now: datetime) -> None:
    """Keep a crash as the sample of its host."""
    crash = Crash(task.host, now, masked_url(task.entry.url), task.attempts, crash_text(error))
    try:
        await database.run(crashes.keep, crash)
    except StoreUnavailable as away:
        log.warning("crash_not_kept", entry_id=task.entry_id, error=str(away))


def crash_text(error: Exception) -> str:
    """Write an exception with its causes, masked before it is cut so that no half of a secret is left."""
    text = masked_text("".join(traceback.format_exception(error)))
    return text.encode(errors="replace")[-TRACEBACK_BYTES:].decode(errors="ignore")
