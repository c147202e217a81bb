"""Real pages over the whole way, as `storywatch run` takes them: every promise, judged once."""

import asyncio
from pathlib import Path

import pytest

from benchmarks.replay.corpus import is_there
from benchmarks.replay.play import play
from benchmarks.replay.report import PROMISES, Report

pytestmark = [pytest.mark.corpus, pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def report(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Play all pages once for the tests of this module."""
    if not is_there(shared_data):
        pytest.skip("the real pages, their gold or their scorer are not beside this checkout")
    played = asyncio.run(play(shared_data, tmp_path_factory.mktemp("replay")))
    print("\n".join(played.lines()))  # noqa: T201 - the figures are what this test is run for
    return played


@pytest.mark.parametrize("name", PROMISES)
def test_a_promise_holds_on_real_pages(report: Report, name: str) -> None:
    """What README promises holds for 181 real pages, their copies and their repeats."""
    [promise] = [promise for promise in report.promises if promise.name == name]
    assert promise.holds, promise.said


def test_the_run_was_no_empty_one(report: Report) -> None:
    """Enough was published, asked and heard that a promise could have failed."""
    assert report.figures["pages published"] > 181
    assert report.figures["alerts raised"] > report.figures["subscriptions"]
    assert report.figures["words of gold texts heard of"] >= 0.95 * report.figures["words of gold texts asked for"]
