"""The nursery: a process with nothing but modules in it, of which the roles are forked.

In: over one socket, JSON lines that ask for a role or a signal to one; with each request the descriptors to write to.
Out: the pid of each role and how it ended, or why it could not begin. Hides fork(2), pidfd_open(2) and setproctitle.
Trap: this process must stay without threads, event loop, database and queue, for a child has whatever its parent had
(checklist R22); and nothing here may unwind into the program that forked it, so every way out is `os._exit`.
"""

import errno
import gc
import json
import os
import selectors
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from fcntl import F_DUPFD_CLOEXEC, fcntl
from importlib import import_module
from typing import NoReturn

import structlog
from setproctitle import setproctitle

from workers.tether import tie_to

log = structlog.get_logger(__name__)

LINE_BYTES = 65_536
FIRST_FREE = 3  #: descriptors below are standard input, output and error
#: Told to a whole group these would take the roles along (R13). Blocked and not ignored: what is sent to a child before
#: it listens must wait for it.
DEAF_TO = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class Role:
    """A module with a `main()` that gives an exit code, and the words it finds in `sys.argv`."""

    module: str
    arguments: tuple[str, ...] = ()


def is_possible() -> bool:
    """Tell whether roles can be forked here: on Linux, by a process of one thread, with descriptors for processes."""
    if sys.platform != "linux" or threading.active_count() > 1:
        return False
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):
        return False  # a kernel before 5.3, a Python built for one, or a container that does not let us
    return True


def fork_nursery(first: Role) -> tuple[int, socket.socket]:
    """Fork this process into a nursery that makes itself ready for the `first` role; gives its pid and the socket."""
    ours, theirs = socket.socketpair()
    parent_pid = os.getpid()
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, DEAF_TO)
    _prepare()
    pid = os.fork()
    if pid:
        gc.enable()
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        theirs.close()
        return pid, ours
    try:
        ours.close()
        _close_all_but(theirs.fileno())
        tie_to(parent_pid)
        os.setsid()
        live(theirs, first)
    finally:
        os._exit(1)


def live(control: socket.socket, first: Role | None = None) -> NoReturn:
    """Fork roles as they are asked for, until the other end hangs up."""
    signal.pthread_sigmask(signal.SIG_BLOCK, DEAF_TO)
    setproctitle("storywatch nursery")
    gc.disable()
    if first:
        _load(first)
    _Nursery(control).serve()
    os._exit(0)


def _close_all_but(kept: int) -> None:
    """Close what the program had open beside the standard descriptors; its objects stay, and nobody uses them."""
    os.closerange(FIRST_FREE, kept)
    os.closerange(max(kept + 1, FIRST_FREE), os.sysconf("SC_OPEN_MAX"))


def _prepare() -> None:
    """Make this process fit to be copied: nothing half written, and no page that the collector would write to."""
    sys.stdout.flush()
    sys.stderr.flush()
    gc.disable()
    gc.freeze()


def _load(role: Role) -> None:
    """Import what the role needs, once for all that are forked; a module that is broken breaks its role alone."""
    with suppress(Exception):  # the child imports it again and says in its own log what is wrong
        import_module(role.module)


