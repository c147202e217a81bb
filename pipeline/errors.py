"""Every failure this product raises on purpose.

StorywatchError
├── Unusable            what the user gave cannot work; the text says what to do
│   ├── BadSettings     all mistakes of the settings at once
│   ├── BadQuery        a subscription's query, with the position
│   ├── NotFound        nothing has that id, name or address
│   └── Taken           something else has that name
├── Unavailable         a service we need does not answer; wait and try again
│   ├── StoreUnavailable
│   └── QueueUnavailable
├── Transient           may work later: retried, at the earliest after `retry_after` seconds
├── Permanent           will not work however often it is tried: dropped, or the feed's text is used
└── Poison              hurts whoever touches it: quarantined after the second time

`Transient`, `Permanent` and `Poison` carry the `Reason` under which they are counted. An exception of a
library becomes one of these at the edge that called the library, with the original as its cause.
"""

from collections.abc import Sequence

from pipeline.model import Reason


class StorywatchError(Exception):
    """Anything this product raises on purpose."""


class Unusable(StorywatchError):
    """What the user gave cannot work; the message says what to do."""


class BadSettings(Unusable):
    """The settings have mistakes; `problems` holds one sentence each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class BadQuery(Unusable):
    """A query cannot be understood; `position` counts characters from 0, `suggestion` may be empty."""

    def __init__(self, problem: str, position: int, suggestion: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.position = position
        self.suggestion = suggestion


class NotFound(Unusable):
    """Nothing has that id, name or address."""


class TooOften(Unusable):
    """Somebody asks for more than his share (checklist S35); `wait_seconds` is when there is some again."""

    def __init__(self, message: str, wait_seconds: float) -> None:
        super().__init__(message)
        self.wait_seconds = wait_seconds


class Taken(Unusable):
    """Something else has that name."""


class Unavailable(StorywatchError):
    """A service we need does not answer; wait and try again."""


class StoreUnavailable(Unavailable):
    """The database cannot be reached, is busy beyond all patience, or is full."""


class QueueUnavailable(Unavailable):
    """The queue's server cannot be reached."""


class Failure(StorywatchError):
    """A failure of the work itself, counted under `reason`."""

    def __init__(self, reason: Reason, message: str = "") -> None:
        super().__init__(message or reason.value)
        self.reason = reason


class Transient(Failure):
    """May work later; `retry_after` is the least wait in seconds the other side asked for, `status` its HTTP code."""

    def __init__(
        self, reason: Reason, message: str = "", retry_after: float | None = None, status: int | None = None
    ) -> None:
        super().__init__(reason, message)
        self.retry_after = retry_after
        self.status = status


class Permanent(Failure):
    """Will not work however often it is tried; `status` is the HTTP code if one was answered."""

    def __init__(self, reason: Reason, message: str = "", status: int | None = None) -> None:
        super().__init__(reason, message)
        self.status = status


class Poison(Failure):
    """Hurts whoever touches it: a page that hangs, crashes or fills the memory of its extractor."""
