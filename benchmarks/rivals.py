"""Install a rival into a virtual environment of its own, kept in the user's cache.

In: what pip is to install. Out: a Python that has it, or None if it cannot be had here. Hides venv and pip. Trap: a
rival's libraries must not meet ours, which are of other versions.
"""

import subprocess
import sys
import venv
from pathlib import Path

CACHE = Path.home() / ".cache" / "storywatch-benchmarks"


def rival_python(name: str, version: str, *others: str) -> Path | None:
    """Give a Python with this version of a package, installed once; what pip has to say goes to standard error."""
    home = CACHE / f"{name}-{version}-py{sys.version_info.major}{sys.version_info.minor}"
    python = home / "bin" / "python"
    if not (home / "ready").exists():
        venv.create(home, with_pip=True, clear=True)
        command = [str(python), "-m", "pip", "install", "--quiet", f"{name}=={version}", *others]
        if subprocess.run(command, check=False, stdout=sys.stderr).returncode:  # noqa: S603 - a package named by us
            return None
        (home / "ready").touch()
    return python
