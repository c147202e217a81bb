"""The queue's page: what a person sees of waiting, work and failures, and what the buttons do."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from sqlalchemy import update

from pipeline.model import EntryState, Reason, Role, Scope
from pipeline.store import crashes, deliveries, entries, pauses, samples, tokens, troubles, users
from pipeline.store.tables import entries as rows
from tests.dashboard.conftest import NOW
from tests.dashboard.newsroom import HOLDER, LEASE_SECONDS, PACE, Newsroom
from tests.dashboard.serving import Site
from tests.dashboard.test_door import session_of, sign_in
from tests.dashboard.test_pages import HOSTILE, Outline, text_of
from tests.dashboard.test_users import HASH

GROUP = {"host": "slow.example", "reason": "timed_out"}


@pytest.fixture
def failing(newsroom: Newsroom) -> None:
    """Let two pages of one host fail, and a third be in work."""
    feed = newsroom.feed("https://slow.example/rss", "Slow")
    shown = [newsroom.entry(f"https://slow.example/{n}", f"Page {n}", NOW) for n in range(2)]
    newsroom.poll(feed, *shown, at=NOW - timedelta(minutes=9))
    for task in newsroom.take(10, NOW - timedelta(minutes=8)):
        with newsroom.database.write() as tx:
            until = NOW + timedelta(hours=1)
            entries.put_back(tx, task.entry_id, task.token, NOW, until, Reason.TIMED_OUT, HOSTILE)
    busy = newsroom.feed("https://busy.example/rss")
    newsroom.poll(busy, newsroom.entry("https://busy.example/1", "In hand", NOW), at=NOW - timedelta(minutes=2))
    newsroom.take(10, NOW - timedelta(minutes=1))


@pytest.mark.usefixtures("failing")
def test_failures_are_grouped_with_a_sample(site: Site) -> None:
    """The group has its host, cause, count and what was said of its last entry, as text."""
    page = site.page("/queue").body
    text = text_of(page)
    assert "slow.example timed out" in text
    assert "will be tried again 2" in text
    assert "<img" not in page
    assert "{{7*7}}" in page


@pytest.mark.usefixtures("failing")
def test_work_is_shown_with_its_worker_and_age(site: Site) -> None:
    """What a worker holds is named with host, holder and how long ago it was queued."""
    text = text_of(site.page("/queue").body)
    assert f"In hand page · busy.example · try 1 {HOLDER}" in text
    assert "in work 1 min" in text


@pytest.mark.usefixtures("failing")
def test_a_group_leads_to_its_entries(site: Site) -> None:
    """The link of a group opens its entries, with when each is tried next."""
    [link] = [one for one in Outline(site.page("/queue").body).links if one.startswith("/queue/failures")]
    text = text_of(site.page(link).body)
    assert "Page 0" in text
    assert "Page 1" in text
    assert text.count("ago in 1 h") == 2


@pytest.mark.usefixtures("failing")
def test_a_group_says_what_became_of_its_newest(site: Site) -> None:
    """Of a failure that was foreseen there are words: what was said, the address, the tries and when the next is."""
    text = text_of(site.page("/queue/failures?" + urlencode({**GROUP, "state": "waiting"})).body)
    assert "Its address slow.example/1" in text
    assert "Tries 1, the next in 1 h" in text


@pytest.mark.parametrize(
    ("reason", "shown"), [(Reason.WORKER_LOST, True), (Reason.TIMED_OUT, False)], ids=["a crash", "foreseen"]
)
@pytest.mark.usefixtures("failing")
def test_a_crash_is_shown_with_its_traceback(site: Site, newsroom: Newsroom, reason: Reason, shown: bool) -> None:
    """The group of jobs that ended by an exception has the last traceback of its host, as text; no other has."""
    kept = crashes.Crash(GROUP["host"], NOW, "https://slow.example/1", 2, f"Traceback of <b>{HOSTILE}</b>")
    with newsroom.database.write() as tx:
        crashes.keep(tx, kept)
    group = {**GROUP, "reason": reason.value, "state": "waiting"}
    page = site.page("/queue/failures?" + urlencode(group)).body
    assert ("Traceback of &lt;b&gt;" in page) is shown
    assert "<img" not in page


@pytest.mark.usefixtures("failing")
def test_looking_changes_nothing(site: Site, newsroom: Newsroom) -> None:
    """R26: with every page of the queue opened twice, each entry stands where it stood."""
    with newsroom.database.read() as tx:
        before = entries.count_by_state(tx), deliveries.count_by_state(tx)
    for path in 2 * ("/queue", "/queue/failures?" + urlencode({**GROUP, "state": "waiting"})):
        assert site.page(path).status == 200
    with newsroom.database.read() as tx:
        assert (entries.count_by_state(tx), deliveries.count_by_state(tx)) == before


@pytest.mark.usefixtures("failing")
def test_a_group_can_be_tried_now_and_one_dropped(site: Site, newsroom: Newsroom) -> None:
    """The buttons reach the group or the one entry they stand beside."""
    page = site.page("/queue/failures?" + urlencode({**GROUP, "state": "waiting"})).body
    entry_id = page.split('name="entry" value="')[1].split('"')[0]
    assert site.post("/queue/failures/drop", urlencode({**GROUP, "entry": entry_id})).status == 303
    assert site.post("/queue/failures/retry", urlencode(GROUP)).status == 303
    with newsroom.database.write() as tx:
        assert entries.count_by_state(tx)[EntryState.DROPPED] == 1
        assert len(entries.release(tx, NOW, 10, LEASE_SECONDS, PACE)) == 1


@pytest.mark.usefixtures("failing")
def test_a_group_is_dropped_only_by_a_second_step(site: Site) -> None:
    """What cannot be taken back is folded away with a warning and its number, without any script."""
    for path in ("/queue", "/queue/failures?" + urlencode({**GROUP, "state": "waiting"})):
        page = site.page(path).body
        [form] = [one for one in page.split("<form") if "/queue/failures/drop" in one and 'name="entry"' not in one]
        assert "not asked for again" in form
        before = page[: page.index(form)]
        assert before.rfind("<details><summary") > before.rfind("</details>")
        assert "<script" not in page
    assert "Drop 2 entries" in text_of(site.page("/queue").body)


@pytest.mark.parametrize(
    ("verb", "state"), [("retry", EntryState.QUEUED), ("drop", EntryState.DROPPED)], ids=["tried again", "given up"]
)
@pytest.mark.usefixtures("failing")
def test_everything_that_failed_is_changed_at_once(
    site: Site, newsroom: Newsroom, verb: str, state: EntryState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever waits after a failure, of all hosts and causes, in more than one transaction; the rest stays."""
    monkeypatch.setattr("dashboard.queue_page.AT_A_TIME", 1)
    assert text_of(site.page("/queue").body).count("2 entries") == 3  # retry and drop everything, drop the one group
    assert site.post(f"/queue/failures/all/{verb}").status == 303
    with newsroom.database.write() as tx:
        entries.release(tx, NOW, 10, LEASE_SECONDS, PACE)
        entries.release(tx, NOW + timedelta(minutes=1), 10, LEASE_SECONDS, PACE)
        counts = entries.count_by_state(tx)
    assert (counts[state], counts[EntryState.WAITING], counts[EntryState.FETCHING]) == (2, 0, 1)


