"""Alarms (R35): each condition alone, told once and once more when it is over; on both databases."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, update

from config.settings import AlarmSettings
from pipeline.alerts.channels import FileTarget, Target
from pipeline.model import AlarmKind, Reason
from pipeline.store import coverage, deliveries, entries, feeds, pauses, processes, receivers, signs
from pipeline.store.database import Database
from pipeline.store.receivers import Receiver
from pipeline.store.signs import FeedSigns, Lane, Signs
from pipeline.store.tables import articles as article_rows
from pipeline.store.tables import deliveries as delivery_rows
from pipeline.store.tables import feeds as feed_rows
from pipeline.store.tables import hosts
from pipeline.transport import Transport
from tests.store.making import LEASE, NO_PACE, NOW, after, entry, show
from tests.store.test_deliveries import held, raised
from tests.workers.polling import WEB
from workers.alarm_rules import REQUIRED_KINDS, Disk, findings
from workers.alarms import LOOK_SECONDS, Alarms, calm_before_end
from workers.operator_notices import OperatorNotices

LIMITS = AlarmSettings()
FAKED = AlarmSettings(clock_seconds=0)  # where the clock is ours and the database has its own
IDLE = Lane(is_paused=False, free_since=None, queued_since=None, is_held=False)
WELL = Signs(
    at=NOW,
    pages=IDLE,
    deliveries=IDLE,
    feeds=FeedSigns(10, 0, 10, 0, None, NOW),
    article_at=NOW,
    parked={},
    receivers=(),
    beats=dict.fromkeys(REQUIRED_KINDS, NOW),
    store_at=None,
)
DISK = Disk(Path("data"), 10**12)


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def receiver(**values: Any) -> Receiver:
    plain: dict[str, Any] = {
        "channel": "hook",
        "failures": 9,
        "failing_since_at": ago(hours=1),
        "rests_until": None,
        "gone_at": None,
        "gone_key": None,
        "reason": Reason.RECEIVER_UNAVAILABLE,
    }
    return Receiver(**(plain | values))


def lane(**values: Any) -> Lane:
    return replace(IDLE, **values)


WRONG: list[tuple[dict[str, Any], AlarmKind, str]] = [
    ({"pages": lane(queued_since=ago(minutes=5))}, AlarmKind.QUEUE_STUCK, "pages"),
    ({"pages": lane(free_since=ago(minutes=5))}, AlarmKind.QUEUE_STUCK, "pages"),
    ({"deliveries": lane(free_since=ago(minutes=5))}, AlarmKind.QUEUE_STUCK, "deliveries"),
    ({"pages": lane(free_since=ago(hours=2), is_held=True)}, AlarmKind.WORK_LATE, "pages"),
    ({"feeds": FeedSigns(9, 0, 9, 0, ago(minutes=5), ago(minutes=6))}, AlarmKind.POLLS_STOPPED, "feeds"),
    ({"feeds": FeedSigns(9, 0, 9, 0, ago(minutes=5), None)}, AlarmKind.POLLS_STOPPED, "feeds"),
    ({"feeds": FeedSigns(9, 0, 9, 0, ago(hours=4), NOW)}, AlarmKind.FEEDS_LATE, "feeds"),
    ({"feeds": FeedSigns(10, 5, 30, 0, None, NOW)}, AlarmKind.FEEDS_FAILING, "feeds"),
    ({"feeds": FeedSigns(100, 30, 10, 6, None, NOW)}, AlarmKind.HOSTS_FAILING, "hosts"),
    ({"article_at": ago(hours=25)}, AlarmKind.NOTHING_NEW, "articles"),
    ({"parked": {"mail": 3}}, AlarmKind.DEAD_LETTERS, "mail"),
    ({"receivers": (receiver(),)}, AlarmKind.CHANNEL_RESTS, "hook"),
    ({"receivers": (receiver(failing_since_at=None, gone_at=NOW),)}, AlarmKind.CHANNEL_RESTS, "hook"),
    ({"beats": WELL.beats | {"worker": ago(minutes=3)}}, AlarmKind.PROCESS_MISSING, "worker"),
    (
        {"beats": {kind: NOW for kind in REQUIRED_KINDS if kind != "poller"}},
        AlarmKind.PROCESS_MISSING,
        "poller",
    ),
    ({"store_at": ago(minutes=1)}, AlarmKind.CLOCK_OFF, "database"),
    ({"beats": WELL.beats | {"poller": after(60)}}, AlarmKind.CLOCK_OFF, "poller"),
]


@pytest.mark.parametrize(("changes", "kind", "subject"), WRONG)
def test_each_fault_is_found_with_evidence(changes: dict[str, Any], kind: AlarmKind, subject: str) -> None:
    """One thing wrong gives one alarm, which says of what and how that is known."""
    (found,) = findings(replace(WELL, **changes), DISK, LIMITS)
    assert (found.kind, found.subject) == (kind, subject)
    assert any(letter.isdigit() for letter in found.evidence)


WELL_ENOUGH: list[dict[str, Any]] = [
    {},
    {"pages": lane(queued_since=ago(minutes=5), is_held=True)},
    {"pages": lane(free_since=ago(hours=9), is_paused=True)},
    {"pages": lane(free_since=ago(minutes=3))},
    {"feeds": FeedSigns(9, 0, 9, 0, ago(minutes=5), ago(minutes=1))},
    {"feeds": FeedSigns(4, 4, 4, 4, None, NOW)},
    {"article_at": None},
    {"receivers": (receiver(failing_since_at=ago(minutes=2)),)},
    {"beats": WELL.beats | {"worker": ago(seconds=40)}},
    {"store_at": ago(seconds=3)},
]


@pytest.mark.parametrize("changes", WELL_ENOUGH)
def test_what_may_be_is_no_alarm(changes: dict[str, Any]) -> None:
    """Work under way, a pause by hand, a moment's lateness, a few feeds: nothing."""
    assert findings(replace(WELL, **changes), DISK, LIMITS) == []


