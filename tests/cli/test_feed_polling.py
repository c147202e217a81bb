"""Asking feeds by hand, what happened to them, and what of their addresses is shown."""

import json
from datetime import timedelta
from pathlib import Path

from pipeline.model import Pace, Reason, Validators
from pipeline.store import feeds, moves
from pipeline.store.database import Database
from tests.cli.test_commands import Command
from tests.store.making import LEASE, NO_PACE, polled
from workers.clock import utc_now

FEED = "https://example.org/feed.xml"
SECRET = "c4n4ryK3y9xQ7w2Z"
PRIVATE = f"https://example.org/private/{SECRET}/feed.xml?token={SECRET}"


def store(folder: Path) -> Database:
    return Database.open(f"sqlite:///{folder / 'data' / 'storywatch.db'}")


def test_twenty_calls_make_one_request(storywatch_here: Command, tmp_path: Path) -> None:
    """F7: asked twenty times, a feed is claimed once; then the floor holds, and the answer says until when and why."""
    storywatch_here("feeds", "add", FEED, "--as-is")
    database = store(tmp_path)
    claimed = 0
    for _ in range(20):
        assert storywatch_here("feeds", "refresh", FEED).returncode == 0
        with database.write() as tx:
            leases = feeds.claim_due(tx, utc_now(), 9, LEASE, NO_PACE, floor_seconds=1800)
            for lease in leases:
                feeds.record_poll(tx, lease, polled(attempted_at=lease.start_at, next_poll_at=utc_now()), 24, utc_now())
        claimed += len(leases)
    database.close()
    assert claimed == 1
    told = json.loads(storywatch_here("feeds", "refresh", "1", "--json").stdout)
    assert told["asked_at"] > (utc_now() + timedelta(minutes=29)).isoformat()
    assert "never closer together than the floor" in told["because"]


def test_a_refresh_waits_for_a_host_that_asked_for_rest(storywatch_here: Command, tmp_path: Path) -> None:
    """F7, F8: Retry-After is not bypassed by hand."""
    storywatch_here("feeds", "add", FEED, "--as-is", "--interval", 300)
    database = store(tmp_path)
    now = utc_now()
    with database.write() as tx:
        (lease,) = feeds.claim_due(tx, now, 9, LEASE, NO_PACE)
        rest = {"host_not_before": now + timedelta(hours=5), "next_poll_at": now + timedelta(hours=5)}
        result = polled(attempted_at=now, reason=Reason.HTTP_THROTTLED, status=429, **rest)
        feeds.record_poll(tx, lease, result, 24, now)
    told = json.loads(storywatch_here("feeds", "refresh", FEED, "--json").stdout)
    with database.write() as tx:
        assert feeds.claim_due(tx, now + timedelta(hours=4.9), 9, LEASE, Pace(1, 2)) == []
    database.close()
    assert "its host asked to be left alone" in told["because"]


def test_ignoring_the_cache_is_an_act_of_its_own_and_noted(storywatch_here: Command, tmp_path: Path) -> None:
    """F7: a plain refresh keeps the validators; --ignore-cache drops them, and the events say so."""
    storywatch_here("feeds", "add", FEED, "--as-is")
    database = store(tmp_path)
    with database.write() as tx:
        (lease,) = feeds.claim_due(tx, utc_now(), 9, LEASE, NO_PACE)
        result = polled(attempted_at=utc_now(), validators=Validators('"1"', None, FEED))
        feeds.record_poll(tx, lease, result, 24, utc_now())
    storywatch_here("feeds", "refresh", FEED)
    with database.read() as tx:
        assert feeds.get(tx, 1).validators.etag == '"1"'
    storywatch_here("feeds", "refresh", FEED, "--ignore-cache")
    with database.read() as tx:
        assert feeds.get(tx, 1).validators.etag is None
    database.close()
    assert [row["event"] for row in storywatch_here.rows("feeds", "events")] == ["asked_in_full"]


