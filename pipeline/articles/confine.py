"""Confine the process that reads hostile pages.

In: limits. Out: nothing; the calling process is confined for the rest of its life. Hides the system calls: prctl
and setrlimit. Trap: Linux only for dying with the parent; elsewhere the closed pipe ends the child once it has
finished its page. The limit is on address space, which is always more than the memory in use.
"""

import ctypes
import os
import resource
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def confine(megabytes: int, parent_pid: int) -> None:
    """Limit memory, leave no core file, and die with the parent, even if it is gone already, but by no other's word.

    Ctrl-C and a service manager's SIGTERM go to every process of a group; the parent's stop is warm, and a child that
    ended at once would make poison of the page it reads (checklist R13).
    """
    for asked in (signal.SIGINT, signal.SIGTERM):
        signal.signal(asked, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform.startswith("linux"):
        size = megabytes * 1024 * 1024
        resource.setrlimit(resource.RLIMIT_AS, (size, size))
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:
        os._exit(0)
