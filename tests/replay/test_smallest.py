"""Every benchmark that needs nothing foreign still starts, measures and ends."""

import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from benchmarks.suite import Benchmark, Ended, find_benchmarks, rows_of

ROOT = Path(__file__).parents[2]
LONGEST_SECONDS = 240
#: Set its sizes as small as they go, then run it as the suite does.
PROGRAM = "import sys, benchmarks.{name} as it; vars(it).update({sizes!r}); sys.exit(it.main())"
#: Name, sizes in the place of its own, and the words of its command line.
SMALLEST: Mapping[str, tuple[dict[str, object], Sequence[str]]] = {
    "alert_delay": ({"QUICK_CROWD": 12, "QUICK_SECONDS": 3}, ["--quick"]),
    "grouping": ({"QUICK_SIZES": (60, 120), "QUICK_PROBES": 20, "WARM_UP": 5}, ["--quick"]),
    "matching": ({}, ["1000", "2000"]),
    "outbox.__main__": ({}, ["--rounds", "6"]),
    "poll_many": ({"QUICK_COUNT": 10, "INTERVAL_SECONDS": 4.0}, ["--quick"]),
    "poll_shared": ({"QUICK_COUNT": 40}, ["--quick"]),
    "poll_unchanged": ({"QUICK_COUNT": 20, "ROUNDS": 1}, ["--quick"]),
    "preview": ({"QUICK_COUNT": 200}, ["--quick"]),
    "worker_throughput": ({"OUR_PAGES": 40, "RIVAL_PAGES": 2}, []),
}
#: Those that need a network, an engine for containers, a browser, a rival's packages or the real data; those without a
#: figure; and those of which another test does the same: `idle` starts `storywatch run`, `killed_day` has its own.
ELSEWHERE = {
    *(
        "compose",
        "conformance",
        "extraction",
        "installs",
        "pages",
        "poll_changed",
        "queue_page",
        "replay",
        "text_model",
    ),
    *("dispatching", "fuzz", "idle", "killed_day", "polling"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALLEST)
def test_the_smallest_size_starts_and_ends(name: str) -> None:
    """Figures come out, whatever they are: a target is not to be met with so little."""
    sizes, words = SMALLEST[name]
    done = subprocess.run(  # noqa: S603 - our own modules
        [sys.executable, "-c", PROGRAM.format(name=name, sizes=sizes), *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    rows = rows_of(Benchmark(name, "", has_quick=True), Ended(0, done.stdout, done.stderr))
    assert rows[0].met is not None, done.stdout + done.stderr
    assert all(re.search(r"\d", row.figure) for row in rows)


def test_every_benchmark_is_run_small_or_known_to_need_more() -> None:
    """Whoever adds a benchmark adds its smallest size, or says why not."""
    small = {name.partition(".")[0] for name in SMALLEST}
    assert small | ELSEWHERE >= {benchmark.name for benchmark in find_benchmarks()}
    assert not small & ELSEWHERE
