"""The loss of power, played on SQLite: what was synced stays, of the rest any sector may or may not have arrived."""

import itertools
import random
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pysqlite3.dbapi2 as sqlite
import pytest

from tests.store.power_cut import ENTRIES, Cut, cuts, mixed, shim

EVERY = 23  #: syncs from one cut to the next
CUTS = 30
MIXTURES = 3
FEED_ENTRIES = (
    "SELECT feeds.url, count(entries.id) FROM feeds LEFT JOIN entries ON feed_id = feeds.id GROUP BY feeds.id"
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the shim, where there is a compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("needs a C compiler")
    return shim(tmp_path_factory.mktemp("shim"), compiler)


def found(path: Path) -> set[int]:
    """Open what a cut left; the file is whole, and each transaction is there as a whole or not at all."""
    with closing(sqlite.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        counts = {int(url.rpartition("/")[2]): count for url, count in connection.execute(FEED_ENTRIES)}
    assert set(counts.values()) <= {ENTRIES}
    return set(counts)


def lost(cut: Cut, folders: Iterator[Path], dice: random.Random | None) -> frozenset[int]:
    """Say what was acknowledged and is not there after the cut."""
    folder = next(folders)
    missing = cut.acknowledged - found(cut.left(folder, dice))
    shutil.rmtree(folder)
    return missing


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_what_was_acknowledged_survives_a_power_cut(sqlite_url: str, tmp_path: Path, library: Path) -> None:
    """R21: at thirty instants, some within a checkpoint: no acknowledged commit lost, none in half, the file whole."""
    folders = (tmp_path / f"left-{number}" for number in itertools.count())
    kinds: Counter[str] = Counter()
    with cuts(Path(sqlite_url.removeprefix("sqlite:///")), library, "FULL", EVERY) as instants:
        for number, cut in enumerate(itertools.islice(instants, CUTS)):
            for dice in (None, *(random.Random(f"{number} {one}") for one in range(MIXTURES))):
                assert lost(cut, folders, dice) == frozenset(), (number, dice is None)
            kinds.update(name for name in cut.synced if cut.synced[name] != cut.written[name])
    assert len(cut.acknowledged) > CUTS
    assert kinds["storywatch.db"] >= 2
    assert kinds["storywatch.db-wal"] >= 5


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_without_full_the_same_cut_loses_commits(sqlite_url: str, tmp_path: Path, library: Path) -> None:
    """R21: with synchronous=NORMAL the experiment finds losses, so it would find them above; the file stays whole."""
    folders = (tmp_path / f"left-{number}" for number in itertools.count())
    with cuts(Path(sqlite_url.removeprefix("sqlite:///")), library, "NORMAL", every=1) as instants:
        assert any(lost(cut, folders, None) for cut in itertools.islice(instants, 6))


def test_a_mixture_touches_only_what_was_being_written() -> None:
    """Bytes that were synced and are not written again stay; written ones come old, new or as zeros; growth is cut."""
    old, new = bytes([1]) * 2000, bytes([1]) * 700 + bytes([2]) * 2300
    made = [mixed(old, new, random.Random(seed)) for seed in range(50)]
    assert all(one.startswith(old[:700]) and len(old) <= len(one) <= len(new) for one in made)
    assert {byte for one in made for byte in one} == {0, 1, 2}
    assert len({len(one) for one in made}) > 10
