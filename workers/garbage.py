"""Spare the garbage collector what lives as long as the process.

In: nothing. Out: whatever is alive is looked at no more, and young objects are looked at more seldom. Hides gc. Trap:
to be called when a process has loaded what it works with: what is let go later and is part of a cycle stays for good.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

YOUNG_COUNT = 5000  #: 700 is Python's own; a poll makes a few hundred that all die with it. 100 us of 850 a poll


def spare_the_old() -> None:
    """Collect once, then leave alone what is left."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_COUNT)


@contextmanager
def left_alone() -> Iterator[None]:
    """Collect nothing inside, while modules are loaded: none of it is garbage; looking takes a tenth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
