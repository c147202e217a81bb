"""Let one reader read damaged documents for a while, and keep what it should not have done.

In: an entry point, seeds, how long. Out: `Report` with each finding once, by the place it came from. Hides the signal
that ends a reader which takes too long. Trap: such a signal is heard between two steps of Python; a loop in C is seen
only when it is over, and one without end by whoever waits for this process.
"""

import random
import signal
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from benchmarks.fuzz.entry_points import EntryPoint
from benchmarks.fuzz.mutate import damaged


class TooSlow(BaseException):
    """A reader took more processor time than it may; no `except Exception` may swallow it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a reader should not have done."""

    place: str
    error: str
    document: bytes


@dataclass(slots=True)
class Report:
    """What came of one reader."""

    name: str
    documents: int = 0
    slowest_seconds: float = 0
    findings: dict[str, Finding] = field(default_factory=dict)


def fuzz(point: EntryPoint, seeds: Sequence[bytes], *, seconds: float, most: int, seed: int) -> Report:
    """Give the reader damaged documents until so many seconds or documents are over."""
    report, dice = Report(point.name), random.Random(seed)
    end = time.monotonic() + seconds
    while report.documents < most and time.monotonic() < end:
        _try(point, damaged(seeds, dice), report)
    return report


def fuzz_one(point: EntryPoint, document: bytes) -> Report:
    """Give the reader this document alone."""
    report = Report(point.name)
    _try(point, document, report)
    return report


def _try(point: EntryPoint, document: bytes, report: Report) -> None:
    report.documents += 1
    began = time.process_time()
    with _Noted(report, document), _limited(point.seconds):
        point.answer(document)
    report.slowest_seconds = max(report.slowest_seconds, time.process_time() - began)


@dataclass(frozen=True, slots=True)
class _Noted:
    """Makes a finding of whatever is raised within, but for an end that somebody asked for."""

    report: Report
    document: bytes

    def __enter__(self) -> None:
        """Have nothing to do."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        """Note the error; True if it ends here."""
        if not isinstance(error, TooSlow | Exception):
            return False
        place = _place(error)
        told = f"{type(error).__name__}: {str(error)[:200]}"
        self.report.findings.setdefault(place, Finding(place, told, self.document))
        return True


def _place(error: BaseException) -> str:
    """Name the deepest line of the traceback: two findings at one line are one."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [one for one in frames if "/pipeline/" in one.filename] or frames
    last = frames[-1]
    shown = f"{ours[-1].filename.rpartition('/pipeline/')[2]}:{ours[-1].lineno}"
    return "too slow at " + shown if isinstance(error, TooSlow) else f"{type(error).__name__} at {shown} in {last.name}"


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    before = signal.signal(signal.SIGPROF, _stop)
    signal.setitimer(signal.ITIMER_PROF, seconds, 0.5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _stop(_number: int, _frame: FrameType | None) -> None:
    signal.setitimer(signal.ITIMER_PROF, 0)
    raise TooSlow("it took too much processor time")