def test_a_full_disk_is_found() -> None:
    """Below the limit it is told how much is left and what to do."""
    (found,) = findings(WELL, Disk(Path("/srv/data"), 999_000_000), LIMITS)
    assert (found.kind, found.subject) == (AlarmKind.DISK_FULL, "/srv/data")
    assert "999 MB" in found.evidence


def test_zero_switches_every_alarm_off() -> None:
    """With all limits at 0 nothing is an alarm, however wrong."""
    off = AlarmSettings(**dict.fromkeys(AlarmSettings.model_fields, 0))
    for changes, _, _ in WRONG:
        assert findings(replace(WELL, **changes), Disk(Path("data"), 0), off) == []


def all_beat(tx: Connection, now: datetime = NOW, kinds: Sequence[str] = REQUIRED_KINDS) -> None:
    for kind in kinds:
        processes.beat(tx, f"{kind}-1", kind, 1, now, {})


def test_signs_are_read_as_they_are(database: Database) -> None:
    """What is due, queued, held, parked and failing is read; what a host or receiver holds back is not called free."""
    with database.write() as tx:
        raised(tx, 3)
        show(tx, entry(1), entry(2, host="other.example"))
        task = held(tx)
        deliveries.park(tx, task.delivery_id, task.token, Reason.RECEIVER_REFUSED, "410", NOW)
        rests = "mail" if task.channel == "hook" else "hook"  # which of the two comes first is the database's choice
        receivers.failed(tx, rests, Reason.RECEIVER_UNAVAILABLE, NOW)
        tx.execute(update(feed_rows).values(error_count=3, next_poll_at=NOW, last_attempt_at=NOW))
        pauses.set_paused(tx, "deliveries", paused=True)
        all_beat(tx)
        read = signs.read(tx, after(100))
        assert read.pages.free_since == NOW
        assert read.parked == {task.channel: 1}
        assert read.deliveries == Lane(is_paused=True, free_since=None, queued_since=None, is_held=False)
        assert [one.channel for one in read.receivers] == [rests]
        assert (read.feeds.failing_count, read.feeds.active_count) == (2, 2)
        assert read.feeds.free_since == NOW
        assert read.beats == dict.fromkeys(REQUIRED_KINDS, NOW)
        assert read.pages.is_held
        assert entries.release(tx, after(100), 1, LEASE, NO_PACE)
        assert signs.read(tx, after(200)).pages.queued_since == after(100)


def test_a_host_that_rests_holds_nothing_up(database: Database) -> None:
    """Entries and feeds of a host that asked for rest are not free."""
    with database.write() as tx:
        show(tx, entry(1))
        tx.execute(update(feed_rows).values(next_poll_at=NOW))
        tx.execute(update(hosts).values(not_before_at=after(9999)))
        read = signs.read(tx, after(100))
        assert read.pages.free_since is None
        assert read.feeds.free_since is None


