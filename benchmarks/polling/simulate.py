"""Play polls of one feed under one rule, and add up what they cost and what they brought.

In: traces and a rule. Out: `Outcome`. Trap: a rule sees only what a poll would show it, the last entries up to the
document's length; an entry that has scrolled out before it was seen is missed and has no delay.
"""

import statistics
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from benchmarks.polling.policies import Policy
from benchmarks.polling.traces import Trace


@dataclass(slots=True)
class Outcome:
    """What a rule came to over some feeds."""

    poll_count: int = 0
    hours: float = 0.0  #: feed hours played
    missed_count: int = 0
    delays: list[float] = field(default_factory=list)  #: hours, of every entry seen

    @property
    def polls_a_day(self) -> float:
        """Requests for one feed and day."""
        return 24 * self.poll_count / self.hours

    @property
    def mean_minutes(self) -> float:
        """Mean time from publication to the poll that sees it."""
        return 60 * statistics.fmean(self.delays)

    def minutes(self, share: float) -> float:
        """Give a quantile of the delays, in minutes."""
        ordered = sorted(self.delays)
        return 60 * ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def play(traces: Iterable[Trace], make: Callable[[], Policy]) -> Outcome:
    """Play all feeds, each with a rule of its own."""
    outcome = Outcome()
    for trace in traces:
        _play_one(trace, make(), outcome)
    return outcome


def _play_one(trace: Trace, policy: Policy, outcome: Outcome) -> None:
    seen = bisect_right(trace.times, trace.start)
    since, at = trace.start, trace.start + policy.first(trace.start, _shown(trace, seen))
    while at <= trace.end:
        upto = bisect_right(trace.times, at)
        shown = _shown(trace, upto)
        fresh = trace.times[max(seen, upto - trace.window) : upto]
        outcome.poll_count += 1
        outcome.missed_count += max(0, upto - seen - trace.window)
        outcome.delays += [at - one for one in fresh]
        seen = upto
        since, at = at, at + policy.next(at, shown, fresh, since)
    outcome.hours += trace.end - trace.start


def _shown(trace: Trace, upto: int) -> Sequence[float]:
    return trace.times[max(0, upto - trace.window) : upto]