@pytest.mark.usefixtures("failing")
def test_programs_see_a_group_with_its_crash(guarded: Site, newsroom: Newsroom) -> None:
    """The API lists a group's entries in pages, and gives the traceback to admins, as the page does."""
    with newsroom.database.write() as tx:
        crashes.keep(tx, crashes.Crash(GROUP["host"], NOW, "https://slow.example/1", 2, "Traceback of one"))
        for row in troubles.members(tx, GROUP["host"], Reason.TIMED_OUT, EntryState.WAITING, None, 9):
            tx.execute(update(rows).where(rows.c.id == row.entry_id).values(reason=Reason.WORKER_LOST))
        users.add(tx, "rita", Role.READER, HASH, NOW)
    path = "/api/v1/queue/failures?" + urlencode({"host": GROUP["host"], "reason": "worker_lost"})
    told = guarded.ask(path, cookie=session_of(sign_in(guarded))).json
    assert [one["address"] for one in told["items"]] == ["slow.example/1", "slow.example/0"]
    assert (told["next"], told["crash"]["traceback"]) == (None, "Traceback of one")
    older = guarded.ask(f"{path}&cursor={told['items'][0]['entry_id']}", cookie=session_of(sign_in(guarded))).json
    assert len(older["items"]) == 1
    reader = session_of(sign_in(guarded, name="rita"))
    assert guarded.ask(path, cookie=reader).json["crash"] is None
    for scope, shown in ((Scope.READ, False), (Scope.WRITE, False), (Scope.ADMIN, True)):
        with newsroom.database.write() as tx:
            _, token = tokens.make(tx, scope.value, scope, NOW)
        told = guarded.ask(path, authorization=f"Bearer {token}").json
        assert (told["crash"] is not None) is shown, scope


