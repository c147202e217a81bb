"""Extraction in children that can be killed."""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from pipeline.articles.extractor import Extractor
from pipeline.articles.hint import Hint
from pipeline.errors import Poison, Transient
from pipeline.model import Reason

SENTENCE = "The harbour council agreed on Tuesday to close the northern lock for eleven weeks."
GOOD = f"<html lang=en><title>Lock</title><body><h1>Lock</h1>{f'<p>{SENTENCE}</p>' * 5}</body></html>"
# Many short paragraphs, as in R11: eleven seconds of work where it was measured.
SLOW = "<html><body>" + "".join(f"<p>word {number} here</p>" for number in range(150_000)) + "</body></html>"
URL = "https://harbour.example/lock"


@pytest.fixture
async def extractor() -> AsyncIterator[Extractor]:
    """One child, more time for a page than any needs."""
    one = Extractor(processes=1, seconds=60, megabytes=1024)
    yield one
    await one.close()


def children() -> list[int]:
    """List the living children of this process that extract."""
    return [pid for pid in _descendants() if "pipeline.articles.child" in _command(pid)]


def _descendants() -> Iterator[int]:
    for task in Path("/proc/self/task").iterdir():
        with suppress(OSError):  # a thread of another test may end just now
            yield from map(int, (task / "children").read_text().split())


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def open_files() -> int:
    """Count the open files of this process."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


async def _until_gone(pid: int) -> None:
    """Wait until a process is no more: its descriptor becomes readable at its end (pidfd_open(2))."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(descriptor, ended.set)
    try:
        await asyncio.wait_for(ended.wait(), 60)
    finally:
        asyncio.get_running_loop().remove_reader(descriptor)
        os.close(descriptor)


async def test_extracts_many_at_once() -> None:
    """More pages than children wait their turn, and each gets its own answer."""
    extractor = Extractor(processes=2, seconds=20, megabytes=1024)
    pages = [GOOD.replace("eleven", f"number{number}") for number in range(20)]
    found = await asyncio.gather(*(extractor.extract(page, URL, Hint()) for page in pages))
    assert [f"number{number}" in extract.text for number, extract in enumerate(found)] == [True] * 20
    assert len(children()) == 2
    await extractor.close()
    assert children() == []


async def test_text_is_plain_and_complete(extractor: Extractor) -> None:
    """Text, title and language come through the pipe, any script and control bytes too."""
    page = GOOD.replace("northern", "Вороний 北門 \x00\ud800").replace("<title>", "<title>Ворота ")
    extract = await extractor.extract(page, URL, Hint())
    assert extract.text.count("Вороний 北門") >= 1
    assert "\x00" not in extract.text
    assert (extract.title, extract.language) == ("Lock", "en")


async def test_slow_page_is_killed_and_the_next_is_served() -> None:
    """R9, R10, R11: a page stuck in C code ends with its child at its time limit; the next page is not its victim."""
    extractor = Extractor(processes=1, seconds=2, megabytes=1024)
    await extractor.extract(GOOD, URL, Hint())
    (victim,) = children()
    for _ in range(2):
        with pytest.raises(Poison) as poison:
            await extractor.extract(SLOW, URL, Hint())
        assert poison.value.reason is Reason.EXTRACTION_TIMED_OUT
        assert SENTENCE in (await extractor.extract(GOOD, URL, Hint())).text
    assert victim not in children()
    assert len(children()) == 1
    await extractor.close()


async def test_crash_is_told_and_the_next_is_served() -> None:
    """R11: a child that dies by a signal in mid-page makes that page poison, no other."""
    extractor = Extractor(processes=1, seconds=60, megabytes=1024)
    await extractor.extract(GOOD, URL, Hint())
    slow = asyncio.create_task(extractor.extract(SLOW, URL, Hint()))
    await asyncio.sleep(0)
    os.kill(children()[0], signal.SIGSEGV)
    with pytest.raises(Poison, match="signal 11") as poison:
        await slow
    assert poison.value.reason is Reason.EXTRACTION_CRASHED
    assert SENTENCE in (await extractor.extract(GOOD, URL, Hint())).text
    await extractor.close()


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_to_the_whole_group_spares_the_page(extractor: Extractor, asked: signal.Signals) -> None:
    """R13: service managers and terminals signal every process of a group; a child then goes on reading its page."""
    await extractor.extract(GOOD, URL, Hint())
    (pid,) = children()
    reading = asyncio.create_task(extractor.extract(GOOD * 50, URL, Hint()))
    await asyncio.sleep(0)
    os.kill(pid, asked)
    assert SENTENCE in (await reading).text
    assert children() == [pid]


async def test_a_stop_of_the_group_while_a_child_starts_costs_no_page(extractor: Extractor) -> None:
    """R13: a child that cannot ignore the signal yet is started again, and its page waits for no second try."""
    reading = asyncio.create_task(extractor.extract(GOOD, URL, Hint()))
    await asyncio.sleep(0)  # its first step starts the child
    (pid,) = children()
    os.kill(pid, signal.SIGTERM)
    assert SENTENCE in (await reading).text
    assert children() != [pid]


