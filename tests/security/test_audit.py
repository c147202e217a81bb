"""The gate before a pin with a known hole (checklist S36), against a list of advisories on loopback."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

ROOT = Path(__file__).parents[2]
PLANTED = f"pillage==1.0.3 \\\n    --hash=sha256:{'0' * 64}\n"
HOLE = "OSV-1-2345"
ADVISORY = {
    "id": HOLE,
    "summary": "what is planted here has a hole",
    "affected": [{"package": {"name": "pillage", "ecosystem": "PyPI"}}],
}
MAKE = shutil.which("make")
pytestmark = pytest.mark.slow


class Advisories(BaseHTTPRequestHandler):
    """Answers as osv.dev does, and knows of one hole."""

    def do_POST(self) -> None:
        """Tell what is known of one version of one package."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        known = (asked["package"]["name"], asked["version"]) == ("pillage", "1.0.3")
        body = json.dumps({"vulns": [ADVISORY]} if known else {}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def gate() -> None:
    """Install what `make audit` needs; it comes from where everything else did."""
    if MAKE is None:
        pytest.skip("there is no make")
    made = make(".audit/stamp")
    if made.returncode:
        pytest.skip(f"pip-audit cannot be installed here: {made.stderr[-300:]}")


@pytest.fixture
def advisories() -> Iterator[str]:
    """Give the address of a list of advisories."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Advisories)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1/query"
    server.shutdown()
    thread.join()
    server.server_close()


def make(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run make in the project's folder."""
    assert MAKE
    given = os.environ | environment
    return subprocess.run([MAKE, *words], cwd=ROOT, env=given, capture_output=True, text=True, check=False)  # noqa: S603


def audit(advisories: str, lock: Path, home: Path) -> subprocess.CompletedProcess[str]:
    """Run the gate on a lock file."""
    return make("audit", f"ADVISORIES={advisories}", f"AUDITED={lock}", HOME=str(home))


def planted(folder: Path) -> Path:
    """Write our lock file with one more pin, which has a hole."""
    lock = folder / "planted.lock"
    lock.write_text((ROOT / "requirements.lock").read_text(encoding="utf-8") + PLANTED, encoding="utf-8")
    return lock


@pytest.mark.usefixtures("gate")
def test_a_planted_pin_with_a_hole_fails_the_gate(advisories: str, tmp_path: Path) -> None:
    """S36: our own pins pass where nothing is known of them; one more with a known hole fails and is named."""
    sound = audit(advisories, ROOT / "requirements.lock", tmp_path)
    assert sound.returncode == 0, sound.stderr
    found = audit(advisories, planted(tmp_path), tmp_path)
    assert found.returncode != 0
    assert "pillage" in found.stdout
    assert HOLE in found.stdout


@pytest.mark.usefixtures("gate")
def test_a_list_that_does_not_answer_lets_nothing_pass(tmp_path: Path) -> None:
    """S36: a gate that could not ask is not open."""
    assert audit("http://127.0.0.1:9/v1/query", ROOT / "requirements.lock", tmp_path).returncode != 0


def test_every_change_passes_the_gate_where_somebody_can_be_asked() -> None:
    """S36: the check of every change runs it before the tests, and fails with it."""
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "set -euo pipefail" in script
    assert script.index('if [ -n "${ADVISORIES:-}" ]') < script.index("\n  make audit") < script.index("\nmake test")
