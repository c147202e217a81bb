"""The promise is made in the same words wherever it is made."""

import pytest

from tests.docs.reading import ROOT

PROMISE = (
    "every entry a feed showed us ends in exactly one accounted state; every stored match is sent at least once, "
    "and a receiver may see a repeat only after a crash, always with the same id."
)


@pytest.mark.parametrize("name", ["README.md", "docs/architecture.md", "docs/reliability.md"])
def test_the_promise_stands_in_plain_words(name: str) -> None:
    """R3: what is promised, and what is not, can be read by whoever relies on it."""
    assert PROMISE in " ".join((ROOT / name).read_text(encoding="utf-8").split())


def test_the_quick_start_is_short() -> None:
    """At most ten lines from the heading to a running newsroom."""
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Quick start")[2].partition("\n## ")[0]
    assert len([line for line in section.splitlines() if line.strip()]) <= 10
