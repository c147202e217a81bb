"""Damage documents and let every reader read them: `python -m benchmarks.fuzz --minutes N`.

In: for how long, and folders of real documents to damage besides the seeds that come along. Out: a table; each finding
with the document that shows it, in `--keep FOLDER`; exit code 1 if there was one. Trap: each reader runs in a process
of its own with a ceiling on memory, so one that eats all of it, or never returns, is a finding and not the end.
"""

import argparse
import hashlib
import sys
from pathlib import Path

from benchmarks.fuzz.alone import fuzz_alone
from benchmarks.fuzz.entry_points import ENTRY_POINTS
from benchmarks.fuzz.rounds import Finding


def main() -> int:
    """Fuzz all readers; give the exit code."""
    arguments = _arguments()
    chosen = [one for one in ENTRY_POINTS if not arguments.readers or one.name in arguments.readers]
    seconds = arguments.minutes * 60 / len(chosen)
    print("| reader | documents | slowest, s of processor | findings |\n|---|---|---|---|", flush=True)
    reports = []
    for point in chosen:
        reports.append(fuzz_alone(point, seconds, arguments.seed, arguments.data))
        shown = reports[-1]
        print(f"| {point.name} | {shown.documents} | {shown.slowest_seconds:.2f} | {len(shown.findings)} |", flush=True)
        for finding in shown.findings.values():
            print(f"  {finding.place}: {finding.error}{_kept(arguments.keep, finding)}", flush=True)
    return int(any(one.findings for one in reports))


def _kept(folder: Path | None, finding: Finding) -> str:
    if folder is None:
        return ""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{hashlib.sha256(finding.document).hexdigest()[:12]}.bin"
    file.write_bytes(finding.document)
    return f" ({file})"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.fuzz", description="Let every reader read damaged documents.")
    parser.add_argument("readers", nargs="*", choices=[*(one.name for one in ENTRY_POINTS), []], metavar="READER")
    parser.add_argument("--minutes", type=float, default=10, help="in all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data", type=Path, help="folder with archives of real feeds and pages to damage, too")
    parser.add_argument("--keep", type=Path, help="folder for the documents of findings")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
