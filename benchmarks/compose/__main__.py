"""Run the compose file with several of each process, and break one of each: `python -m benchmarks.compose`.

In: the commands of compose and engine, how many of each, how long an outage lasts. Out: tables of who did how much and
of what came of each fault; exit code 1 if a promise broke. Trap: it starts a project of its own on a network of its
own, with the newsroom at that network's gateway on this machine, so the engine must run on this machine.
"""

import argparse
import asyncio
import shlex
import sys
from collections.abc import Iterator

from benchmarks.compose.inside import reached
from benchmarks.compose.play import Result, play
from benchmarks.compose.stage import Plan, staged

PROCESSES = {"poller": 2, "dispatcher": 2, "worker": 4, "deliveries": 2}


def main() -> int:
    """Play it; give the exit code."""
    arguments = _arguments()
    scale = {name: getattr(arguments, name) for name in PROCESSES}
    compose, engine = shlex.split(arguments.compose_command), shlex.split(arguments.engine_command)
    plan = Plan(compose, engine, arguments.subnet, scale, builds=not arguments.no_build)
    if arguments.only_inside:
        found = asyncio.run(_look_inside(plan))
        print("\n".join(found) or f"inside {', '.join(scale)} all was refused that must be")
        return 1 if found else 0
    result = asyncio.run(_play(plan, arguments.burst, arguments.outage_seconds))
    print("\n".join(_table(result)))
    return 0 if result.holds else 1


async def _play(plan: Plan, burst_count: int, outage_seconds: float) -> Result:
    async with staged(plan) as stage:
        return await play(stage, burst_count, outage_seconds)


async def _look_inside(plan: Plan) -> list[str]:
    async with staged(plan) as stage:
        return await asyncio.to_thread(reached, stage.project, plan.scale)


def _table(result: Result) -> Iterator[str]:
    yield f"{result.burst_count} entries at once: {_seconds(result.burst_seconds)} until everything was accounted for"
    yield "\n| process | shares of the burst |\n|---|---|"
    for kind, shares in result.shares.items():
        yield f"| {kind} | {', '.join(map(str, sorted(shares.values(), reverse=True)))} |"
    yield "\n| fault | entries meanwhile | accounted for after its end |\n|---|---|---|"
    for line in result.lines:
        yield f"| {line.what} | {line.published} | {_seconds(line.seconds)} |"
    if found := result.account:
        yield f"\n{found.entries} entries, {found.alerts} alerts, {found.lost} lost, {found.repeated} messages repeated"
    yield from (f"BROKEN: {line}" for line in result.broken)


def _seconds(seconds: float | None) -> str:
    return "never" if seconds is None else f"{seconds:.0f} s"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.compose", description="Break one of each of several containers.")
    parser.add_argument("--compose-command", default="docker compose", help="what runs the compose file")
    parser.add_argument("--engine-command", default="docker", help="what kills and cuts off a container")
    parser.add_argument("--subnet", default="10.213.47", help="first three numbers of a free network on this machine")
    parser.add_argument("--burst", type=int, default=600, help="entries published at once, to be shared")
    parser.add_argument(
        "--outage-seconds", type=float, default=40, help="how long one is cut off; longer than a lease of 30 s"
    )
    parser.add_argument("--only-inside", action="store_true", help="only try what a process reaches from inside")
    parser.add_argument("--no-build", action="store_true", help="the image is there already")
    for name, count in PROCESSES.items():
        parser.add_argument(f"--{name}", type=int, default=count, help=f"how many; {count} if not said")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
