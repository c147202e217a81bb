"""Bare trafilatura over the pages: no queue, no fetch, no store; what nothing that extracts with it can beat.

In: files with one decoded page each. Out: `Timed`. Hides the processes. Trap: they share one counter, so that none ends
early and waits; starting them and importing is not counted, and each has seen one page before the clock runs.
"""

import logging
import multiprocessing
import time
from multiprocessing.managers import ValueProxy
from multiprocessing.synchronize import Barrier, Lock
from pathlib import Path

import trafilatura

from benchmarks.pages.timed import Timed

_Ended = tuple[int, float, float, float]  #: texts, began, ended, processor


def bare(folder: Path, count: int, processes: int) -> Timed:
    """Extract from `0.html` and so on, on so many processes."""
    with multiprocessing.Manager() as manager, multiprocessing.get_context("spawn").Pool(processes) as pool:
        shared = (manager.Value("i", 0), manager.Lock(), manager.Barrier(processes))
        jobs = [pool.apply_async(_extract_all, (folder, count, *shared)) for _ in range(processes)]
        ended = [job.get() for job in jobs]
    began, last = min(one[1] for one in ended), max(one[2] for one in ended)
    return Timed(count, sum(one[0] for one in ended), last - began, sum(one[3] for one in ended))


def _extract_all(folder: Path, count: int, place: "ValueProxy[int]", lock: Lock, barrier: Barrier) -> _Ended:
    logging.disable(logging.CRITICAL)
    _extract(folder, 0)
    barrier.wait()
    text_count, began, began_cpu = 0, time.monotonic(), time.process_time()
    while (number := _next(place, lock)) < count:
        text_count += _extract(folder, number)
    return text_count, began, time.monotonic(), time.process_time() - began_cpu


def _next(place: "ValueProxy[int]", lock: Lock) -> int:
    with lock:
        number = place.value
        place.value = number + 1
    return number


def _extract(folder: Path, number: int) -> bool:
    page = (folder / f"{number}.html").read_text(encoding="utf-8")
    return bool(trafilatura.extract(page, fast=True))
