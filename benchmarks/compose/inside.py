"""What somebody could do who took over a process in its container (checklist S38).

In: a running project. Out: what was not refused, in words. Trap: whoever is in there holds the addresses of database
and queue, for the process needs both; what must be refused is everything else.
"""

import json
from collections.abc import Iterable

from benchmarks.compose.containers import Container, Project

# Each an expression of Python; refused is what raises PermissionError, OSError or KeyError.
ATTEMPTS = {
    "write to /etc": "open('/etc/storywatch-was-here', 'w')",
    "change its own program": "open('/opt/storywatch/storywatch-was-here', 'w')",
    "change its settings": "open('/var/lib/storywatch/config/storywatch.toml', 'a')",
    "read the password of the dashboard": "os.environ['STORYWATCH_WEB__PASSWORD']",
    "become root": "os.setuid(0)",
    "read the shadow file": "open('/etc/shadow').read()",
    "mount something": "subprocess.run(['mount', '-t', 'tmpfs', 'none', '/mnt'], check=True, capture_output=True)",
    "take an address of its own": "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
}
# Proof that the probe works: what its process must be able to do.
ALLOWED = {
    "write to its data": "open('/var/lib/storywatch/data/probe', 'w')",
    "reach the queue": "socket.create_connection(('redis', 6379), 10)",
}
PROBE = """
import json, os, socket, subprocess, sys

def tried(attempt):
    try:
        eval(attempt)
    except (OSError, KeyError, subprocess.SubprocessError) as error:
        return repr(error)
    return ""

print(json.dumps({name: tried(attempt) for name, attempt in json.loads(sys.argv[1]).items()}))
"""


def reached(project: Project, services: Iterable[str]) -> list[str]:
    """Try everything in one container of each service; gives what should not have come out so."""
    return [line for service in services for line in _reached(project, project.containers(service)[0])]


def _reached(project: Project, one: Container) -> list[str]:
    said = json.loads(project.execute(one, "python", "-c", PROBE, json.dumps(ATTEMPTS | ALLOWED)))
    done = [f"{one.service} could {name}" for name in ATTEMPTS if not said[name]]
    return [*done, *(f"{one.service} could not {name}: {said[name]}" for name in ALLOWED if said[name])]
