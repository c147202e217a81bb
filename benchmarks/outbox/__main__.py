"""kill -9 at every point between an article and its receiver: alerts lost, and repeated where they must not be (R4).

In: `--rounds`, the points in turn; `--postgres` for a fresh PostgreSQL of the development wheel instead of a fresh
SQLite file, `--database` for an empty one of yours. Out: a table of the points, and rows for the suite. Trap: the count
of repeats is no target: at the last two points each round is expected to bring one.
"""

import argparse
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks.faults.servers import Postgres
from benchmarks.outbox.points import MAY_REPEAT
from benchmarks.outbox.rounds import Tally, play

ROUNDS = 200
QUICK_ROUNDS = 42


def main() -> int:
    """Play the rounds; give the exit code."""
    parser = argparse.ArgumentParser(prog="benchmarks.outbox")
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_ROUNDS} rounds")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--database", default="", help="an empty database; a fresh SQLite file if not said")
    where.add_argument("--postgres", action="store_true", help="start a fresh PostgreSQL and use it")
    arguments = parser.parse_args()
    rounds = arguments.rounds or (QUICK_ROUNDS if arguments.quick else ROUNDS)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = _fresh_postgres(stack) if arguments.postgres else arguments.database
        tallies = play(folder, rounds, url)
    sys.stderr.write("\n".join(_table(tallies)) + "\n")
    lost, wrong = sum(t.lost for t in tallies), sum(t.repeated for t in tallies if t.point not in MAY_REPEAT)
    kept = sum(t.is_kept for t in tallies)
    print(f"| alerts lost in {rounds} kills | {lost} | alerts due | {rounds} | {lost} | at most 0 |")
    print(f"| repeats where the receiver had not heard | {wrong} | none | 0 | {wrong} | at most 0 |")
    print(f"| points at which the promise held | {kept} | points | {len(tallies)} | {kept} | at least 6 |")
    return 0 if kept == len(tallies) else 1


def _fresh_postgres(stack: ExitStack) -> str:
    server = Postgres()
    stack.callback(server.remove)
    return server.url


def _table(tallies: list[Tally]) -> list[str]:
    head = ["| killed | rounds | alerts | lost | repeated | with another body |", "|---|---|---|---|---|---|"]
    rows = [(t.point, t.rounds, t.alerts, t.lost, t.repeated, t.changed) for t in tallies]
    return head + [f"| {' | '.join(map(str, row))} |" for row in rows]


if __name__ == "__main__":
    sys.exit(main())
