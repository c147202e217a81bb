"""Play the real pages back over the whole way and say what held: `python -m benchmarks.replay [--json] [--keep]`.

In: the real data beside the checkout, or the folder named by --data. Out: figures and promises on standard output;
exit code 1 if a promise is broken, 2 without the data. Trap: texts stay on this machine; only figures are printed.
"""

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.replay.corpus import SHARED_DATA, is_there
from benchmarks.replay.play import play


def main() -> int:
    """Run and print; give the exit code."""
    arguments = _arguments()
    if not is_there(arguments.data):
        sys.stderr.write(f"no real pages in {arguments.data}; name their folder with --data\n")
        return 2
    folder = Path(tempfile.mkdtemp(prefix="storywatch-replay-"))
    try:
        report = asyncio.run(play(arguments.data, folder))
    finally:
        if arguments.keep:
            sys.stderr.write(f"kept: {folder}\n")
        else:
            shutil.rmtree(folder)
    print(json.dumps(report.as_json(), indent=2) if arguments.json else "\n".join(report.lines()))
    return 0 if report.holds else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Play real pages back over the whole way and say what held.")
    parser.add_argument("--data", type=Path, default=SHARED_DATA, help="folder of the real data")
    parser.add_argument("--keep", action="store_true", help="keep the database, the logs and the settings")
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
