"""Run a command that the kernel kills when its parent dies (checklist R36).

In: `tether.py PARENT_PID command arguments…`. Out: the command, in the same process. Hides prctl(2) of Linux.
Trap: the kernel watches the parent's *thread* that forked, so start children from a thread that lives as long as
the process; and a parent that died before prctl is noticed only by comparing its pid. Imports nothing of ours:
it is run by path, isolated, so that starting it costs a few milliseconds.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

PR_SET_PDEATHSIG = 1  # linux/prctl.h
ORPHANED = 71  # EX_OSERR, sysexits.h


def tethered(command: Sequence[str], parent_pid: int) -> list[str]:
    """Wrap a command so that it dies with the process `parent_pid`, which must be the one that starts it."""
    return [sys.executable, "-I", "-S", __file__, str(parent_pid), *command]


def tie_to(parent_pid: int) -> None:
    """Ask for SIGKILL at the parent's death; ends this process at once if it is dead already.

    SIGKILL, not SIGTERM: a second Valkey on the same append-only file must never meet the first.
    """
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent_pid:
        sys.exit(ORPHANED)


if __name__ == "__main__":
    tie_to(int(sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606 - there is no shell here, and that is the point
