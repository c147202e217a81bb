"""Whatever a feed, a page or a receiver says, no inner address is ever dialled (checklist S1 to S5, S16, S20, S21)."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.instance import clean_environ
from tests.security.attacks import BAIT, FEED_KEY, HOOK_KEY, SIGNING_KEY
from tests.security.canaries import PUBLIC

ROOT = Path(__file__).parents[2]
UNSHARE = ("unshare", "--net", "--mount", "--pid", "--mount-proc", "--fork", "--kill-child")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def may_unshare() -> bool:
    """Tell whether this machine lets us make namespaces, and has the programs for it."""
    if not all(shutil.which(program) for program in ("unshare", "ip", "mount")):
        return False
    tried = subprocess.run([*UNSHARE, "ip", "link", "set", "lo", "up"], capture_output=True, check=False)  # noqa: S603
    return tried.returncode == 0


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Run the product among canaries, once for all tests."""
    if not may_unshare():
        pytest.skip("network namespaces need root, `unshare` and iproute2")
    ended = subprocess.run(  # noqa: S603 - our own module
        [*UNSHARE, sys.executable, "-m", "tests.security.inside", str(tmp_path_factory.mktemp("inside"))],
        cwd=ROOT,
        env=clean_environ(),
        capture_output=True,
        text=True,
        timeout=560,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    found: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return found


def test_canaries_sing(report: dict[str, Any]) -> None:
    """Dialled by the test itself, canaries in both families are heard, and the public site is none of them."""
    assert report["control"] == ["10.1.2.3 port 80", "169.254.169.254 port 80", "fd00::1 port 80"]
    assert not [each for each in report["touched"] if each.startswith(PUBLIC)]


def test_every_bait_was_taken(report: dict[str, Any]) -> None:
    """S3: feeds, pages, robots, discovery, check, webhooks and chats all asked the attacker, and all was tried."""
    assert not [bait for bait in BAIT if bait not in report["asked"]], report["shown"]["log"][-3000:]
    assert report["is_settled"], report["shown"]["log"][-3000:]


def test_no_canary_was_touched(report: dict[str, Any]) -> None:
    """S1, S2, S4, S5, S16, S20: no spelling, name, redirect, link or hub led to an inner address, in either family."""
    assert report["touched"] == []


@pytest.mark.parametrize("url", ["http://evil.example/feed/to/2", "http://10.1.2.3/feed"])
def test_a_check_says_what_was_refused(report: dict[str, Any], url: str) -> None:
    """S20: asked by hand, the answer names the address and the setting that would open it."""
    assert "policy forbids 10.1.2.3" in report["shown"][f"feeds check {url}"]
    assert "fetch.allow_private" in report["shown"][f"feeds check {url}"]


@pytest.mark.parametrize("key", [FEED_KEY, HOOK_KEY, SIGNING_KEY])
def test_no_key_is_shown(report: dict[str, Any], key: str) -> None:
    """S21: keys of feeds and receivers stand in no log, no page, no list and no export."""
    shown = report["shown"]
    assert [name for name, text in shown.items() if key in text] == []
    assert "evil.example/feed/keyed" in shown["feeds list"] + shown["feeds export"]
    assert "hook.example" in shown["log"] + shown["channels list"]
