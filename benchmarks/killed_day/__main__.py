"""Play a day of kills on a clock that jumps: `python -m benchmarks.killed_day --hours 24`.

In: how many hours. Out: what it came to; ends with 1 if a promise broke or something never ended. Trap: no process, no
socket and no Redis is real here, only the store, the jobs, the sweeps and the releases; `benchmarks.faults kills` has
the real ones, for as long as somebody waits.
"""

import argparse
import logging
import sys

import structlog

from benchmarks.killed_day.play import play


def main() -> int:
    """Play; give the exit code."""
    parser = argparse.ArgumentParser(prog="benchmarks.killed_day", description="A day of kills on a clock that jumps.")
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    came = play(arguments.hours, arguments.seed)
    kills = ", ".join(f"{count} of a {kind}" for kind, count in sorted(came.kills.items()))
    print(f"{came.hours:g} h, {came.kills.total()} kills ({kills}), the queue emptied {came.flushes} times")
    found = came.account
    print(f"{found.entries} entries, {found.alerts} alerts, {found.quarantined} quarantined")
    print(f"{found.lost} lost, {found.repeated} repeated, most on a queue {came.most_queued}")
    print(f"all accounted for {came.settled_seconds} s after the last kill")
    for broken in found.broken:
        print(f"broken: {broken}")
    return 1 if found.broken or came.settled_seconds is None else 0


if __name__ == "__main__":
    sys.exit(main())
