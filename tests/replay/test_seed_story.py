"""The page the product was thought up from, over the whole way, with another outlet's report and a copy."""

import json
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from benchmarks.replay.edition import feeds_of
from benchmarks.replay.feeds import Named
from benchmarks.replay.installation import CHANNELS, Installation, installed, running, write_files
from benchmarks.replay.origin import Origin
from benchmarks.replay.stored import is_settled, read_stored
from pipeline.alerts.subscriptions_file import SubscriptionDraft
from pipeline.model import Story
from pipeline.store import stories
from tests.replay.seed_story import OTHER_TITLE, REPORT_TITLE, article_of, copy_page, other_page, report_page
from tests.seed_page import read_seed, wrap
from workers.clock import utc_now

pytestmark = [pytest.mark.corpus, pytest.mark.slow, pytest.mark.timeout(600)]

SECONDS = 200
HOSTS = ("gazette.localhost", "harbour-courier.localhost", "valley-news.localhost")
Piece = tuple[str, str, str, bytes]  #: host, path, title, page


def publish(origin: Origin, pieces: Sequence[Piece]) -> None:
    """Serve the pages, and for each host the feed that names its own."""
    urls = [f"http://{host}:{origin.port}{path}" for host, path, _, _ in pieces]
    named = [Named(url, title) for url, (_, _, title, _) in zip(urls, pieces, strict=True)]
    origin.serve((url, "text/html; charset=utf-8", page) for url, (*_, page) in zip(urls, pieces, strict=True))
    origin.serve((feed.url, feed.media_type, feed.body) for feed in feeds_of(named, (), origin.port, utc_now()))


def prepare(folder: Path, origin: Origin) -> Path:
    """Write the files of an installation that asks for two words and polls every second."""
    drafts = [SubscriptionDraft(word, word, CHANNELS) for word in ("Kursk", "Musk")]
    feeds = [f"http://{host}:{origin.port}/feed" for host in HOSTS]
    return write_files(folder, origin, feeds, drafts, interval_seconds=1)


def newest_stories(installation: Installation) -> list[Story]:
    with installation.database.read() as tx:
        return stories.recent(tx, 10)


async def test_the_seed_page_alerts_once_for_its_own_word(shared_data: Path, tmp_path: Path) -> None:
    """Kursk alerts once and Musk, who stands in the teasers, not; a report and a copy join and raise nothing more."""
    seed = read_seed(shared_data)
    page = wrap(seed)
    assert "Musk" in page
    title, text = article_of(seed)
    first: list[Piece] = [
        (HOSTS[0], "/2025/kursk/", title, page.encode()),
        (HOSTS[1], "/market", OTHER_TITLE, other_page()),
        (HOSTS[2], "/market", OTHER_TITLE, other_page()),
    ]
    later: list[Piece] = [
        (HOSTS[1], "/kursk", REPORT_TITLE, report_page()),
        (HOSTS[2], "/kursk", title, copy_page(title, text)),
    ]
    async with Origin() as origin:
        publish(origin, first)
        with installed(prepare(tmp_path, origin)) as installation:
            async with running(installation):
                assert await installation.until(lambda store: is_settled(store, len(first)), SECONDS)
                assert [notice.subscription for notice in origin.notices] == ["Kursk"]
                publish(origin, first + later)
                assert await installation.until(lambda store: is_settled(store, len(first + later)), SECONDS)
            stored, told = read_stored(installation.database), newest_stories(installation)
            assert (installation.exit_code, installation.errors) == (0, [])
            written = (installation.data / "alerts.jsonl").read_text(encoding="utf-8").splitlines()
    [notice] = origin.notices
    assert notice.is_signed
    assert urlsplit(notice.payload["data"]["article"]["url"]).hostname == HOSTS[0]
    assert [json.loads(line)["data"]["alert_id"] for line in written] == [notice.alert_id]
    assert [alert.subscription for alert in stored.alerts] == ["Kursk"]
    kursk, market = sorted(told, key=lambda story: story.article_count, reverse=True)
    assert (kursk.id, kursk.article_count, kursk.text_count, kursk.outlet_count) == (notice.story_id, 3, 2, 3)
    assert (market.article_count, market.text_count) == (2, 1)
