"""Files of others are what they were when we took them."""

import hashlib
import re
from pathlib import Path

import dashboard

VENDOR = Path(dashboard.__file__).parent / "static" / "vendor"
ROW = re.compile(r"^\| `(?P<file>[^`]+)` .*\| (?P<version>\d[\w.]*) \|.*`(?P<checksum>[0-9a-f]{64})` \|$", re.MULTILINE)


def test_vendored_files_are_unchanged_and_all_recorded() -> None:
    """Every script of others has its version and checksum in the README, and matches it."""
    rows = list(ROW.finditer((VENDOR / "README.md").read_text()))
    scripts = {path.name for path in VENDOR.iterdir() if path.suffix in {".js", ".css"}}
    assert {row["file"] for row in rows} == scripts
    for row in rows:
        content = (VENDOR / row["file"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == row["checksum"], row["file"]
        assert row["version"].encode() in content, row["file"]
