"""Which processes `run` starts, as commands.

In: the settings and their file. Out: `ProcessSpec`s. Trap: each process reads the settings itself, so whatever
`run` was told on its own command line must reach them through the file or the environment.
"""

import sys
from pathlib import Path

from config.settings import Settings
from workers.data_folder import DataFolder
from workers.embedded import prepare, set_aside_broken
from workers.forking import Role
from workers.limits import page_timeout_seconds
from workers.supervisor import ProcessSpec

#: Kind of process (as heartbeats name it) and the module that is its program.
SERVICES = {
    "poller": "cli.services.poll",
    "dispatcher": "cli.services.dispatch",
    "worker": "cli.services.pages",
    "deliverer": "cli.services.deliveries",
    "dashboard": "cli.services.dashboard",
}
STOP_MARGIN_SECONDS = 10


def service_command(kind: str, config: Path | None) -> list[str]:
    """Give the command line of one service."""
    role = service_role(kind, config)
    return [sys.executable, "-m", role.module, *role.arguments]


def service_role(kind: str, config: Path | None) -> Role:
    """Give one service as a role to fork."""
    return Role(SERVICES[kind], (str(config),) if config else ())


def service_specs(settings: Settings, config: Path | None) -> list[ProcessSpec]:
    """Give every service, page workers as often as the settings say."""
    return [
        ProcessSpec(
            kind,
            service_command(kind, config),
            count=settings.worker.processes if kind == "worker" else 1,
            role=service_role(kind, config),
        )
        for kind in SERVICES
    ]


def valkey_spec(folder: DataFolder) -> ProcessSpec:
    """Prepare the built-in queue in a locked data folder; it starts first and ends last."""
    plan = prepare(folder.path)
    return ProcessSpec(
        "valkey", plan.command, last=True, inherit=(folder.lock_fd,), before_start=lambda: set_aside_broken(plan)
    )


def grace_seconds(settings: Settings) -> float:
    """Say how long the processes may take to stop: as long as the longest job, and a margin."""
    return page_timeout_seconds(settings) + STOP_MARGIN_SECONDS
