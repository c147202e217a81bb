"""Play one fault on one database and judge: start, load, break, wait, stop, compare.

In: a `Fault`. Out: a `Verdict`. Trap: the queue is looked at before the stop, everything else after it, so that what
comes late is seen.
"""

import asyncio
import os
import shutil
import tempfile
import time
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from pathlib import Path

from sqlalchemy import select

from benchmarks.faults.accounts import Account, account
from benchmarks.faults.fault import Fault
from benchmarks.faults.newsroom import Newsroom
from benchmarks.faults.scene import FLOOR_SECONDS, MAIL_CHANNEL, WARM_COUNT, WARM_SECONDS, Scene, Store, Wish, staged
from benchmarks.faults.settling import settle
from benchmarks.faults.waiting import until
from pipeline.store.tables import deliveries

STANDSTILL_SECONDS = 240.0  #: without any progress, before everything counts as it stands
EMPTY_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a fault."""

    fault: Fault
    store: Store
    seen_seconds: float | None = None  #: None: not everything was accounted for in time
    account: Account | None = None
    broken: tuple[str, ...] = ()  #: promises that did not hold, lateness aside
    notes: tuple[str, ...] = ()
    errors: dict[str, int] = field(default_factory=dict)
    skipped: str = ""
    took_seconds: float = 0.0

    @property
    def is_late(self) -> bool:
        """Tell whether it took longer than promised until everything was accounted for."""
        late = self.seen_seconds is None or self.seen_seconds > self.fault.bound_seconds
        return late and not self.skipped

    @property
    def holds(self) -> bool:
        """Tell whether every promise held."""
        return not self.broken and not self.is_late


async def play(fault: Fault, wish: Wish) -> Verdict:
    """Play it; a fault that lacks what it needs is skipped with the reason."""
    skipped = await asyncio.to_thread(fault.lacks)
    if skipped:
        return Verdict(fault, wish.store, skipped=skipped)
    began = time.monotonic()
    with fault.place() as place:
        wish = replace(wish, own_queue=fault.own_queue, with_mail=fault.with_mail, settings=fault.settings)
        wish = replace(wish, parent=place or wish.parent)
        async with staged(wish) as scene:
            scene.system.environment = {**scene.system.environment, **fault.environment(scene.folder)}
            verdict = await _play(fault, wish.store, scene)
    return replace(verdict, took_seconds=time.monotonic() - began)


async def _play(fault: Fault, store: Store, scene: Scene) -> Verdict:
    await scene.system.start()
    scene.newsroom.publish(WARM_COUNT)
    if await settle(scene.newsroom, scene.database, WARM_SECONDS) is None:
        return Verdict(fault, store, broken=("it did not get going", *scene.system.errors()))
    await fault.play(scene)
    seen = await settle(scene.newsroom, scene.database, STANDSTILL_SECONDS)
    left = await _left_on_queue(scene)
    code, _ = await scene.system.stop()
    compared = partial(account, scene.newsroom, scene.database, may_change=fault.forgets)
    found = await asyncio.to_thread(compared)
    other = [*left, *_processes(scene, code), *_repeats(fault, found), *_haste(fault, scene.newsroom), *_mails(scene)]
    errors = dict(scene.system.errors())
    verdict = Verdict(fault, store, seen, found, (*found.broken, *other), tuple(scene.notes), errors)
    return verdict if verdict.holds else replace(verdict, notes=(*verdict.notes, _keep_log(fault, scene)))


def _keep_log(fault: Fault, scene: Scene) -> str:
    """Put the log of a run that broke something where it outlives the run."""
    kept = Path(tempfile.gettempdir()) / f"storywatch-faults-{fault.name}-{os.getpid()}.log"
    shutil.copy(scene.system.log_file, kept)
    return f"its log: {kept}"


async def _left_on_queue(scene: Scene) -> list[str]:
    """See that queue and database agree: when every row has ended, no job waits."""
    if await until(lambda: not scene.queued_count(), EMPTY_SECONDS):
        return []
    return [f"{scene.queued_count()} jobs wait on the queue and no row does"]


def _processes(scene: Scene, code: int) -> list[str]:
    bad = [code for code in (*scene.system.exit_codes, code) if code != 0]
    orphans = [f"process {one.pid} ({one.kind}) outlived its parent" for one in scene.system.orphans]
    return [*orphans, *(["a stop ended with exit code " + ", ".join(map(str, sorted(set(bad))))] if bad else [])]


def _repeats(fault: Fault, found: Account) -> list[str]:
    return [f"{found.repeated} messages came twice"] if found.repeated and not fault.may_repeat else []


def _mails(scene: Scene) -> list[str]:
    """See that the mail server took what is marked as sent, and tell how many it took twice."""
    box = scene.postbox
    if box is None:
        return []
    with scene.database.read() as tx:
        asked = select(deliveries.c.public_id).where(deliveries.c.channel == MAIL_CHANNEL)
        made = set(tx.execute(asked).scalars())
    scene.notes.append(f"{len(box.read)} mails came whole, {len(box.taken)} were taken, of {len(made)} alerts")
    missing, strange = len(made - box.ids()), len(box.ids() - made)
    twice = len(box.taken) - len(box.ids())
    told = {"mails were never taken": missing, "mails are nobody's": strange, "mails were taken twice": twice}
    return [f"{count} {what}" for what, count in told.items() if count]


def _haste(fault: Fault, newsroom: Newsroom) -> list[str]:
    """See that no feed was asked more often than its floor allows, unless it was forgotten that it was asked."""
    gaps = {feed: [after - before for before, after in pairwise(times)] for feed, times in newsroom.polls.items()}
    # Requests may be late by a second on a busy machine.
    by_feed = [sorted(gap for gap in of_feed if gap < FLOOR_SECONDS / 2) for of_feed in gaps.values()]
    hasty = [gap for of_feed in by_feed for gap in of_feed[fault.forgets :]]
    return [f"a feed was asked again after {min(hasty):.1f} s, {len(hasty)} times in all"] if hasty else []