def test_a_delivery_that_crashed_shows_its_traceback(site: Site, newsroom: Newsroom) -> None:
    """Parked after its jobs were lost, it has the last crash of its channel beside it: on both pages and in the API."""
    article_id, _ = newsroom.publish(newsroom.feed("https://gazette.example/rss"), "Title", "Text.", NOW)
    raised = newsroom.alert(newsroom.subscription("All", "text", "desk", "mail"), article_id, "Text.", ("Text",), NOW)
    newsroom.deliver(raised, NOW, desk=Reason.RECEIVER_REFUSED, mail=Reason.WORKER_LOST)
    with newsroom.database.write() as tx:
        for channel in ("desk", "mail"):
            place = crashes.place_of_channel(channel)
            crashes.keep(tx, crashes.Crash(place, NOW, "", 3, f"Traceback of <b>{channel}</b>"))
        kept = {one.channel: one.id for one in deliveries.recent(tx, 9)}
    for path in ("/queue", "/alerts/deliveries"):
        page = site.page(path).body
        assert "Traceback of &lt;b&gt;mail" in page, path
        assert "Traceback of &lt;b&gt;desk" not in page, path
    told = {name: site.ask(f"/api/v1/deliveries/{number}").json["crash"] for name, number in kept.items()}
    assert told["desk"] is None
    assert (told["mail"]["traceback"], told["mail"]["attempts"]) == ("Traceback of <b>mail</b>", 3)


def test_programs_change_all_and_pause(site: Site, newsroom: Newsroom, failing: None) -> None:
    """The API does what the buttons do: everything that failed, and a stage held back and let go."""
    del failing
    assert site.post("/api/v1/queue/failures/all/retry").json == {"count": 2}
    assert site.post("/api/v1/queue/failures/all/drop").json == {"count": 2}
    for verb, paused in (("pause", True), ("resume", False)):
        assert site.post(f"/api/v1/queue/pages/{verb}").json == {"stage": "pages", "paused": paused}
        with newsroom.database.read() as tx:
            assert pauses.is_paused(tx, "pages") is paused
    assert site.post("/api/v1/queue/unknown/pause").status == 422


def test_a_dead_letter_is_sent_again(site: Site, newsroom: Newsroom) -> None:
    """R34: a parked delivery is listed with its cause, and the button lets it wait again under its id."""
    article_id, _ = newsroom.publish(newsroom.feed("https://gazette.example/rss"), "Title", "Text.", NOW)
    raised = newsroom.alert(newsroom.subscription("All", "text", "mail"), article_id, "Text.", ("Text",), NOW)
    newsroom.deliver(raised, NOW, mail=Reason.RECEIVER_REFUSED)
    page = site.page("/queue").body
    assert "mail receiver refused" in text_of(page)
    delivery = page.split('name="delivery" value="')[1].split('"')[0]
    assert site.post("/queue/deliveries/replay", f"delivery={delivery}").status == 303
    with newsroom.database.read() as tx:
        assert deliveries.get(tx, int(delivery)).state == "waiting"


