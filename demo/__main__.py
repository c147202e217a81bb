"""`python -m demo [--port N] [--pace X]`: the newsroom alone, to look at it in a browser.

In: the command line. Out: the exit code. Hides argparse. Trap: `storywatch demo` starts this as its own process.
"""

import argparse
import socket
import sys

from demo.running import DEFAULT_PORT, run_newsroom, run_on


def main(arguments: list[str] | None = None) -> int:
    """Run until stopped; 1 if the port is taken."""
    parser = argparse.ArgumentParser(prog="python -m demo", description="Serve the built-in newsroom.")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--pace", type=float, default=1.0, help="1 is a new piece about every five seconds")
    parser.add_argument("--listener", type=int, help="descriptor of a socket that listens already, instead of a port")
    chosen = parser.parse_args(arguments)
    if chosen.listener is not None:
        run_on(socket.socket(fileno=chosen.listener), pace=chosen.pace)
        return 0
    try:
        run_newsroom(chosen.port, host=chosen.host, pace=chosen.pace)
    except OSError as error:
        sys.stderr.write(f"cannot listen on {chosen.host}:{chosen.port}: {error}; choose another --port\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