@dataclass(slots=True)
class _Nursery:
    """The loop: requests in, children out."""

    control: socket.socket
    _selector: selectors.PollSelector = field(default_factory=selectors.PollSelector)
    _pids: dict[int, int] = field(default_factory=dict)  #: by number of the request
    _rest: bytes = b""
    _outputs: list[int] = field(default_factory=list)

    def serve(self) -> None:
        self._selector.register(self.control, selectors.EVENT_READ)
        while True:
            for key, _ in self._selector.select():
                if key.data is not None:
                    self._report_end(key.fd, key.data)
                elif not self._listen():
                    return

    def _listen(self) -> bool:
        """Do what has been asked; False once the other end has hung up."""
        data, outputs, _, _ = socket.recv_fds(self.control, LINE_BYTES, 8)
        self._outputs += outputs
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            asked = json.loads(line)
            if "signal" in asked:
                self._signal(asked["number"], asked["signal"])
            else:
                self._start(asked)
        return bool(data)

    def _signal(self, number: int, sent: int) -> None:
        if number in self._pids:  # it is ours and not yet waited for, so the pid is nobody else's
            os.kill(self._pids[number], sent)

    def _start(self, asked: dict[str, object]) -> None:
        """Fork a role; where there is no room for one, say so and keep the others."""
        number, outputs = int(str(asked["number"])), (self._outputs.pop(0), self._outputs.pop(0))
        try:
            pid = self._fork(asked, outputs)
            self._watch(pid, number)
        except OSError as error:
            self._tell({"number": number, "errno": error.errno or errno.EAGAIN})
        else:
            self._tell({"number": number, "pid": pid})
        for output in outputs:
            os.close(output)

    def _fork(self, asked: dict[str, object], outputs: tuple[int, int]) -> int:
        role, parent_pid = _role_of(asked), os.getpid()
        _load(role)
        _prepare()
        pid = os.fork()
        if pid:
            return pid
        try:
            self._leave()
            _become(role, asked, outputs, parent_pid)
        finally:
            os._exit(1)

    def _watch(self, pid: int, number: int) -> None:
        try:
            ending = os.pidfd_open(pid)
        except OSError:  # no descriptor is left; nobody would hear of its end
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            raise
        self._pids[number] = pid
        self._selector.register(ending, selectors.EVENT_READ, number)

    def _report_end(self, pidfd: int, number: int) -> None:
        self._selector.unregister(pidfd)
        os.close(pidfd)
        _, status = os.waitpid(self._pids.pop(number), 0)
        self._tell({"number": number, "code": os.waitstatus_to_exitcode(status)})

    def _tell(self, said: dict[str, int]) -> None:
        self.control.sendall(json.dumps(said).encode() + b"\n")

    def _leave(self) -> None:
        """Close in the child what is the nursery's own."""
        for key in self._selector.get_map().values():
            os.close(key.fd)
        for waiting in self._outputs:
            os.close(waiting)


def _role_of(asked: dict[str, object]) -> Role:
    arguments = asked["arguments"]
    return Role(str(asked["module"]), tuple(map(str, arguments)) if isinstance(arguments, list) else ())


def _become(role: Role, asked: dict[str, object], outputs: tuple[int, int], parent_pid: int) -> NoReturn:
    """Be the role, in a child that has just been forked, to its end."""
    code = 1
    try:
        tie_to(parent_pid)
        os.setsid()
        _take_outputs(outputs)
        _take_environ(asked["environ"])
        signal.pthread_sigmask(signal.SIG_UNBLOCK, DEAF_TO)
        setproctitle(f"storywatch {asked['name']} ({role.module})")
        sys.argv = [role.module, *role.arguments]
        gc.enable()
        code = import_module(role.module).main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except Exception:
        log.exception("role_failed", module=role.module)
    finally:
        _flush()
        os._exit(code)


def _take_outputs(outputs: tuple[int, int]) -> None:
    """Read from nowhere, and write where it was asked for."""
    given = (os.open(os.devnull, os.O_RDONLY), *outputs)
    # Out of the way first: where the standard ones were closed, some of these have come in their places.
    taken = [fcntl(descriptor, F_DUPFD_CLOEXEC, FIRST_FREE) for descriptor in given]
    for descriptor in given:
        os.close(descriptor)
    for place, descriptor in enumerate(taken):
        os.dup2(descriptor, place)
        os.close(descriptor)


def _take_environ(environ: object) -> None:
    if isinstance(environ, dict):
        os.environ.clear()
        os.environ.update(environ)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            continue  # whoever read it has gone


def main(arguments: Sequence[str]) -> NoReturn:
    """Be a nursery that was started from scratch; the argument is the descriptor of its socket."""
    with socket.socket(fileno=int(arguments[0])) as control:
        control.set_inheritable(False)
        live(control)


if __name__ == "__main__":
    main(sys.argv[1:])
