"""The benchmark of pages end to end: what is published, what is counted, what is printed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.faults.process_tree import cpu_seconds
from benchmarks.pages.__main__ import print_row
from benchmarks.pages.published import HOSTS_MADE_UP, MADE_UP_COUNT, made_up, publish, real_addresses
from benchmarks.pages.timed import Timed
from benchmarks.suite import Benchmark, Ended, rows_of
from pipeline.urls import canonical

ABOUT = Benchmark("pages", "Measure pages.", has_quick=True)
PORT = 4711
BURN = "sum(n * n for n in range(3_000_000)); print('done', flush=True); input()"


def test_without_the_data_pages_are_made_up(tmp_path: Path) -> None:
    """Without real pages there are as many made-up ones, each at an address of its own below localhost."""
    pages = publish(tmp_path, PORT, None)
    assert len({canonical(page.url) for page in pages}) == len(pages) == MADE_UP_COUNT
    assert all(f".localhost:{PORT}/" in page.url for page in pages)


def test_fewer_pages_are_spread_over_all(tmp_path: Path) -> None:
    """A part of the pages is taken from everywhere, not from the first hosts alone."""
    few = publish(tmp_path, PORT, 10)
    every = [page.url for page in made_up(PORT)]
    places = [every.index(page.url) for page in few]
    assert len(few) == 10
    assert places[0] < HOSTS_MADE_UP < MADE_UP_COUNT - HOSTS_MADE_UP <= places[-1]


@pytest.mark.corpus
def test_real_pages_are_published(shared_data: Path) -> None:
    """Real pages are found, no address twice, and some of them are there with a headline as a feed would give one."""
    addresses = real_addresses(shared_data / "extraction")
    few = publish(shared_data, PORT, 8)
    assert len({canonical(address.url) for address in addresses}) == len(addresses) > 1_000
    assert len(few) == 8
    assert all(page.body for page in few)
    assert any(page.title for page in few)


def test_processor_time_counts_children(tmp_path: Path) -> None:
    """What a child of a process has used is part of the tree's time, while it runs and after it has ended."""
    before = cpu_seconds(os.getpid())
    child = subprocess.Popen(  # noqa: S603 - the program above
        [sys.executable, "-c", BURN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=tmp_path
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"done\n"
    alive = cpu_seconds(os.getpid()) - before
    child.communicate(b"\n")
    assert cpu_seconds(os.getpid()) - before >= alive > 0.05


@pytest.mark.parametrize(("goal", "met"), [(0.75, False), (0.25, True)])
def test_a_row_is_read_as_it_is_meant(capsys: pytest.CaptureFixture[str], goal: float, met: bool) -> None:
    """The row printed says what the suite then reads: the ratio by the clock, against the goal."""
    mine, theirs = Timed(200, 190, 20.0, 12.0), Timed(200, 200, 10.0, 4.0)
    assert print_row(mine, "bare", theirs, goal) is met
    [row] = rows_of(ABOUT, Ended(0, capsys.readouterr().out, ""))
    assert (row.met, "0.50 x" in row.figure) == (met, True)
