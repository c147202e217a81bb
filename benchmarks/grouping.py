"""Measure what grouping one article costs with 1,000,000 articles in the window, against 250,000.

In: nothing; grouping.sql makes articles up. Out: the 99th percentile of both as rows of a table; 1 if a target is
missed. Trap: the two databases take turns article by article, so that a busy machine disturbs both alike; what is
timed is all of grouping (weighing, finding, deciding, storing and indexing) in time of our thread with the files in
memory, but not the commit, which waits for the disk.
"""

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path

import pysqlite3.dbapi2 as sqlite

from pipeline.accept import place_article
from pipeline.model import Article, Entry, Sketch, TextSource
from pipeline.store import feeds, shown
from pipeline.store.database import Database
from pipeline.store.types import microseconds
from pipeline.stories import sketch

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WINDOW = timedelta(hours=72)
SIZES, QUICK_SIZES = (250_000, 1_000_000), (10_000, 40_000)
PROBES, QUICK_PROBES = 600, 200
WARM_UP = 50
MOST_GROWTH = 1.5
MOST_MILLISECONDS = 10.0
WORDS, NAMES = 60_000, 400_000  #: as grouping.sql has them
WORDS_OF_ARTICLE, NAMES_OF_ARTICLE = 180, 18
COMMON = list(accumulate(1 / (rank + 3) for rank in range(WORDS)))  # how often words are used (Zipf)

FILL = Path(__file__).with_suffix(".sql")


def fill(file: Path, size: int) -> None:
    """Store so many articles of the window, sorted as the indexes want them; their entries are left out."""
    since, step = microseconds(NOW - WINDOW * 0.9), int(WINDOW.total_seconds() * 0.9 * 1_000_000 / size)
    connection = sqlite.connect(str(file))
    connection.execute("PRAGMA synchronous = OFF")
    for statement in FILL.read_text(encoding="utf-8").split(";\n"):
        connection.execute(statement, {"size": size, "since": since, "step": step})
    connection.commit()
    connection.close()


def add_entries(database: Database, count: int) -> list[int]:
    """Make the entries of the articles that are grouped."""
    with database.write() as tx:
        feed_id = feeds.add(tx, "https://feed.example/", now=NOW).id
        made = [Entry(f"id-{n}", f"https://o.example/{n}") for n in range(count)]
        shown.store(tx, [shown.Document(feed_id, made, None)], NOW)
        return [*tx.exec_driver_sql("SELECT id FROM entries ORDER BY id").scalars()]


def draw(number: int, size: int) -> tuple[str, str]:
    """Give title and text of an article; most of its names are those of one story."""
    rng = random.Random(number)
    words = [f"word{rank}" for rank in rng.choices(range(WORDS), cum_weights=COMMON, k=3 * WORDS_OF_ARTICLE)]
    story = rng.randrange(size // 3) + 1
    names = [f"name{_name(story, n)}" for n in range(NAMES_OF_ARTICLE)] * 2
    text = words + names
    rng.shuffle(text)
    return " ".join([*names[:3], *words[:6]]), " ".join(text)


def _name(story: int, n: int) -> int:
    return (story * 7919 + n * 15485863 + story * n * 104729) % 1_000_000_007 % NAMES


def probe(database: Database, entry_id: int, size: int) -> float:
    """Group one more article; gives the milliseconds of our thread, which neighbours on the machine do not add to."""
    title, text = draw(entry_id, size)
    made: Sketch = sketch(title, text, "en")
    outlet = f"o{entry_id % 50}.example"
    article = Article(f"https://{outlet}/{entry_id}", title, text, outlet, "en", NOW, NOW, TextSource.PAGE)
    with database.write() as tx:
        began = time.thread_time()
        place_article(tx, entry_id, article, made, WINDOW, NOW)
        return (time.thread_time() - began) * 1000


def measure(folder: Path, sizes: Sequence[int], probes: int) -> list[list[float]]:
    """Give the milliseconds of each article at each size."""
    databases = [Database.open(f"sqlite:///{folder / f'{size}.db'}") for size in sizes]
    for database, size in zip(databases, sizes, strict=True):
        began = time.perf_counter()
        database.migrate()
        fill(folder / f"{size}.db", size)
        sys.stderr.write(f"{size:,} articles stored in {time.perf_counter() - began:.0f} s\n")
    entry_ids = [add_entries(database, probes + WARM_UP) for database in databases]
    taken: list[list[float]] = [[] for _ in sizes]
    for ids in zip(*entry_ids, strict=True):
        for database, size, entry_id, times in zip(databases, sizes, ids, taken, strict=True):
            times.append(probe(database, entry_id, size))
    for database in databases:
        database.close()
    return [times[WARM_UP:] for times in taken]


def percentile(values: Sequence[float], share: float) -> float:
    """Give the value that this share of the values does not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def rows(sizes: Sequence[int], taken: Sequence[Sequence[float]]) -> Iterator[str]:
    """Write the figures."""
    few, many = (percentile(times, 0.99) for times in taken)
    what = f"grouping, p99, {sizes[1]:,} articles in the window"
    median = f"median {statistics.median(taken[1]):.2f} ms"
    yield "| what | ours | against | theirs | ratio | target |"
    yield "|---|---|---|---|---|---|"
    yield f"| {what} | {many:.2f} ms | {sizes[0]:,} | {few:.2f} ms | {many / few:.2f} x | at most {MOST_GROWTH} x |"
    yield f"| {what} | {many:.2f} ms | a limit | {median} | {many:.2f} ms | at most {MOST_MILLISECONDS:.0f} |"


def main() -> int:
    """Measure, print, say whether the targets are met."""
    parser = argparse.ArgumentParser(description="Measure what grouping costs as the window fills.")
    parser.add_argument("--quick", action="store_true", help="smaller sizes")
    quick = parser.parse_args().quick
    sizes, probes = (QUICK_SIZES, QUICK_PROBES) if quick else (SIZES, PROBES)
    with tempfile.TemporaryDirectory() as folder:
        taken = measure(Path(folder), sizes, probes)
    print("\n".join(rows(sizes, taken)))
    few, many = (percentile(times, 0.99) for times in taken)
    return 0 if many <= MOST_GROWTH * few and many <= MOST_MILLISECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
