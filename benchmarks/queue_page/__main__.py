"""How long the queue's pages take in a browser with 200,000 failures, against rq-dashboard with as many failed jobs.

In: nothing. Out: a table on standard output; ends with 1 if a page is slower than `LIMIT_MS`, 2 without a browser.
Hides nothing. Trap: rq-dashboard's page is empty until a script has asked for its data, so its time runs until the
first job stands there; ours is there with the document.
"""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page
from redis import Redis

from benchmarks.queue_page.browser import CHROMIUM, browsing, opened_ms, pressed_ms, shown_ms, unfold
from benchmarks.queue_page.failures import fill_history, fill_queue, fill_store
from benchmarks.queue_page.servers import serving, valkey
from config.settings import WebSettings
from dashboard.app import create_app
from pipeline.store.database import Database

FAILURES, ROUNDS = 200_000, 9
LIMIT_MS = 300
GROUP = "/queue/failures?host=host0.example&reason=timed_out&state=waiting"
DROP = "form[action='/queue/failures/drop']"
FAILED_JOBS = "/rq/0/view/jobs/pages/failed/8/dsc/1"


def main() -> int:
    """Measure; see the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the failures")
    count = FAILURES // 10 if parser.parse_args().quick else FAILURES
    if CHROMIUM is None:
        sys.stderr.write("no Chromium on this machine\n")
        return 2
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = Database.open(f"sqlite:///{folder / 'storywatch.db'}")
        database.migrate()
        fill_store(database, count)
        fill_history(database)
        with valkey(folder / "data") as url:
            fill_queue(Redis.from_url(url), count)
            with serving(create_app(database, WebSettings(), queue_url=url)) as origin, browsing() as page:
                rows = _measured(page, origin, count)
        database.close()
    print("| what | ours | against | theirs | ratio | target |")
    print("|---|---|---|---|---|---|")
    print("\n".join(row for row, _ in rows))
    return int(any(ms > LIMIT_MS for _, ms in rows))


def _measured(page: Page, origin: str, count: int) -> list[tuple[str, float]]:
    """Open each page several times, then press the buttons that change it."""
    queue = _median(lambda: opened_ms(page, f"{origin}/queue"))
    assert "What failed, by host and cause" in page.content()
    theirs = _median(lambda: shown_ms(page, origin + FAILED_JOBS, "a[href*='/job/']"), 3)
    group = _median(lambda: opened_ms(page, origin + GROUP))
    page.goto(f"{origin}/queue")
    again = pressed_ms(page, "form[action='/queue/failures/retry'] button")
    unfold(page, DROP)
    dropped = pressed_ms(page, f"{DROP} button")
    after = _median(lambda: opened_ms(page, f"{origin}/queue"))
    print(f"the largest group tried again in {again:,.0f} ms, dropped in {dropped:,.0f} ms, with the page that follows")
    beside = f"a limit; rq-dashboard shows eight of {count:,} failed jobs in {theirs:,.0f} ms"
    return [
        _row(f"queue page in Chromium, {count:,} failures", queue, beside),
        _row("the same, its largest group opened", group, "a limit"),
        _row("the same, after the largest group was dropped", after, "a limit"),
    ]


def _row(what: str, ms: float, beside: str) -> tuple[str, float]:
    limit = f"{LIMIT_MS} ms"
    return f"| {what} | {ms:.0f} ms | {beside} | {limit} | {ms / LIMIT_MS:.2f} | at most 1 |", ms


def _median(ask: Callable[[], float], rounds: int = ROUNDS) -> float:
    """Give the median of some rounds, the first one left out."""
    return statistics.median([ask() for _ in range(rounds + 1)][1:])


if __name__ == "__main__":
    sys.exit(main())
