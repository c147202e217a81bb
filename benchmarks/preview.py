"""How long a query takes to be tried on an archive, and what the archive's index of words costs.

In: nothing; texts are those of the real data beside the checkout, their sentences shuffled, or made up where that is
absent. Out: a table on standard output; ends with 1 if the slowest query takes longer than `LIMIT_SECONDS`. Hides
nothing. Trap: the archive is made anew in a folder of its own each time, minutes for 100,000 articles.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from benchmarks.matching import read_articles
from pipeline.alerts import fast_terms, parse_query
from pipeline.alerts.preview import preview
from pipeline.asking import ask
from pipeline.rule import Growth, Rule
from pipeline.rule_text import write_rule
from pipeline.store import search
from pipeline.store.database import Database
from pipeline.store.tables import articles, entries, feeds, stories
from pipeline.trial import try_query

LIMIT_SECONDS = 2.0
COUNT, QUICK_COUNT = 100_000, 10_000
NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAYS = 30
BATCH = 1_000  #: articles stored in one transaction
QUERIES = (
    "zandi",
    "trump AND immigration -football",
    '"white house" OR "supreme court"',
    "the",
    "sanction* AND (russia OR iran)",
    "*burg",
    "trump~1 wall",
    "name:Netanyahou",
    "stem-en:negotiate",
    "case:US AND trade",
    "trump NEAR/5 wall",
    "trump /wall (fund|pay)\\w*/",
    "lang:en site:outlet7.example trump",
    "published:>now-2d folder:folder3 police",
)
RULES = (
    Rule(outlets=3),
    Rule(outlets=2, texts=3, growth=Growth(3, 24)),
    Rule(first_in_language=True),
    Rule(outlets=3, first_in_language=True),
)
#: What placing the articles would have left, every fifth a copy.
_SETTLED = (
    """
    INSERT INTO groupings (article_id, story_id, kind, score, why, decided_at)
    SELECT id, story_id, CASE WHEN id % 5 = 0 THEN 'copy' ELSE 'report' END, 1, '', stored_at FROM articles
    """,
    "UPDATE stories SET article_count = (SELECT count(*) FROM articles WHERE articles.story_id = stories.id)",
)
_PLAIN_ENTRY = {
    "host": "outlet.example",
    "title": "",
    "summary": "",
    "content": "",
    "author": "",
    "language": "en",
    "guid": "",
    "published_raw": "",
    "state": "done",
    "error": "",
    "attempts": 1,
    "crashes": 0,
    "token": 0,
}


def texts(count: int) -> Iterator[tuple[str, str]]:
    """Yield titles and texts: the sentences of real articles, shuffled among them."""
    rng = random.Random(7)
    known = read_articles()
    sentences = [sentence for _, text in known for sentence in text.split(". ")]
    for number in range(count):
        title, text = known[number % len(known)]
        size = max(text.count(". "), 8)
        yield f"{title} {number}", ". ".join(rng.choices(sentences, k=size)) + f". Number w{number}."


def fill(database: Database, count: int) -> tuple[float, float]:
    """Fill a store; give milliseconds an article for everything, and for the index of words alone."""
    rng = random.Random(8)
    with database.write() as tx:
        for number in range(10):
            tx.execute(feeds.insert().values(_feed(number)))
    whole = words = 0.0
    made = list(enumerate(texts(count), 1))
    for start in range(0, count, BATCH):
        batch = made[start : start + BATCH]
        began = time.process_time()
        with database.write() as tx:
            _store(tx, [(number, title, text, _stored_at(number, count)) for number, (title, text) in batch], rng)
            added = time.process_time()
            for number, (title, text) in batch:
                search.add(tx, number, fast_terms(title), fast_terms(text))
            words += time.process_time() - added
        whole += time.process_time() - began
    with database.write() as tx:
        for statement in _SETTLED:
            tx.execute(sa.text(statement))
    return whole / count * 1_000, words / count * 1_000


def _feed(number: int) -> dict[str, object]:
    plain = dict.fromkeys(("minimum_interval_seconds", "error_count", "poll_count", "failed_poll_count", "token"), 0)
    return plain | {
        "url": f"https://outlet{number}.example/feed",
        "url_key": number.to_bytes(16, "big"),
        "host": f"outlet{number}.example",
        "title": f"Feed {number}",
        "folder": f"folder{number}",
        "state": "active",
        "added_at": NOW,
        "removed": False,
        "skip_hours": [],
        "next_poll_at": NOW,
        "last_error": "",
    }


def _stored_at(number: int, count: int) -> datetime:
    return NOW - timedelta(days=DAYS) * (1 - number / count)


def _store(tx: sa.Connection, batch: list[tuple[int, str, str, datetime]], rng: random.Random) -> None:
    """Store articles with their entries, three articles to a story on average."""
    tx.execute(entries.insert(), [_entry(number, at) for number, _, _, at in batch])
    tx.execute(stories.insert(), [_story(number, title, at) for number, title, _, at in batch])
    tx.execute(articles.insert(), [_article(*one, rng) for one in batch])


def _entry(number: int, at: datetime) -> dict[str, object]:
    key = number.to_bytes(16, "big")
    entry = {"feed_id": number % 10 + 1, "identity": str(number), "identity_key": key, "url": "", "page_key": key}
    return _PLAIN_ENTRY | entry | {"first_seen_at": at, "next_attempt_at": at}


def _article(number: int, title: str, text: str, at: datetime, rng: random.Random) -> dict[str, object]:
    key = number.to_bytes(16, "big")
    outlet = f"outlet{number % 10}.example"
    story_id = number if number < 10 or rng.random() < 1 / 3 else rng.randrange(max(number - 3_000, 1), number)
    return {
        "entry_id": number,
        "story_id": story_id,
        "url": f"https://{outlet}/{number}",
        "url_key": key,
        "title": title,
        "text": text,
        "outlet": outlet,
        "language": "en",
        "byline": "A. Writer",
        "site": "Outlet",
        "text_source": "page",
        "published_at": at,
        "first_seen_at": at,
        "stored_at": at,
        "text_hash": key,
        "minhash": [number] * 128,
        "bands": [number] * 32,
        "terms": {},
        "word_count": 1,
    }


def _story(number: int, title: str, at: datetime) -> dict[str, object]:
    times = {"first_at": at, "last_at": at, "changed_at": at}
    counts = {"article_count": 1, "text_count": 1, "outlet_count": 1}
    return {"id": number, "title": title, "language": "en"} | times | counts


def tried(database: Database, query: str) -> tuple[float, int, int]:
    """Try one query; give the seconds of processor, the articles met and the articles read."""
    began = time.process_time()
    with database.read() as tx:
        found = ask(tx, parse_query(query), NOW - timedelta(days=DAYS))
        preview(found, NOW)
    return time.process_time() - began, len(found.met), found.read_count


def tried_with(database: Database, query: str, rule: Rule) -> tuple[float, int, int]:
    """Try one query with conditions; give the seconds of processor, the articles met and the alerts."""
    began = time.process_time()
    with database.read() as tx:
        seen = try_query(tx, query, DAYS, NOW, rule).preview
    return time.process_time() - began, seen.match_count, seen.alert_count


def main() -> bool:
    """Print the table; tell whether the targets are met."""
    parser = argparse.ArgumentParser(description="What it costs to try a query on the archive.")
    parser.add_argument("--quick", action="store_true", help="10,000 articles instead of 100,000")
    count = QUICK_COUNT if parser.parse_args().quick else COUNT
    with tempfile.TemporaryDirectory() as folder:
        database = Database.open(f"sqlite:///{Path(folder) / 'archive.db'}")
        database.migrate()
        whole, words = fill(database, count)
        print(f"{count:,} articles; {whole:.2f} ms of processor an article, {words:.2f} of it for the words\n")
        slowest = 0.0
        for query in QUERIES:
            seconds, met, read = tried(database, query)
            slowest = max(slowest, seconds)
            print(f"{query:>45} {seconds:8.2f} s {met:8} met {read:6} read")
        for rule in RULES:
            seconds, met, alert_count = tried_with(database, "the", rule)
            slowest = max(slowest, seconds)
            print(f"{write_rule(rule)!s:>45} {seconds:8.2f} s {met:8} met {alert_count:6} alerts")
        database.close()
    print(
        f"| a query tried on {count:,} articles, s of processor, the slowest of {len(QUERIES) + len(RULES)} "
        f"| {slowest:.2f} | the limit | {LIMIT_SECONDS:g} | {slowest / LIMIT_SECONDS:.2f} x | at most 1 x |"
    )
    return slowest <= LIMIT_SECONDS


if __name__ == "__main__":
    sys.exit(not main())
