"""Faults of the world: origins and receivers that are slow, hang, break off or lie, and pages that are poison.

In: a scene. Out: the fault, played under load. Trap: a page that failed is asked again a minute later at the earliest,
so that is the least these take to be over.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from benchmarks.faults.fault import BOTH, Fault
from benchmarks.faults.newsroom import Mode
from benchmarks.faults.postbox import MailMode
from benchmarks.faults.scene import Scene, loaded

M = TypeVar("M")

PAGE_MODES = (Mode.SLOW, Mode.HANGING, Mode.RESET, Mode.BROKEN, Mode.BUSY, Mode.SHORT, Mode.GARBAGE, Mode.LOGIN)
FEED_MODES = (Mode.SLOW, Mode.HANGING, Mode.RESET, Mode.BROKEN, Mode.SHORT, Mode.GARBAGE, Mode.LOGIN)
HOOK_MODES = (Mode.SLOW, Mode.HANGING, Mode.RESET, Mode.BROKEN, Mode.BUSY)
MAIL_MODES = (MailMode.LATER, MailMode.GREY, MailMode.CUT, MailMode.CUT_AFTER, MailMode.HANGING)
POISON_EVERY = 25


async def bad_pages(scene: Scene) -> None:
    """Serve pages in every bad way in turn, while feeds are sound."""
    newsroom = scene.newsroom
    await _in_turn(scene, (*PAGE_MODES, Mode.SOUND), partial(setattr, newsroom, "page_mode"), newsroom.let_go)


async def bad_feeds(scene: Scene) -> None:
    """Serve feeds in every bad way in turn, while pages are sound."""
    newsroom = scene.newsroom
    await _in_turn(scene, (*FEED_MODES, Mode.SOUND), partial(setattr, newsroom, "feed_mode"), newsroom.let_go)


async def bad_receiver(scene: Scene) -> None:
    """Receive alerts in every bad way in turn."""
    newsroom = scene.newsroom
    await _in_turn(scene, (*HOOK_MODES, Mode.SOUND), partial(setattr, newsroom, "hook_mode"), newsroom.let_go)


async def bad_mail(scene: Scene) -> None:
    """Receive mail in every bad way in turn that may pass; what is refused for good is parked, and no fault."""
    assert scene.postbox is not None
    postbox = scene.postbox
    await _in_turn(scene, (*MAIL_MODES, MailMode.SOUND), partial(setattr, postbox, "mode"), postbox.let_go)


async def _in_turn(scene: Scene, modes: Sequence[M], take_on: Callable[[M], None], let_go: Callable[[], None]) -> None:
    """Behave in every way for its share of the time, then in the last one for good."""
    *bad, sound = modes
    async with loaded(scene):
        for mode in bad:
            take_on(mode)
            await asyncio.sleep(scene.seconds / len(bad))
        take_on(sound)
        let_go()


async def poison(scene: Scene) -> None:
    """Let some pages be of the kind that takes the extractor far too long."""
    first = len(scene.newsroom.published) + 1
    scene.newsroom.poisoned = set(range(first, first + 1000, POISON_EVERY))
    async with loaded(scene):
        await asyncio.sleep(scene.seconds)
    published = {one.number for one in scene.newsroom.published}
    scene.newsroom.poisoned &= published
    scene.notes.append(f"{len(scene.newsroom.poisoned)} pages of poison")


OUTSIDE = (
    Fault("pages", "pages slow, hanging, reset, broken, busy, cut short, garbled", bad_pages, 120, "R9 R32"),
    Fault("feeds", "feeds slow, hanging, reset, broken, cut short, garbled", bad_feeds, 300, "R32"),
    Fault("receiver", "receiver slow, hanging, reset, broken, busy", bad_receiver, 120, "R5 R32 R33"),
    Fault("mail", "mail server busy, greylisting, cut before and after DATA, hanging", bad_mail, 120, "R5 R32 R33",
          with_mail=True),
    Fault("poison", "pages that take the extractor too long", poison, 150, "R10 R11", stores=BOTH),
)  # fmt: skip
