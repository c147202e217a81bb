"""What a fault is: how it is played, what it needs, and what is promised for it.

In: nothing. Out: `Fault`. Trap: `bound_seconds` runs from the end of the fault until everything that was published by
then is accounted for and delivered; it is what docs/reliability.md promises, not what was measured.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.faults.scene import Scene, Store

Play = Callable[[Scene], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to break the system."""

    name: str
    what: str  #: in a few words, for the table
    play: Play  #: returns when the fault is over; the system has been under load meanwhile
    bound_seconds: float
    items: str = ""  #: of the checklist
    may_repeat: bool = False  #: whether a message may come twice (always with the same id)
    forgets: bool = False  #: whether commits are gone, so that a repeat may read anew and a feed is asked once too soon
    own_queue: bool = False
    with_mail: bool = False  #: alerts go to a mail server, too
    stores: tuple[Store, ...] = (Store.SQLITE,)
    settings: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    environment: Callable[[Path], Mapping[str, str]] = field(default=lambda _folder: {})
    place: Callable[[], AbstractContextManager[Path | None]] = field(default=lambda: nullcontext(None))
    lacks: Callable[[], str] = field(default=lambda: "")  #: why it cannot be played here, empty if it can


BOTH = (Store.SQLITE, Store.POSTGRES)