async def test_an_alarm_is_told_once_and_once_when_it_is_over(database: Database, tmp_path: Path) -> None:
    """A worker dies: two lookers open one alarm within 3 minutes, the channel hears of it once, and once of its end."""
    clock = [NOW]
    lookers = [Alarms(database, FAKED, ["ops"], clock=lambda: clock[0]) for _ in range(2)]
    targets: dict[str, Target] = {"ops": FileTarget(Path("ops.jsonl"))}
    living = [kind for kind in REQUIRED_KINDS if kind != "worker"]
    with database.write() as tx:
        all_beat(tx)
    async with Transport(WEB) as transport:
        notices = OperatorNotices(database, transport, targets, tmp_path, clock=lambda: clock[0])
        opened_after = None
        for seconds in range(0, 600, 30):
            clock[0] = after(seconds)
            with database.write() as tx:
                all_beat(tx, clock[0], living)
            opened = [finding for looker in lookers for finding in await looker.look()]
            if opened and opened_after is None:
                opened_after = seconds
            await notices.send_due()
        for seconds in range(600, 720, 30):
            clock[0] = after(seconds)
            with database.write() as tx:
                all_beat(tx, clock[0])
            for looker in lookers:
                assert await looker.look() == []
            await notices.send_due()
    assert opened_after is not None
    assert opened_after <= 180
    told = [json.loads(line) for line in (tmp_path / "ops.jsonl").read_text().splitlines()]
    texts = [json.dumps(one) for one in told]
    assert len(texts) == 2
    assert "process missing: worker" in texts[0]
    assert "Over: process missing: worker" in texts[1]
    with database.read() as tx:
        assert coverage.open_incidents(tx, tuple(AlarmKind)) == []
        assert coverage.recent(tx, 9) == [], "coverage has incidents of its own"


def polls_stop(tx: Connection) -> None:
    """Leave a feed due that nobody polls."""
    show(tx, entry(1))
    tx.execute(update(feed_rows).values(next_poll_at=NOW, last_attempt_at=ago(minutes=1)))
    pauses.set_paused(tx, "pages", paused=True)


def nothing_is_released(tx: Connection) -> None:
    """Leave an entry waiting that nobody puts on the queue."""
    show(tx, entry(1))


def nothing_is_taken(tx: Connection) -> None:
    """Leave an entry on the queue that nobody takes off."""
    show(tx, entry(1))
    assert entries.release(tx, NOW, 1, LEASE, NO_PACE)


def nothing_is_sent(tx: Connection) -> None:
    """Raise an alert whose deliveries stay where they are."""
    raised(tx)


WEDGED = [
    (polls_stop, (AlarmKind.POLLS_STOPPED, "feeds")),
    (nothing_is_released, (AlarmKind.QUEUE_STUCK, "pages")),
    (nothing_is_taken, (AlarmKind.QUEUE_STUCK, "pages")),
    (nothing_is_sent, (AlarmKind.QUEUE_STUCK, "deliveries")),
]


@pytest.mark.parametrize("first_look", [1, 16, 29])
@pytest.mark.parametrize(("wedge", "expected"), WEDGED, ids=[wedge.__name__ for wedge, _ in WEDGED])
async def test_a_wedged_stage_is_told_within_five_minutes(
    wedge: Callable[[Connection], None], expected: tuple[AlarmKind, str], first_look: int, sqlite_database: Database
) -> None:
    """R35: every process beats, but one stage stands still; whenever the looks fall, the alarm comes in time."""
    clock = [NOW]
    looker = Alarms(sqlite_database, LIMITS, ["ops"], clock=lambda: clock[0])
    with sqlite_database.write() as tx:
        wedge(tx)
    opened_after: dict[tuple[str, str], int] = {}
    for seconds in range(first_look, 400, int(LOOK_SECONDS)):
        clock[0] = after(seconds)
        with sqlite_database.write() as tx:
            all_beat(tx, clock[0])
        for one in await looker.look():
            opened_after.setdefault((one.kind, one.subject), seconds)
    assert opened_after[expected] <= 300


async def test_an_alarm_that_comes_and_goes_is_not_told_each_time(sqlite_database: Database) -> None:
    """R35: wrong and right by turns of two minutes for two hours: told some times, then it stays open; calm ends it."""
    clock = [NOW]
    looker = Alarms(sqlite_database, FAKED, ["ops"], clock=lambda: clock[0], required=("worker",))
    opened = 0
    for seconds in range(0, 7_200, 30):
        clock[0] = after(seconds)
        if seconds // 120 % 3 == 2:
            with sqlite_database.write() as tx:
                all_beat(tx, clock[0], ("worker",))
        opened += len(await looker.look())
    assert 1 <= opened <= 4, "of twenty times that it was wrong"
    for seconds in range(7_200, 7_200 + 7_200, 30):
        clock[0] = after(seconds)
        with sqlite_database.write() as tx:
            all_beat(tx, clock[0], ("worker",))
        await looker.look()
    with sqlite_database.read() as tx:
        assert coverage.open_incidents(tx, tuple(AlarmKind)) == []


