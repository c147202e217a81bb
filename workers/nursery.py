"""Roles of this installation as children of the nursery, for whoever supervises them.

In: a `Role`, its name and where it writes. Out: a process to wait for and to signal. Hides the socket to
`workers.forking`. Trap: make it before this process has a thread, an event loop or anything of the store; a nursery
that died later is started from scratch, for this process is no longer fit to be copied.
"""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count

import structlog

from workers.forking import LINE_BYTES, Role, fork_nursery
from workers.tether import tethered

log = structlog.get_logger(__name__)

KILLED = -int(signal.SIGKILL)  #: how roles end when their nursery does; see workers.tether


@dataclass(frozen=True, slots=True)
class ForkedRole:
    """A role that runs, with as much of `asyncio.subprocess.Process` as the supervisor asks for."""

    pid: int
    _ended: "asyncio.Future[int]"
    _signal: Callable[[int], None]

    @property
    def returncode(self) -> int | None:
        """Give the exit code, negative if a signal ended it; None while it runs."""
        return self._ended.result() if self._ended.done() else None

    async def wait(self) -> int:
        """Wait for its end; gives the exit code."""
        return await asyncio.shield(self._ended)

    def send_signal(self, number: int, /) -> None:
        """Send a signal; it is lost on a role that has ended."""
        self._signal(number)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is awaited of one role."""

    begun: "asyncio.Future[int]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    ended: "asyncio.Future[int]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Nursery:
    """One nursery at a time, and the roles it has forked; close it once they have ended."""

    def __init__(self, first: Role | None = None) -> None:
        """Fork the nursery, which makes itself ready for the `first` role while we go on.

        Without one it is started from scratch when it is first needed, which any process may do.
        """
        self.pid, self._control = fork_nursery(first) if first else (0, socket.socket(socket.AF_UNIX))
        self._spawned: subprocess.Popen[bytes] | None = None
        self._is_listening = False
        self._rest = b""
        self._numbers = count(1)
        self._asked: dict[int, _Asked] = {}

    async def start(self, role: Role, name: str, outputs: tuple[int, int]) -> ForkedRole:
        """Start a role with its standard output and error; raises OSError if it cannot be had now."""
        self._listen()
        number, asked = next(self._numbers), _Asked()
        wish = {"name": name, "module": role.module, "arguments": role.arguments, "environ": dict(os.environ)}
        self._tell({"number": number, **wish}, *outputs)
        self._asked[number] = asked
        pid = await asyncio.shield(asked.begun)
        return ForkedRole(pid, asked.ended, lambda sent: self._pass_on(number, sent))

    def close(self) -> None:
        """End the nursery, and with it whatever role still runs."""
        self._control.close()
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            self._reap()

    def _reap(self) -> None:
        if self._spawned:
            self._spawned.wait()
        else:
            os.waitpid(self.pid, 0)
        self.pid, self._spawned = 0, None

    def _pass_on(self, number: int, sent: int) -> None:
        with suppress(OSError):  # a nursery that has died has taken the role along
            self._tell({"number": number, "signal": int(sent)})

    def _tell(self, said: dict[str, object], *outputs: int) -> None:
        line = json.dumps(said).encode() + b"\n"
        sent = socket.send_fds(self._control, [line], list(outputs)) if outputs else 0
        self._control.sendall(line[sent:])

    def _listen(self) -> None:
        """Make sure that there is a nursery whose answers are heard."""
        if self.pid == 0:
            self._spawn()
        if not self._is_listening:
            asyncio.get_running_loop().add_reader(self._control.fileno(), self._hear)
            self._is_listening = True

    def _spawn(self) -> None:
        self._control.close()
        self._control, theirs = socket.socketpair()
        with theirs:
            command = tethered([sys.executable, "-m", "workers.forking", str(theirs.fileno())], os.getpid())
            self._spawned = subprocess.Popen(command, pass_fds=[theirs.fileno()], start_new_session=True)  # noqa: S603 - ours
        self.pid = self._spawned.pid
        log.info("nursery_started", pid=self.pid)

    def _hear(self) -> None:
        try:
            data = self._control.recv(LINE_BYTES)
        except OSError:
            data = b""
        if not data:
            self._mourn()
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._note(json.loads(line))

    def _note(self, told: dict[str, int]) -> None:
        asked = self._asked[told["number"]]
        if "pid" in told:
            asked.begun.set_result(told["pid"])
            return
        del self._asked[told["number"]]
        if "errno" in told:
            asked.begun.set_exception(OSError(told["errno"], os.strerror(told["errno"])))
        else:
            asked.ended.set_result(told["code"])

    def _mourn(self) -> None:
        """Forget a nursery that has died; the kernel has ended its roles."""
        asyncio.get_running_loop().remove_reader(self._control.fileno())
        self._control.close()
        log.error("nursery_ended", pid=self.pid)
        self._reap()
        self._is_listening, self._rest = False, b""
        lost, self._asked = self._asked, {}
        for asked in lost.values():
            if not asked.begun.done():
                asked.begun.set_exception(ConnectionResetError("the nursery has died"))
            asked.ended.set_result(KILLED)
