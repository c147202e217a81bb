"""The picture and the rows, as decisions over plain records."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.picture import BAR_WIDTH, account, health, picture
from dashboard.rows import FEED_ROWS, FRESH, beats, delivery_mark, feed_rows, host_rows, missing_kinds
from pipeline.model import DeliveryState, EntryState, Feed, FeedState, Reason
from pipeline.store.counts import Overview
from pipeline.store.deliveries import StoredDelivery
from pipeline.store.processes import Process
from pipeline.store.waiting import HostQueue

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DEPTHS = {"pages": 4, "deliveries": 0}


def overview(**changes: object) -> Overview:
    plain: dict[str, object] = {
        "feeds": {FeedState.ACTIVE: 10},
        "due_count": 2,
        "poll_count": 50,
        "failed_poll_count": 5,
        "entries": {EntryState.WAITING: 3, EntryState.DONE: 7},
        "oldest_waiting_at": NOW - timedelta(minutes=4),
        "article_count": 7,
        "story_count": 2,
        "alert_count": 1,
        "deliveries": {DeliveryState.SENT: 1},
    }
    return Overview(**(plain | changes))  # type: ignore[arg-type]  # named by the test


def feed(number: int, **changes: object) -> Feed:
    plain = Feed(
        number,
        f"https://f{number}.example/rss",
        f"f{number}.example",
        f"Feed {number:03}",
        "",
        FeedState.ACTIVE,
        NOW,
        last_success_at=NOW,
        last_attempt_at=NOW,
        next_poll_at=NOW + timedelta(hours=1),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # named by the test


@given(st.dictionaries(st.sampled_from(EntryState), st.integers(0, 10**9)))
def test_the_bar_is_exactly_filled(entries: dict[EntryState, int]) -> None:
    """Whatever the counts, the shares stand side by side, none invisible, and together fill the bar."""
    shares = account(entries).shares
    assert {share.state: share.count for share in shares} == {state: count for state, count in entries.items() if count}
    assert all(share.width >= 3 for share in shares)
    assert all(abs(a.x + a.width - b.x) < 0.05 for a, b in itertools.pairwise(shares))
    assert not shares or abs(shares[-1].x + shares[-1].width - BAR_WIDTH) < 0.05


def test_every_entry_is_accounted_for() -> None:
    """What is on the way and what ended are together all entries."""
    found = account({EntryState.WAITING: 3, EntryState.FETCHING: 1, EntryState.DONE: 7, EntryState.QUARANTINED: 2})
    assert (found.total_count, found.open_count, found.ended_count) == (13, 4, 9)


def notes(drawn: Overview, key: str, depths: dict[str, int | None] = DEPTHS, trouble: int = 0) -> dict[str, str]:  # type: ignore[assignment]  # int is int | None
    stages = {stage.key: stage for stage in picture(drawn, depths, [], trouble, NOW).stages}
    return {note.text: note.tone for note in stages[key].notes}


def test_stations_say_what_is_wrong_with_them() -> None:
    """Trouble is a note with a tone at the station where it is."""
    assert notes(overview(), "due", trouble=3)["3 in trouble"] == "warn"
    assert notes(overview(), "due") == {"of 10 feeds watched": ""}
    assert notes(overview(), "waiting") == {"oldest 4 min ago": ""}
    assert notes(overview(oldest_waiting_at=None), "waiting") == {"all released": ""}
    assert notes(overview(), "queued") == {"4 jobs on the queue": ""}
    assert notes(overview(), "queued", {"pages": None}) == {"queue does not answer": "bad"}
    assert notes(overview(entries={EntryState.QUARANTINED: 2}), "articles")["2 quarantined"] == "warn"
    assert notes(overview(deliveries={DeliveryState.PARKED: 1}), "deliveries")["1 parked"] == "bad"
    assert notes(overview(story_count=0), "stories") == {}


@pytest.mark.parametrize(
    ("missing", "depths", "tone", "text"),
    [
        ([], DEPTHS, "ok", "Everything at work"),
        (["worker"], DEPTHS, "bad", "No worker at work"),
        (["worker", "poller"], DEPTHS, "bad", "No poller at work, no worker at work"),
        ([], {"pages": 1, "deliveries": None}, "bad", "The queue does not answer"),
    ],
)
def test_one_sentence_says_whether_all_is_well(
    missing: list[str], depths: dict[str, int | None], tone: str, text: str
) -> None:
    """R15, R35: silence of a process or of the queue is said at the top."""
    found = health(missing, depths)
    assert (found.tone, found.text) == (tone, text)


def test_feeds_are_ordered_by_trouble() -> None:
    """Gone first, then by failures in a row, then those asked last; paused ones are no trouble."""
    rows = feed_rows(
        [
            feed(1, last_attempt_at=NOW - timedelta(hours=2)),
            feed(2),
            feed(3, error_count=1, last_reason=Reason.NOT_A_FEED),
            feed(4, state=FeedState.PAUSED, error_count=9, last_attempt_at=None),
            feed(5, error_count=4, last_reason=Reason.TIMED_OUT),
            feed(6, state=FeedState.GONE, gone_seen_at=NOW - timedelta(days=2)),
        ],
        NOW,
    )
    assert [row.title[-1] for row in rows.rows] == ["6", "5", "3", "2", "1", "4"]
    assert [row.mark.text for row in rows.rows] == ["gone", "failing", "failing", "healthy", "healthy", "paused"]
    assert [row.mark.tone for row in rows.rows[:3]] == ["bad", "bad", "warn"]
    assert rows.rows[1].problem == "Timed out, 4 times in a row"
    assert rows.summary == "6 feeds, 3 in trouble"


def test_all_feeds_in_trouble_are_shown_within_reason() -> None:
    """Healthy feeds are cut at a screenful; trouble is not hidden behind it."""
    healthy = [feed(number) for number in range(100)]
    failing = [feed(number, error_count=1) for number in range(200, 220)]
    assert len(feed_rows(healthy, NOW).rows) == FEED_ROWS
    assert feed_rows(healthy, NOW).hidden_count == 100 - FEED_ROWS
    shown = feed_rows([*healthy, *failing], NOW)
    assert sum(1 for row in shown.rows if row.mark.text == "failing") == 20


def test_a_feed_never_answered_is_new() -> None:
    """Before the first poll there is no success to be dated."""
    [row] = feed_rows([feed(1, last_success_at=None, title="")], NOW).rows
    assert (row.mark.text, row.title, row.last_success_at) == ("new", "f1.example", None)


def delivery(**changes: object) -> StoredDelivery:
    plain = StoredDelivery(1, "msg_1", 1, None, None, "desk", DeliveryState.WAITING, None, "", "", 0, NOW, NOW, None)
    return replace(plain, **changes)  # type: ignore[arg-type]  # named by the test


@pytest.mark.parametrize(
    ("changes", "tone", "text"),
    [
        pytest.param({}, "accent", "desk on the way", id="fresh"),
        pytest.param({"state": DeliveryState.SENDING, "attempts": 1}, "accent", "desk on the way", id="in work"),
        pytest.param({"state": DeliveryState.SENT}, "ok", "desk sent", id="sent"),
        pytest.param(
            {"state": DeliveryState.PARKED, "reason": Reason.RECEIVER_GONE},
            "bad",
            "desk parked: receiver gone",
            id="parked",
        ),
        pytest.param(
            {"attempts": 2, "reason": Reason.TIMED_OUT, "next_attempt_at": NOW + timedelta(minutes=5)},
            "warn",
            "desk tried 2 times, again in 5 min: timed out",
            id="between tries",
        ),
    ],
)
def test_a_delivery_says_where_it_stands(changes: dict[str, object], tone: str, text: str) -> None:
    """Each state has its words and its tone."""
    mark = delivery_mark(delivery(**changes), NOW)
    assert (mark.tone, mark.text) == (tone, text)


def process(kind: str, age: timedelta) -> Process:
    return Process(f"{kind}-1", kind, 1, NOW - timedelta(hours=3), NOW - age, {"in_flight": 6, "nested": {"a": 1}})


def test_silent_processes_come_first() -> None:
    """R15: by the heartbeat's age; nested details are not spilled onto the page."""
    rows = beats([process("poller", timedelta(seconds=1)), process("worker", FRESH)], NOW)
    assert [(row.kind, row.mark.text, row.mark.tone) for row in rows] == [
        ("worker", "silent for 30 s", "bad"),
        ("poller", "now", "calm"),
    ]
    assert rows[0].detail == "up 3 h, in flight 6"


def test_a_kind_is_missing_without_one_fresh_heartbeat() -> None:
    """R15: one live process of a kind is enough, a silent one is not."""
    found = [process("poller", FRESH), process("worker", FRESH), process("worker", timedelta(0))]
    assert missing_kinds(found, ("poller", "worker", "dispatcher"), NOW) == ["dispatcher", "poller"]


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"not_before_at": NOW + timedelta(minutes=10)}, "asked us to wait 10 min"),
        ({"in_flight_count": 2}, "2 in flight"),
        ({"oldest_at": NOW + timedelta(seconds=90)}, "next try in 1 min"),
        ({}, ""),
    ],
)
def test_a_host_says_what_holds_it_up(changes: dict[str, object], note: str) -> None:
    """The strongest reason wins: Retry-After, then its own pace, then back-off."""
    plain = HostQueue("a.example", 5, NOW, 0, None, None)
    [row] = host_rows([replace(plain, **changes)], NOW)  # type: ignore[arg-type]  # named by the test
    assert (row.name, row.waiting_count, row.note) == ("a.example", 5, note)