def test_dead_letters_are_folded_with_their_number(site: Site, newsroom: Newsroom) -> None:
    """A long list is closed below its count, and shows the newest ten."""
    feed = newsroom.feed("https://gazette.example/rss")
    subscription = newsroom.subscription("All", "text", "mail")
    for number in range(12):
        article_id, _ = newsroom.publish(feed, f"Title {number}", f"Text {number}.", NOW)
        raised = newsroom.alert(subscription, article_id, "Text.", ("Text",), NOW)
        newsroom.deliver(raised, NOW, mail=Reason.RECEIVER_REFUSED)
    page = site.page("/queue").body
    assert '<details class="letters"><summary>12 deliveries, the newest 10 shown' in page
    assert page.count('name="delivery"') == 10


@pytest.mark.parametrize("path", ["/queue/failures/retry", "/queue/failures/drop", "/queue/deliveries/replay"])
@pytest.mark.usefixtures("failing")
def test_foreign_pages_change_nothing(site: Site, newsroom: Newsroom, path: str) -> None:
    """S14: a form on another site is refused before it is read."""
    answer = site.post(path, urlencode(GROUP), origin="https://evil.example")
    assert answer.status == 403
    with newsroom.database.read() as tx:
        assert entries.count_by_state(tx)[EntryState.WAITING] == 2


@pytest.mark.usefixtures("failing")
def test_a_form_counts_only_with_its_sessions_token(guarded: Site) -> None:
    """S14: signed in over plain http, where browsers say nothing of a form's origin, the token alone decides."""
    cookie = session_of(sign_in(guarded))
    page = guarded.page("/queue", cookie=cookie).body
    token = page.split('name="token" value="')[1].split('"')[0]
    sent = {"cookie": cookie, "origin": "null"}
    assert guarded.post("/queue/failures/retry", urlencode({**GROUP, "token": "wrong"}), **sent).status == 403
    assert guarded.post("/queue/failures/retry", urlencode({**GROUP, "token": token}), **sent).status == 303


@pytest.mark.parametrize(
    "body", ["host=x&reason=no_such", "host=x", "host=x&reason=timed_out&entry=1e9", "host=x&reason=timed_out&entry="]
)
def test_odd_forms_are_refused(site: Site, body: str) -> None:
    """What no page of ours would send is answered with 404 and changes nothing."""
    assert site.post("/queue/failures/retry", body).status == 404


def test_an_idle_queue_says_so(site: Site) -> None:
    """Before anything fails or waits, each part of the page says what that means."""
    text = text_of(site.page("/queue").body)
    assert "Nothing failed" in text
    assert "Nothing in work" in text
    assert "Nothing waits" in text


def test_every_part_is_found_without_a_script(start: Callable[..., Site]) -> None:
    """The page loads no script: reading and buttons work without any."""
    assert "<script" not in start().page("/queue").body


def test_a_stage_is_paused_and_resumed(site: Site, newsroom: Newsroom) -> None:
    """The switch holds a stage's releases back, says so, and lets them go on."""
    assert site.post("/queue/pages/pause").status == 303
    assert "paused: nothing is released" in text_of(site.page("/queue").body)
    with newsroom.database.read() as tx:
        assert pauses.is_paused(tx, "pages")
    assert site.post("/queue/pages/resume").status == 303
    assert "paused" not in text_of(site.page("/queue").body)


def test_the_last_day_is_drawn(site: Site, newsroom: Newsroom) -> None:
    """What waited over the last day is a line, with its largest value in words."""
    newsroom.poll(newsroom.feed("https://a.example/rss"), newsroom.entry("https://a.example/1", "One", NOW))
    with newsroom.database.write() as tx:
        samples.take(tx, NOW - timedelta(minutes=1))
    page = site.page("/queue").body
    assert page.count("<polyline") == 4
    assert "waiting and queued, at most 1" in text_of(page)
