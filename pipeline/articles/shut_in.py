"""Shut the process that reads hostile pages off from the machine (checklist S38).

In: nothing. Out: nothing; from then on the calling process writes no file, reads none but code, opens no socket and
runs no program. Hides Landlock and seccomp, which ask for no rights and which even root's processes cannot undo. Trap:
Linux only, and each as far as the kernel knows it: an older one leaves out what it lacks. It holds for the thread that
asks and those that it starts, so ask before there are others.
"""

import ctypes
import os
import platform
import struct
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_CODE = Path(__file__).resolve().parents[1]
_SYSTEM = ("/lib", "/lib64", "/usr/lib", "/usr/share/zoneinfo", "/etc/localtime")

# linux/landlock.h; the numbers of its system calls are the same everywhere
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION = 1
_PATH_BENEATH = 1
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}  # how many the versions of the interface know
_FILE_RIGHTS_SINCE = 16
_NET_SINCE, _SCOPE_SINCE = 4, 6
_ALL_TCP, _ALL_SCOPES = 0b11, 0b11

# linux/prctl.h, linux/seccomp.h, linux/filter.h
_NO_NEW_PRIVILEGES, _GET_SECCOMP, _SET_SECCOMP, _MODE_FILTER = 38, 21, 22, 2
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOWED, _REFUSED = 0x7FFF0000, 0x00050001  # the latter with EPERM
_LARGEST_OF_32_BITS = 2**31 - 1
_OTHER_NUMBERS = 0x40000000  # those of the x32 interface begin here


@dataclass(frozen=True, slots=True)
class _Machine:
    """What a kind of processor calls itself, and the numbers of its system calls."""

    audit: int
    refused: tuple[int, ...]


# socket, execve, execveat, ptrace, process_vm_readv, process_vm_writev, io_uring_setup, pidfd_getfd
_MACHINES = {
    "x86_64": _Machine(0xC000003E, (41, 59, 322, 101, 310, 311, 425, 438)),
    "aarch64": _Machine(0xC00000B7, (198, 221, 281, 117, 270, 271, 425, 438)),
}


def shut_in() -> None:
    """Shut the calling process in for the rest of its life, as far as the kernel can."""
    if sys.platform.startswith("linux"):
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        _close_files(libc)
        _close_calls(libc)


def lacking() -> list[str]:
    """Name what this machine lacks to shut a process in whole; empty if nothing. It shuts nothing in itself."""
    if not sys.platform.startswith("linux"):
        return ["way to shut a process in that we know"]
    libc = ctypes.CDLL(None, use_errno=True)
    has_landlock = _landlock_version(libc) >= 1
    # linux/prctl.h: PR_GET_SECCOMP answers where the kernel was built with it.
    has_seccomp = _is_known_machine() and libc.prctl(_GET_SECCOMP, 0, 0, 0, 0) >= 0
    files, calls = "Landlock, so files can be read", f"seccomp for {platform.machine()}, so sockets can be opened"
    return [name for name, has in ((files, has_landlock), (calls, has_seccomp)) if not has]


def _landlock_version(libc: ctypes.CDLL) -> int:
    """Ask the kernel for its version of Landlock; below 1 if it has none."""
    return int(libc.syscall(_CREATE_RULESET, None, 0, _ASK_VERSION))


def _close_files(libc: ctypes.CDLL) -> None:
    """Leave files of code to be read, and nothing else of the file system, TCP and other processes' signals."""
    version = _landlock_version(libc)
    if version < 1:
        return
    rules = _ruleset(version)
    ruleset = libc.syscall(_CREATE_RULESET, rules, len(rules), 0)
    if ruleset < 0:
        return
    for path in _readable():
        _let_read(libc, ruleset, path)
    libc.syscall(_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def _ruleset(version: int) -> bytes:
    """Spell what is governed: everything that this version knows."""
    files = (1 << _FILE_RIGHTS.get(version, _FILE_RIGHTS_SINCE)) - 1
    net = [_ALL_TCP] if version >= _NET_SINCE else []
    scopes = [_ALL_SCOPES] if version >= _SCOPE_SINCE else []
    return struct.pack(f"{1 + len(net) + len(scopes)}Q", files, *net, *scopes)


def _readable() -> Iterable[str]:
    """Give where modules and libraries are loaded from.

    Not all of an installation's folder, and nothing beside `pipeline`: settings and data may lie there, too.
    """
    search = {path for path in sys.path if path and Path(path) != _CODE.parent}
    libraries = {str(Path(prefix) / name) for prefix in (sys.prefix, sys.base_prefix) for name in ("lib", "lib64")}
    return sorted({str(_CODE), *_SYSTEM, *libraries, *search})


def _let_read(libc: ctypes.CDLL, ruleset: int, path: str) -> None:
    rights = _READ_FILE | (_READ_DIR if Path(path).is_dir() else 0)
    with suppress(OSError):
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("=Qi", rights, opened), 0)
        finally:
            os.close(opened)


def _close_calls(libc: ctypes.CDLL) -> None:
    """Refuse the calls by which a process reaches another one or becomes one."""
    if _is_known_machine():
        steps = b"".join(_steps(_MACHINES[platform.machine()]))
        filters = ctypes.create_string_buffer(steps, len(steps))
        program = struct.pack("HP", len(steps) // 8, ctypes.addressof(filters))
        libc.prctl(_SET_SECCOMP, _MODE_FILTER, program, 0, 0)


def _is_known_machine() -> bool:
    """Tell whether the numbers of the calls are known: the name is the kernel's, a program may be of 32 bits."""
    return platform.machine() in _MACHINES and sys.maxsize > _LARGEST_OF_32_BITS


def _steps(machine: _Machine) -> Iterable[bytes]:
    """Write the filter: another processor's calls and those named are refused, the rest is allowed."""
    count = len(machine.refused)
    yield _step(_LOAD, 4)  # of struct seccomp_data: the processor
    yield _step(_IF_EQUAL, machine.audit, no=count + 3)
    yield _step(_LOAD, 0)  # the number of the call
    yield _step(_IF_AT_LEAST, _OTHER_NUMBERS, yes=count + 1)
    for place, number in enumerate(machine.refused):
        yield _step(_IF_EQUAL, number, yes=count - place)
    yield _step(_RETURN, _ALLOWED)
    yield _step(_RETURN, _REFUSED)


def _step(code: int, value: int, *, yes: int = 0, no: int = 0) -> bytes:
    """Spell one step; `yes` and `no` are how many of the following are passed over."""
    return struct.pack("HBBI", code, yes, no, value)
