"""Break the running system in every way we know, and count what was lost: `python -m benchmarks.faults [FAULT…]`.

In: which faults, on which database, for how long. Out: a table of what was promised and what was seen; exit code 1 if a
promise broke. Starts `storywatch run` in folders of its own, against a newsroom on loopback, and touches no other
installation. Trap: bounds are meant for a machine that is not otherwise busy.
"""

import argparse
import asyncio
import json
import sys
from pathlib import Path

from benchmarks.faults.fault import Fault
from benchmarks.faults.play import Verdict, play
from benchmarks.faults.plays import FAULTS
from benchmarks.faults.scene import Store, Wish
from benchmarks.faults.table import HEAD, as_json, remarks, row

UPGRADE = "upgrade"  #: the fault that begins with a former version, if one is named
DATABASES = {"sqlite": (Store.SQLITE,), "postgres": (Store.POSTGRES,), "both": tuple(Store)}


def main() -> int:
    """Play them one after the other; give the exit code."""
    arguments = _arguments()
    if arguments.list:
        print("\n".join(f"{fault.name:20} {fault.items:24} {fault.what}" for fault in FAULTS))
        return 0
    print("\n".join(HEAD), flush=True)
    verdicts = []
    for fault in _chosen(arguments.faults):
        for store in [one for one in fault.stores if one in DATABASES[arguments.database]]:
            verdicts.append(asyncio.run(play(fault, _wish(arguments, fault, store))))
            print(row(verdicts[-1]), flush=True)
            sys.stderr.write("".join(f"{line}\n" for line in remarks(verdicts[-1])))
    if arguments.json:
        arguments.json.write_text(json.dumps(as_json(verdicts), indent=1) + "\n", encoding="utf-8")
    return _exit_code(verdicts)


def _exit_code(verdicts: list[Verdict]) -> int:
    return 0 if verdicts and all(one.holds for one in verdicts) else 1


def _chosen(names: list[str]) -> list[Fault]:
    return [fault for fault in FAULTS if not names or fault.name in names]


def _wish(arguments: argparse.Namespace, fault: Fault, store: Store) -> Wish:
    return Wish(
        store=store,
        seconds=arguments.seconds,
        rounds=arguments.rounds,
        seed=arguments.seed,
        parent=arguments.folder,
        keep=arguments.keep,
        former=arguments.former if fault.name == UPGRADE else None,
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.faults", description="Break the system and count what was lost.")
    parser.add_argument("faults", nargs="*", metavar="FAULT", help="only these; --list names them")
    parser.add_argument("--list", action="store_true", help="name the faults and end")
    parser.add_argument("--database", choices=DATABASES, default="both")
    parser.add_argument("--seconds", type=float, default=24, help="how long a fault lasts; 3600 for an hour of kills")
    parser.add_argument("--rounds", type=int, default=5, help="how often, where it is done again and again")
    parser.add_argument("--seed", type=int, default=1, help="of what is left to chance")
    parser.add_argument("--folder", type=Path, help="spare folder to work in; the system's temporary one if not said")
    parser.add_argument("--keep", action="store_true", help="keep database, log and settings of each run")
    parser.add_argument("--former", type=Path, help="folder of a former version; `upgrade` begins with its processes")
    parser.add_argument("--json", type=Path, help="write everything to this file, too")
    arguments = parser.parse_args()
    unknown = set(arguments.faults) - {fault.name for fault in FAULTS}
    if unknown:
        parser.error(f"there is no fault {', '.join(sorted(unknown))}; --list names them")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
