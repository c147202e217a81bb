"""The one table from failures to what becomes of the work; pure.

In: a `Failure`, and how often it was tried. Out: an `Outcome`: try again at the earliest after some seconds, or
end, and how. Trap: a page that cannot be had is no reason to miss a story: its entry goes on with the feed's own
text; and a receiver that refuses one alert is no reason to lose it: its delivery is parked, to be replayed.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from config.settings import DeliverySettings
from pipeline.errors import Failure, Permanent, Poison, Transient
from pipeline.model import Reason

PAGE_WAITS = (60.0, 300.0, 1800.0, 7200.0, 21_600.0)  #: seconds before the second, third … try; the last repeats
UNKNOWN_NAME_RETRIES = 2  #: six minutes: without a line of our own some resolvers know no name at all
JITTER = 0.2  #: so that what failed together does not come back together
LONGEST_RETRY_AFTER = 86_400.0  #: a host that asks for more is asked again after a day
FAILURES_BEFORE_REST = 3
LONGEST_REST = 900.0  #: a receiver that is back waits at most so long for its alerts
POISONOUS = frozenset({Reason.EXTRACTION_TIMED_OUT, Reason.EXTRACTION_CRASHED})

Jitter = Callable[[], float]


class Step(StrEnum):
    """What is done next."""

    RETRY = "retry"
    USE_FEED = "use_feed"
    QUARANTINE = "quarantine"
    PARK = "park"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A step, the reason it is counted under, and for a retry the least seconds to wait."""

    step: Step
    reason: Reason
    wait_seconds: float = 0


def spread() -> float:
    """Give a factor around one."""
    return random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - spreads retries, hides nothing


def page_outcome(
    failure: Failure, attempts: int, last_reason: Reason | None, most_attempts: int, jitter: Jitter = spread
) -> Outcome:
    """Decide for an entry whose page failed; `attempts` counts this one, `last_reason` is the one before."""
    match failure:
        case Poison() if last_reason in POISONOUS:
            return Outcome(Step.QUARANTINE, failure.reason)
        case Poison():
            return Outcome(Step.RETRY, failure.reason, PAGE_WAITS[0] * jitter())
        case Transient() if attempts < most_attempts:
            wait = PAGE_WAITS[min(attempts, len(PAGE_WAITS)) - 1]
            return Outcome(Step.RETRY, failure.reason, _at_least(wait * jitter(), failure.retry_after))
        case Permanent(reason=Reason.NAME_UNKNOWN) if attempts <= UNKNOWN_NAME_RETRIES:
            return Outcome(Step.RETRY, failure.reason, PAGE_WAITS[attempts - 1] * jitter())
        case _:
            return Outcome(Step.USE_FEED, failure.reason)


def delivery_outcome(
    failure: Failure, attempts: int, settings: DeliverySettings, jitter: Jitter = spread, *, age_seconds: float = 0
) -> Outcome:
    """Decide for a delivery that failed (checklist R33); `attempts` counts this one, its age is since it was made."""
    match failure:
        case Transient() if age_seconds > settings.give_up_hours * 3600:
            return Outcome(Step.PARK, Reason.TOO_MANY_ATTEMPTS)
        case Transient() if attempts < settings.attempts:
            doubled = settings.first_retry_seconds * 2 ** min(attempts - 1, 32)
            wait = min(doubled, settings.longest_retry_seconds) * jitter()
            return Outcome(Step.RETRY, failure.reason, _at_least(wait, failure.retry_after))
        case Transient():
            return Outcome(Step.PARK, Reason.TOO_MANY_ATTEMPTS)
        case Permanent(reason=Reason.HTTP_GONE):
            return Outcome(Step.PARK, Reason.RECEIVER_GONE)
        case Permanent(reason=Reason.HTTP_REFUSED | Reason.HTTP_NOT_FOUND):
            return Outcome(Step.PARK, Reason.RECEIVER_REFUSED)
        case _:
            return Outcome(Step.PARK, failure.reason)


def rest_seconds(failures: int, asked: float | None) -> float:
    """Say how long a receiver rests that failed so often in a row; `asked` is its own Retry-After.

    Two failures may be two bad alerts or a hiccup; from the third on nothing is sent to it but a try now and then.
    """
    rest = (
        0.0
        if failures < FAILURES_BEFORE_REST
        else min(10.0 * 2 ** min(failures - FAILURES_BEFORE_REST, 16), LONGEST_REST)
    )
    return _at_least(rest, asked)


def _at_least(wait: float, asked: float | None) -> float:
    return max(wait, min(asked or 0, LONGEST_RETRY_AFTER))
