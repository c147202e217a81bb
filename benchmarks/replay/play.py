"""Play the real pages back, once: publish, run, wait, stop, read, judge.

In: the data folder and a folder to work in. Out: a `Report`. What runs is `storywatch run` itself, with the embedded
Valkey, SQLite and every service as its own process; feeds and subscriptions come from the files of a first start.
No part had to be replaced for it, since host names below `localhost` lead to loopback and are outlets of their own.
Trap: everything is read after the processes have ended, so that a late repeat of an alert is seen.
"""

import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.replay.corpus import read_gold, read_pages, read_scorer
from benchmarks.replay.edition import Edition, make_edition
from benchmarks.replay.figures import Ran
from benchmarks.replay.installation import CHANNELS, Installation, installed, running, write_files
from benchmarks.replay.origin import Origin
from benchmarks.replay.questions import Question, choose
from benchmarks.replay.report import Report, report_of
from benchmarks.replay.stored import Stored, is_settled, read_stored
from pipeline.alerts.subscriptions_file import SubscriptionDraft
from workers.clock import utc_now

LONGEST_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Played:
    """What one run left behind."""

    stored: Stored
    installation: Installation
    seconds: float  #: from the start of the processes until nothing was left to do


async def play(data: Path, folder: Path, *, longest_seconds: float = LONGEST_SECONDS) -> Report:
    """Play all pages and judge; a run that is not done in time is judged as it stands then."""
    pages = read_pages(data)
    questions = choose(pages)
    began_at = utc_now()
    async with Origin() as origin:
        edition = make_edition(pages, origin.port, began_at)
        origin.publish(edition)
        played = await _run(folder, origin, edition, questions, longest_seconds)
    ran = Ran(
        edition=edition,
        questions=questions,
        stored=played.stored,
        notices=origin.notices,
        asked=origin.asked,
        gold=read_gold(data),
        scorer=read_scorer(data),
        exit_code=played.installation.exit_code,
        errors=played.installation.errors,
        began_at=began_at,
        seconds=played.seconds,
    )
    return report_of(ran)


async def _run(
    folder: Path, origin: Origin, edition: Edition, questions: list[Question], longest_seconds: float
) -> Played:
    drafts = [SubscriptionDraft(one.name, one.query, CHANNELS) for one in questions]
    settings_file = write_files(folder, origin, [feed.url for feed in edition.feeds], drafts)
    with installed(settings_file) as installation:
        began = time.monotonic()
        async with running(installation):
            await installation.until(lambda store: is_settled(store, edition.entry_count), longest_seconds)
            seconds = time.monotonic() - began
        return Played(read_stored(installation.database), installation, seconds)
