"""A role for tests of the nursery: tells in a file what it found in its process, and sleeps until told to stop."""

import json
import os
import random
import signal
import sys
import threading
from pathlib import Path

DESCRIPTORS = Path("/proc/self/fd")


def main() -> int:
    """Write to the file that is the one argument; gives 7 at SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
    found = {
        "pid": os.getpid(),
        "parent": os.getppid(),
        "session": os.getsid(0),
        "threads": threading.active_count(),
        "stdin": str((DESCRIPTORS / "0").readlink()),
        "stdout": str((DESCRIPTORS / "1").readlink()),
        "descriptors": opened(),
        "random": random.random(),
        "environ": dict(os.environ),
        "argv": sys.argv,
    }
    with Path(sys.argv[1]).open("a", encoding="utf-8") as file:
        file.write(json.dumps(found) + "\n")
    signal.pause()
    return 0


def opened() -> list[str]:
    """Give what is open beside the standard ones; the descriptor of this very look is gone when it is asked for."""
    return [str(one.readlink()) for one in list(DESCRIPTORS.iterdir()) if int(one.name) > 2 and one.is_symlink()]
