"""The containers of one compose project, under the harness's hand.

In: a folder with a compose file, the compose command and the engine's. Out: containers by service that can be killed,
cut off and joined again. Hides both commands. Trap: an engine started nothing again that was killed through it, so the
harness starts it; and a container has another address after it was cut off.
"""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = "com.docker.compose.project"
SERVICE = "com.docker.compose.service"
COMMAND_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class Container:
    """One container as the engine describes it."""

    name: str
    service: str
    host: str  #: its own host name, which its process's name holds
    runs: bool
    networks: dict[str, str]  #: addresses by network

    @property
    def address(self) -> str:
        """Give its address, or nothing while it is cut off."""
        return next((address for address in self.networks.values() if address), "")


@dataclass(frozen=True, slots=True)
class Project:
    """A compose project in a folder."""

    folder: Path
    compose: Sequence[str]
    engine: Sequence[str]

    @property
    def name(self) -> str:
        """Give the name that compose makes of the folder."""
        return self.folder.name

    def up(self, services: Sequence[str]) -> None:
        """Start services, as many of each as the files say."""
        run([*self.compose, "up", "-d", *services], self.folder)

    def down(self) -> None:
        """End everything, volumes included."""
        run([*self.compose, "down", "-v"], self.folder)

    def containers(self, service: str = "") -> list[Container]:
        """Give what there is, by name."""
        found = run([*self.engine, "ps", "-aq", "--filter", f"label={PROJECT}={self.name}"], self.folder).split()
        rows = json.loads(run([*self.engine, "inspect", *found], self.folder)) if found else []
        all_of_them = sorted(map(container_of, rows), key=lambda one: one.name)
        return [one for one in all_of_them if service in {"", one.service}]

    def kill(self, one: Container) -> None:
        """Kill its processes without a word."""
        run([*self.engine, "kill", "--signal", "KILL", one.name], self.folder)

    def start(self, one: Container) -> None:
        """Start it again."""
        run([*self.engine, "start", one.name], self.folder)

    def cut(self, one: Container) -> None:
        """Take it off its networks; its processes go on."""
        for network in one.networks:
            run([*self.engine, "network", "disconnect", network, one.name], self.folder)

    def join(self, one: Container) -> None:
        """Put it back on the networks it was on."""
        for network in one.networks:
            run([*self.engine, "network", "connect", network, one.name], self.folder)

    def logs(self, one: Container) -> str:
        """Give what it has written."""
        return run([*self.engine, "logs", one.name], self.folder)

    def read(self, one: Container, path: str) -> str:
        """Give a file inside it."""
        return self.execute(one, "cat", path)

    def execute(self, one: Container, *words: str) -> str:
        """Run a command inside it; gives what it printed."""
        return run([*self.engine, "exec", one.name, *words], self.folder)


def run(words: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None) -> str:
    """Run a command in a folder; gives what it printed, raises RuntimeError with its last words if it failed."""
    given = os.environ | dict(environment or {})
    done = subprocess.run(  # noqa: S603 - the operator's own compose and engine commands
        list(words), cwd=folder, env=given, capture_output=True, text=True, timeout=COMMAND_SECONDS, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(words[:4])} … ended with {done.returncode}: {done.stderr[-800:]}")
    return done.stdout


def container_of(row: Mapping[str, Any]) -> Container:
    """Read one container as `inspect` of either engine describes it."""
    networks = row["NetworkSettings"].get("Networks") or {}
    return Container(
        name=str(row["Name"]).lstrip("/"),
        service=row["Config"]["Labels"].get(SERVICE, ""),
        host=row["Config"]["Hostname"],
        runs=bool(row["State"]["Running"]),
        networks={name: str(one.get("IPAddress") or "") for name, one in networks.items()},
    )
