"""A run as it should be, made up: two pages, a copy of the first, a repeat, one alert with its deliveries.

In: nothing. Out: a `Ran` that keeps every promise; tests break it with `dataclasses.replace`. Pure.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from benchmarks.replay.corpus import Page
from benchmarks.replay.edition import make_edition
from benchmarks.replay.figures import Ran
from benchmarks.replay.installation import CHANNELS
from benchmarks.replay.origin import Notice
from benchmarks.replay.questions import Question
from benchmarks.replay.stored import Stored, StoredAlert, StoredDelivery, StoredEntry
from pipeline.model import DeliveryState, EntryState, TextSource
from pipeline.urls import canonical

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
PORT = 8000
LONG = "The harbour was closed on Monday. " * 30
PAGES = [
    Page("one", "https://www.gazette.example/a?x=1", "Harbour closed", b"<p>harbour", LONG),
    Page("two", "http://courier.example/b#top", "Short", b"<p>short", "A short note."),
]
EDITION = make_edition(PAGES, PORT, NOW)
ALERT = StoredAlert("alt_1", "harbour", 1, NOW, NOW)


def made_up_run() -> Ran:
    """Give a run in which everything held."""
    return Ran(
        edition=EDITION,
        questions=[Question("harbour", ("harbour",), page_id="one"), Question("nobody", ("zzz",))],
        stored=Stored(
            entries=(*_entries(), *(_merged(one.url) for one in EDITION.repeats)),
            alerts=(ALERT,),
            deliveries=tuple(delivery(channel) for channel in CHANNELS),
            polled=((NOW, NOW),),
        ),
        notices=[notice()],
        asked=[canonical(one.url) for one in EDITION.publications],
        gold={page.id: {"text": page.gold} for page in PAGES},
        scorer=_score,
        exit_code=0,
        errors=[],
        began_at=NOW,
        seconds=1.0,
    )


def delivery(channel: str, state: DeliveryState = DeliveryState.SENT) -> StoredDelivery:
    return StoredDelivery(f"msg_{channel}", channel, state, ALERT, NOW + timedelta(seconds=1))


def notice(*, is_signed: bool = True) -> Notice:
    payload = {"data": {"alert_id": "alt_1", "subscription": {"name": "harbour"}, "story": {"id": 1}}}
    return Notice(f"msg_{CHANNELS[0]}", is_signed, payload)


def _entries() -> list[StoredEntry]:
    story = {"one": 1, "two": 2}
    text = {page.id: page.gold for page in PAGES}
    return [
        StoredEntry(
            *(canonical(one.url), EntryState.DONE, NOW, NOW, story[one.page_id], one.title, text[one.page_id]),
            text_source=TextSource.PAGE,
        )
        for one in EDITION.publications
    ]


def _merged(url: str) -> StoredEntry:
    return StoredEntry(canonical(url), EntryState.MERGED, NOW, NOW)


def _score(texts: Mapping[str, str], gold: Mapping[str, Mapping[str, str]]) -> Mapping[str, float]:
    """Score by equality, in place of the scorer beside the data."""
    share = sum(texts.get(page) == want["text"] for page, want in gold.items()) / len(gold)
    return {"f1": share, "precision": share, "recall": share, "empty": 0}
