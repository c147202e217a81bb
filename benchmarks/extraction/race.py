"""Extract the same pages twice, in two processes that take turns.

In: pages and addresses. Out: seconds of processor of each. Hides multiprocessing. Trap: in one process it would be a
race against ourselves, so what each runs is imported by name there; and one after the other would give each another
machine, where others work on it too.
"""

import logging
import multiprocessing
from collections.abc import Sequence
from importlib import import_module

_GROUP = 20
_WARM_COUNT = 3
OURS, FAST = "benchmarks.extraction.ours", "benchmarks.extraction.fast"

Pages = Sequence[tuple[str, str]]


def race(pages: Pages) -> tuple[float, float]:
    """Give our seconds and theirs; each has seen a few pages before the clock runs."""
    ours = fast = 0.0
    spawning = multiprocessing.get_context("spawn")
    with spawning.Pool(1, _hush) as first, spawning.Pool(1, _hush) as second:
        first.apply(_seconds, (OURS, pages[:_WARM_COUNT]))
        second.apply(_seconds, (FAST, pages[:_WARM_COUNT]))
        for start in range(0, len(pages), _GROUP):
            group = pages[start : start + _GROUP]
            ours += first.apply(_seconds, (OURS, group))
            fast += second.apply(_seconds, (FAST, group))
    return ours, fast


def _seconds(module: str, pages: Pages) -> float:
    return float(import_module(module).seconds(pages))


def _hush() -> None:
    logging.disable(logging.CRITICAL)
