"""How work is paced, released and swept.

Trap: a token fences off whoever held the row before.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """The politeness kept at one host, by feeds and pages together."""

    gap_seconds: float  #: least time between two starts
    concurrency: int  #: most requests at once


@dataclass(frozen=True, slots=True)
class Released:
    """A row handed to the queue: an entry or a delivery, its fencing token and its job's random id."""

    id: int
    token: int
    job_id: str


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep found held by nobody any more."""

    returned_count: int
    quarantine: tuple[tuple[int, int], ...]  #: (entry id, fresh token) of those that crashed too often
