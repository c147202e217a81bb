"""Measure what one article costs against 1,000, 10,000 and 100,000 subscriptions.

In: nothing; terms and articles are those of the real data beside the checkout (`../shared/data`), or made up
where that is absent. Out: a table on standard output; ends with 1 if the most subscriptions cost more than
`MOST_GROWTH` times what the fewest cost. Hides nothing. Trap: the floor, cutting the article into words, is measured
in the same run; compare with it, not with figures of another machine.
"""

import argparse
import gzip
import json
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from pipeline.alerts import SubscriptionIndex
from pipeline.alerts.query.evaluate import ArticleWords
from pipeline.model import Matchable, Subscription

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
NAMES = SHARED_DATA / "names" / "variants.jsonl"
ARTICLES = SHARED_DATA / "stories" / "basil.jsonl.gz"
TOPICS = ("election", "sanctions", "flood", "budget", "trial", "strike", "merger", "vaccine", "border", "climate")
NOISE = ("football", "horoscope", "obituary", "recipe", "quiz")
MOST_GROWTH = 4.0  #: for a hundred times the subscriptions; cost is to follow the matches, not their number
Texts = list[tuple[str, str]]


def read_names() -> list[str]:
    """Give names of people and places, each once, in file order; made-up ones without the data."""
    if not NAMES.exists():
        return [f"Name{n % 4_000:x} Family{n // 3:x}" for n in range(60_000)]
    with NAMES.open(encoding="utf-8") as lines:
        names = [name for line in lines for name in json.loads(line)["names"]]
    return list(dict.fromkeys(name for name in names if len(name) > 2 and '"' not in name))


def read_articles() -> Texts:
    """Give titles and texts of news articles; made-up ones without the data."""
    if not ARTICLES.exists():
        rng = random.Random(1)
        return [("Title", " ".join(f"w{int(rng.paretovariate(0.6))}" for _ in range(750))) for _ in range(200)]
    with gzip.open(ARTICLES, "rt", encoding="utf-8") as lines:
        return [(story["title"], story["text"]) for story in map(json.loads, lines)]


def queries(names: list[str], seed: int) -> Iterator[str]:
    """Yield queries without end: a third plain names, a third with a topic or an exclusion, a third with OR."""
    rng = random.Random(seed)
    while True:
        name, other, topic = rng.choice(names), rng.choice(names), rng.choice(TOPICS)
        yield f'"{name}"'
        yield f'"{name}" {topic} -{rng.choice(NOISE)}'
        yield f'("{name}" OR "{other}") ({topic} OR {rng.choice(TOPICS)})'


def build(count: int, names: list[str]) -> tuple[SubscriptionIndex, float, float]:
    """Build an index; give the seconds it took, and those for building it anew in the same process."""
    asked = queries(names, seed=count)
    subscriptions = [Subscription(n, "", next(asked), ()) for n in range(count)]
    started = time.process_time()
    index = SubscriptionIndex(subscriptions)
    built = time.process_time()
    SubscriptionIndex(subscriptions)
    return index, built - started, time.process_time() - built


def milliseconds(work: Callable[[str, str], object], articles: Texts) -> list[float]:
    """Time each article once, sorted, after a first round that fills the caches."""
    for title, text in articles[:50]:
        work(title, text)
    times = []
    for title, text in articles:
        started = time.process_time()
        work(title, text)
        times.append((time.process_time() - started) * 1_000)
    return sorted(times)


def match(index: SubscriptionIndex, title: str, text: str) -> object:
    """Match one article."""
    return index.match(Matchable(title, text))


def row(label: str, times: list[float], rest: str = "") -> None:
    """Print one line of the table."""
    print(f"{label:>20} {statistics.median(times):10.2f} {times[int(len(times) * 0.95)]:10.2f} {rest}")


def main() -> bool:
    """Print the table; tell whether the target is met."""
    parser = argparse.ArgumentParser(description="What one article costs against many subscriptions.")
    parser.add_argument("counts", nargs="*", type=int, default=[1_000, 10_000, 100_000])
    parser.add_argument("--quick", action="store_true", help="leave out the largest number")
    arguments = parser.parse_args()
    counts = sorted(arguments.counts)
    counts = counts[:-1] or counts if arguments.quick else counts
    names, articles = read_names(), read_articles()
    words = statistics.mean(len(text.split()) for _, text in articles)
    print(f"{len(articles)} articles of {words:.0f} words on average, {len(names):,} names; CPU ms per article\n")
    head = ("median", "p95", "matches", "build s", "anew s", "add ms")
    print(f"{'subscriptions':>20} " + " ".join(f"{word:>10}" for word in head))
    row("words cut only", milliseconds(ArticleWords, articles))
    medians = []
    for count in counts:
        index, seconds, anew = build(count, names)
        matches = sum(len(index.match(Matchable(title, text))) for title, text in articles) / len(articles)
        started = time.process_time()
        index.add(Subscription(count, "", f'"{names[0]}" election {count}', ()))
        added = (time.process_time() - started) * 1_000
        times = milliseconds(partial(match, index), articles)
        medians.append(statistics.median(times))
        row(f"{count:,}", times, f"{matches:10.1f} {seconds:10.1f} {anew:10.1f} {added:10.2f}")
    growth = medians[-1] / medians[0]
    print(
        f"| matching: ms CPU an article, {counts[-1]:,} subscriptions | {medians[-1]:.2f} | {counts[0]:,} of them "
        f"| {medians[0]:.2f} | {growth:.1f} x | at most {MOST_GROWTH:g} x |"
    )
    return growth <= MOST_GROWTH


if __name__ == "__main__":
    sys.exit(not main())
