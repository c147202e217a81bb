"""Install twice without a network from the same hashed wheels and compare every file: `python -m benchmarks.installs`.

In: a lock file; wheels are fetched once, or taken from a folder. Out: how many files, which differ; exit code 1 if any
does. Trap: programs begin with the path of their environment's Python, and RECORD holds their hashes; both are compared
with that path written as one word.
"""

import argparse
import hashlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

LOCK = Path(__file__).parents[2] / "requirements.lock"
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")
HASHED = ("--require-hashes", "--only-binary", ":all:", "--quiet")
MOST_SHOWN = 20
# What pip writes itself of a program it made: its hash and size hold the path of the environment.
OWN_PROGRAM = re.compile(rb"^\.\./\.\./\.\./bin/[^\n]*\n", re.MULTILINE)


def main() -> int:
    """Install, compare, print; give the exit code."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="storywatch-installs-") as folder:
        wheels = arguments.wheels or _fetched(arguments.lock, Path(folder) / "wheels")
        first, second = (
            _installed(arguments.lock, wheels, Path(folder) / name / "environment") for name in ("first", "second")
        )
        one, other = _files(first), _files(second)
    differing = sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
    print(f"{len(one)} and {len(other)} files, {len(differing)} differ", *differing[:MOST_SHOWN], sep="\n  ")
    return 1 if differing or not one else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.installs", description="Install twice offline and compare.")
    parser.add_argument("--lock", type=Path, default=LOCK)
    parser.add_argument("--wheels", type=Path, help="folder of wheels that were fetched before")
    return parser.parse_args()


def _fetched(lock: Path, folder: Path) -> Path:
    _run(*PIP, "download", *HASHED, "--requirement", str(lock), "--dest", str(folder))
    return folder


def _installed(lock: Path, wheels: Path, folder: Path) -> Path:
    """Make an environment and install into it from the wheels alone."""
    _run(sys.executable, "-m", "venv", "--without-pip", str(folder))
    into = (*PIP, "--python", str(folder), "install", "--no-compile", "--no-index", "--find-links", str(wheels))
    _run(*into, *HASHED, "--requirement", str(lock))
    return folder


def _files(folder: Path) -> dict[str, str]:
    """Give the hash of every file by its path."""
    return dict(_hashes(folder))


def _hashes(folder: Path) -> Iterator[tuple[str, str]]:
    for file in sorted(folder.rglob("*")):
        if file.is_file() and not file.is_symlink():
            text = file.read_bytes().replace(str(folder).encode(), b"ENVIRONMENT")
            plain = OWN_PROGRAM.sub(b"", text) if file.name == "RECORD" else text
            yield str(file.relative_to(folder)), hashlib.sha256(plain).hexdigest()


def _run(*command: str) -> None:
    subprocess.run(command, check=True)  # noqa: S603 - our own words


if __name__ == "__main__":
    sys.exit(main())