def test_a_move_is_shown_and_taken_back(storywatch_here: Command, tmp_path: Path) -> None:
    """F13: the events show from where to where; one command undoes it."""
    storywatch_here("feeds", "add", FEED, "--as-is")
    database = store(tmp_path)
    with database.write() as tx:
        moves.adopt(tx, 1, "https://example.net/new.xml", utc_now())
    database.close()
    (row,) = storywatch_here.rows("feeds", "events", FEED)
    assert (row["event"], row["from"], row["to"]) == ("moved", FEED, "https://example.net/new.xml")
    assert storywatch_here("feeds", "move-back", 1).returncode == 0
    assert [row["url"] for row in storywatch_here.rows("feeds", "list")] == [FEED]
    assert storywatch_here("feeds", "move-back", 1).returncode == 2


def test_keys_in_addresses_are_nowhere_shown(storywatch_here: Command, tmp_path: Path) -> None:
    """S21: list, record, refresh, remove, refusal, import and export show the feed and not its key."""
    secret_list = tmp_path / "list.opml"
    secret_list.write_text(
        f'<opml version="2.0"><body><outline xmlUrl="{PRIVATE}2"/>'
        f'<outline text="user" xmlUrl="https://me:{SECRET}@example.org/feed"/></body></opml>',
        encoding="utf-8",
    )
    calls = [
        ("feeds", "add", PRIVATE, "--as-is"),
        ("feeds", "add", PRIVATE, "--as-is", "--json"),
        ("feeds", "add", f"https://me:{SECRET}@example.org/feed"),
        ("feeds", "import", secret_list),
        ("feeds", "list"),
        ("feeds", "list", "--json"),
        ("feeds", "refresh", PRIVATE),
        ("feeds", "events"),
        ("feeds", "pause", f"{PRIVATE}3"),
        ("feeds", "export"),
        ("feeds", "remove", PRIVATE),
    ]
    for call in calls:
        ended = storywatch_here(*call)
        assert SECRET not in ended.stdout + ended.stderr, call


def test_an_export_holds_keys_only_when_asked_for(storywatch_here: Command, tmp_path: Path) -> None:
    """S21: the plain export says what it masked; with --with-secrets it can be imported in full."""
    storywatch_here("feeds", "add", PRIVATE, "--as-is")
    masked = storywatch_here("feeds", "export", tmp_path / "masked.opml")
    assert "1 addresses hold keys and are masked" in masked.stderr
    assert SECRET not in (tmp_path / "masked.opml").read_text("utf-8")
    storywatch_here("feeds", "export", tmp_path / "full.opml", "--with-secrets")
    assert (tmp_path / "full.opml").read_text("utf-8").count(f'xmlUrl="{PRIVATE}"') == 1


def test_a_quota_is_said(storywatch_here: Command, tmp_path: Path) -> None:
    """S35: beyond the owner's quota adding ends with what to do, and a list says what it left out."""
    (tmp_path / "s.toml").write_text("[feeds]\nhost_limit = 2\n", encoding="utf-8")
    lines = "".join(f'<outline xmlUrl="https://one.example/{n}"/>' for n in range(5))
    (tmp_path / "list.opml").write_text(f"<opml><body>{lines}</body></opml>", encoding="utf-8")
    ended = storywatch_here("feeds", "import", tmp_path / "list.opml", "-c", tmp_path / "s.toml")
    assert "2 added, 0 known already, 3 skipped" in ended.stdout
    assert "feeds.host_limit allows no more" in ended.stderr
    refused = storywatch_here("feeds", "add", "https://one.example/more", "--as-is", "-c", tmp_path / "s.toml")
    assert (refused.returncode, "raise it in the settings" in refused.stderr) == (2, True)


def test_an_import_is_spread(storywatch_here: Command, tmp_path: Path) -> None:
    """F18: three hundred feeds of a list begin over a minute, each at its own time."""
    lines = "".join(f'<outline xmlUrl="https://h{n}.example/"/>' for n in range(300))
    (tmp_path / "list.opml").write_text(f"<opml><body>{lines}</body></opml>", encoding="utf-8")
    storywatch_here("feeds", "import", tmp_path / "list.opml")
    database = store(tmp_path)
    with database.read() as tx:
        times = [feed.next_poll_at for feed in feeds.list_all(tx) if feed.next_poll_at]
    database.close()
    assert timedelta(seconds=50) < max(times) - min(times) <= timedelta(seconds=60)
    assert len(set(times)) == 300
