"""Whether work grows with the size of what it is given and not with its square, told without any clock's limit."""

import time
from collections.abc import Callable
from typing import Any

TIMES = 4  #: as large: work that grows evenly takes four times as long, with the square sixteen
EVEN = 9.0
SLACK_SECONDS = 0.1  #: of processor time, for what is too little to compare


def grows_evenly(make: Callable[[int], Any], work: Callable[[Any], object], size: int) -> bool:
    """Compare the processor time of two sizes, the better of two tries each, in the same run."""
    small, large = _seconds(work, make(size)), _seconds(work, make(TIMES * size))
    return large <= EVEN * small + SLACK_SECONDS


def _seconds(work: Callable[[Any], object], given: Any) -> float:
    taken = []
    for _ in range(2):
        began = time.process_time()
        work(given)
        taken.append(time.process_time() - began)
    return min(taken)