@pytest.mark.parametrize(("ends", "seconds"), [(0, 45), (1, 90), (2, 180), (5, 1_440), (7, 3_600), (1_000_000, 3_600)])
def test_what_came_back_often_must_be_right_for_longer(ends: int, seconds: int) -> None:
    """Twice as long each time, an hour at most."""
    assert calm_before_end(ends).total_seconds() == seconds


async def test_a_channel_that_never_heard_of_an_alarm_hears_nothing_of_its_end(
    sqlite_database: Database, tmp_path: Path
) -> None:
    """What was over before it could be told is not told; a channel that comes back meanwhile is spared both."""
    clock = [NOW]
    looker = Alarms(sqlite_database, LIMITS, ["ops"], clock=lambda: clock[0], required=("worker",))
    async with Transport(WEB) as transport:
        notices = OperatorNotices(sqlite_database, transport, {}, tmp_path, clock=lambda: clock[0])
        for seconds in (0, 60, 120):
            clock[0] = after(seconds)
            await looker.look()
        with sqlite_database.write() as tx:
            assert len(coverage.open_incidents(tx, tuple(AlarmKind))) == 1
            all_beat(tx, after(180))
        for seconds in (180, 240):
            clock[0] = after(seconds)
            await looker.look()
        assert await notices.send_due() == 0


async def test_a_restart_is_no_alarm(sqlite_database: Database) -> None:
    """Nobody beats for half a minute after a start, or a look is made in between: nothing is opened."""
    clock = [NOW]
    looker = Alarms(sqlite_database, LIMITS, ["ops"], clock=lambda: clock[0])
    assert await looker.look() == []
    with sqlite_database.write() as tx:
        all_beat(tx, after(29))
    clock[0] = after(30)
    assert await looker.look() == []
    clock[0] = after(90)
    assert await looker.look() == []


async def test_a_machine_that_slept_does_not_say_that_nothing_came(sqlite_database: Database) -> None:
    """It is the sleep, until an hour awake brought none either; a later sleep neither ends nor repeats the alarm."""
    clock = [NOW]
    looker = Alarms(sqlite_database, LIMITS, [], clock=lambda: clock[0], required=())
    with sqlite_database.write() as tx:
        raised(tx)
        tx.execute(update(article_rows).values(stored_at=ago(hours=60)))
        tx.execute(update(feed_rows).values(last_attempt_at=NOW))
    opened_after = []
    for seconds in [*range(0, 3900, 240), *range(90_000, 93_900, 240)]:
        clock[0] = after(seconds)
        opened_after += [seconds for one in await looker.look() if one.kind is AlarmKind.NOTHING_NEW]
        with sqlite_database.read() as tx:
            kinds = [one.kind for one in coverage.open_incidents(tx, tuple(AlarmKind))]
        assert (AlarmKind.NOTHING_NEW in kinds) == (seconds >= 3600)
    assert opened_after == [3600]


@pytest.mark.parametrize("waits", [0, 30_000], ids=["first start", "after a sleep"])
async def test_a_slow_machine_may_take_its_time_to_start(waits: int, sqlite_database: Database) -> None:
    """A worker that comes to life a minute and a half after the others was never missing."""
    clock = [NOW]
    looker = Alarms(sqlite_database, FAKED, [], clock=lambda: clock[0], required=("worker",))
    if waits:
        with sqlite_database.write() as tx:
            all_beat(tx)
        await looker.look()
    for seconds in range(waits, waits + 300, 30):
        clock[0] = after(seconds)
        if seconds >= waits + 90:
            with sqlite_database.write() as tx:
                all_beat(tx, clock[0])
        assert await looker.look() == []


async def test_dead_letters_are_an_alarm_until_they_are_sent_again(sqlite_database: Database) -> None:
    """A parked delivery opens the alarm of its channel, and a replay ends it."""
    clock = [NOW]
    looker = Alarms(sqlite_database, LIMITS, [], clock=lambda: clock[0], required=())
    with sqlite_database.write() as tx:
        raised(tx)
        tx.execute(update(delivery_rows).values(state="parked", finished_at=NOW))
    await looker.look()
    clock[0] = after(60)
    opened = await looker.look()
    assert {(one.kind, one.subject) for one in opened} >= {(AlarmKind.DEAD_LETTERS, name) for name in ("hook", "mail")}
    with sqlite_database.write() as tx:
        for row in deliveries.recent(tx, 9):
            deliveries.replay(tx, row.id, after(60))
        pauses.set_paused(tx, "deliveries", paused=True)
        assert feeds.list_all(tx)
    for seconds in (90, 150):
        clock[0] = after(seconds)
        await looker.look()
    with sqlite_database.read() as tx:
        assert not [one for one in coverage.open_incidents(tx, tuple(AlarmKind)) if one.kind is AlarmKind.DEAD_LETTERS]