async def test_child_killed_while_idle_costs_nothing(extractor: Extractor) -> None:
    """A child that the system killed between two pages is replaced without a page being blamed."""
    await extractor.extract(GOOD, URL, Hint())
    (pid,) = children()
    os.kill(pid, signal.SIGKILL)
    await _until_gone(pid)
    process = extractor._children[0]._process
    assert process is not None
    await process.wait()  # until asyncio has reaped it
    assert SENTENCE in (await extractor.extract(GOOD, URL, Hint())).text


async def test_page_that_needs_too_much_memory_is_poison() -> None:
    """R12: the memory limit ends the child, not the worker; the page counts as crashed, not as empty."""
    extractor = Extractor(processes=1, seconds=60, megabytes=120)
    with pytest.raises(Poison) as poison:
        await extractor.extract("<html><body>" + "<p>a b c d e f g</p>" * 250_000, URL, Hint())
    assert poison.value.reason is Reason.EXTRACTION_CRASHED
    assert SENTENCE in (await extractor.extract(GOOD, URL, Hint())).text
    await extractor.close()


async def test_cancelled_page_frees_its_child() -> None:
    """R9: a caller that gives up takes the page's child along; the place is free again."""
    extractor = Extractor(processes=1, seconds=60, megabytes=1024)
    await extractor.extract(GOOD, URL, Hint())
    slow = asyncio.create_task(extractor.extract(SLOW, URL, Hint()))
    await asyncio.sleep(0.05)
    slow.cancel()
    with pytest.raises(asyncio.CancelledError):
        await slow
    assert SENTENCE in (await extractor.extract(GOOD, URL, Hint())).text
    await extractor.close()


@pytest.mark.parametrize("program", ["/nowhere/python", "/bin/false"], ids=["missing", "ends at once"])
async def test_child_that_cannot_start_blames_no_page(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """A child that does not come up may come up later, and is not the page's fault."""
    extractor = Extractor(processes=1, seconds=5, megabytes=1024)
    with monkeypatch.context() as patched:
        patched.setattr(sys, "executable", program)
        with pytest.raises(Transient) as transient:
            await extractor.extract(GOOD, URL, Hint())
    assert transient.value.reason is Reason.WORKER_LOST
    assert SENTENCE in (await extractor.extract(GOOD, URL, Hint())).text
    await extractor.close()


async def test_children_die_with_their_parent(tmp_path: Path) -> None:
    """A worker killed outright leaves no extracting child behind, not even one that is busy."""
    script = tmp_path / "parent.py"
    script.write_text(
        "import asyncio, sys\n"
        "from pipeline.articles import Extractor, Hint\n"
        "async def main():\n"
        "    extractor = Extractor(processes=1, seconds=60, megabytes=1024)\n"
        f"    await extractor.extract({GOOD!r}, {URL!r}, Hint())\n"
        "    print(extractor._children[0]._process.pid, flush=True)\n"
        "    page = ''.join(f'<p>word {number} here</p>' for number in range(150_000))\n"
        "    await extractor.extract(page, 'https://a.example/', Hint())\n"
        "asyncio.run(main())\n"
    )
    root = str(Path(__file__).parents[2])
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, str(script)), stdout=asyncio.subprocess.PIPE, env=os.environ | {"PYTHONPATH": root}
    )
    assert parent.stdout is not None
    child = int(await parent.stdout.readline())
    parent.kill()
    await parent.wait()
    await _until_gone(child)


async def test_many_kills_leak_nothing(extractor: Extractor) -> None:
    """Kill after kill leaves no process, no open file and no thread behind."""
    await extractor.extract(GOOD, URL, Hint())
    before, threads_before = open_files(), threading.active_count()
    for _ in range(20):
        slow = asyncio.create_task(extractor.extract(SLOW, URL, Hint()))
        await asyncio.sleep(0.01)
        slow.cancel()
        with pytest.raises(asyncio.CancelledError):
            await slow
    await extractor.extract(GOOD, URL, Hint())
    assert len(children()) == 1
    assert open_files() <= before + 1
    assert threading.active_count() <= threads_before + 1  # one waits for the child that just started


async def test_compressed_bytes_stay_bytes(extractor: Extractor) -> None:
    """S7: a page whose body is a gzip stream is text of odd characters to us, and never unpacked."""
    bomb = "\x1f\x8b\x08\x00" + "\x00" * 1000
    assert (await extractor.extract(bomb, URL, Hint())).text == ""


@pytest.mark.parametrize("page", ["", " \n", "<html></html>", "\x00", "<", "plain words", "<div>" * 50_000])
async def test_pages_without_article(extractor: Extractor, page: str) -> None:
    """S30: nothing to extract is an answer, however deep the nothing is nested."""
    assert len((await extractor.extract(page, URL, Hint())).text) < 20
