"""The editor of subscriptions: what it says of a draft, and what it saves."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from html import unescape
from urllib.parse import urlencode

import pytest

from config.settings import WebSettings
from dashboard.app import create_app
from dashboard.subscriptions.channels import Channels
from dashboard.subscriptions.rewriting import with_name, with_saved, with_spelling
from dashboard.subscriptions.rule_form import read_typed, typed_of, written
from dashboard.subscriptions.rule_words import rule_words
from pipeline.errors import Transient
from pipeline.model import Grouping, GroupingKind, Reason, Subscription
from pipeline.rule import Every, Growth, Quiet, Rule, Schedule
from pipeline.rule_text import read_rule, write_rule
from pipeline.store import subscriptions
from tests.dashboard.conftest import NOW, PASSWORD, Clock, FixedQueue
from tests.dashboard.newsroom import Newsroom
from tests.dashboard.serving import Answer, Site, serving
from tests.dashboard.test_pages import Outline, text_of

RULES = [
    Rule(),
    Rule(outlets=3, texts=2, growth=Growth(10, 6), first_in_language=True),
    Rule(not_before=datetime(2026, 3, 1, 7, 30, tzinfo=UTC), not_after=datetime(2026, 4, 1, tzinfo=UTC)),
    Rule(update_outlets=(5, 20), update_changed=True, update_most=7),
    Rule(quiet=Quiet(time(22), time(7)), most_per_hour=4, timezone="Europe/Berlin"),
    Rule(digest=Schedule(Every.HOURLY, time(0, 30))),
    Rule(digest=Schedule(Every.DAILY, time(7, 30)), timezone="Asia/Tokyo"),
    Rule(digest=Schedule(Every.WEEKLY, time(18, 5), 4)),
]


async def _send(name: str) -> str:
    if name == "mail":
        raise Transient(Reason.CONNECTION_FAILED, "the mail server did not answer")
    return f"{name} answered 200"


@pytest.fixture
def desk(newsroom: Newsroom, clock: Clock) -> Iterator[Site]:
    """Give a dashboard that knows two channels."""
    channels = Channels({"desk": "webhook", "mail": "email"}, _send)
    app = create_app(newsroom.database, WebSettings(), FixedQueue(), clock=clock, channels=channels)
    with serving(app) as site:
        yield site


def _filled(**fields: str) -> str:
    return urlencode({"name": "Harbour", "query": "ferry", "enabled": "on"} | fields)


def _look(site: Site, body: str, **headers: str) -> Answer:
    return site.post("/subscriptions/draft", body, **headers)


def _stored(newsroom: Newsroom, name: str = "Harbour") -> Subscription | None:
    with newsroom.database.read() as tx:
        return subscriptions.find_by_name(tx, name)


# The form of a rule


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_stands_in_the_form_and_reads_as_itself(rule: Rule) -> None:
    """Opening and saving without a change changes nothing."""
    assert read_typed(typed_of(rule)).rule == rule
    assert read_rule(write_rule(rule)) == rule


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ({"outlets": "many"}, "outlets"),
        ({"outlets": "-1"}, "outlets"),
        ({"growth_count": "10"}, "growth"),
        ({"quiet_start": "22:00"}, "quiet"),
        ({"update_outlets": "5, x"}, "update_outlets"),
        ({"digest": "daily"}, "digest"),
        ({"digest": "weekly", "digest_at": "07:30", "digest_day": "someday"}, "digest"),
        ({"timezone": "Mars/Base"}, "timezone"),
        ({"not_after": "tomorrow"}, "not_after"),
        ({"not_before": "2026-03-02T00:00", "not_after": "2026-03-01T00:00"}, ""),
    ],
)
def test_a_mistake_in_a_rule_is_told_at_its_field(typed: dict[str, str], key: str) -> None:
    """What cannot be read says so where it was typed, and is never dropped silently."""
    assert list(read_typed(typed).problems) == [key]


def test_empty_fields_ask_nothing() -> None:
    """A form with nothing typed is the plain rule."""
    assert written(dict.fromkeys(typed_of(Rule()), "")) == {}
    assert rule_words(Rule()) == []


def test_rules_are_said_in_words() -> None:
    """The list says what a rule asks, with the zone of its times."""
    assert rule_words(RULES[4]) == [
        "quiet from 22:00 to 07:00 (Europe/Berlin)",
        "4 alerts an hour at most, the rest together",
    ]
    assert rule_words(RULES[7]) == ["digest every Friday at 18:05 (UTC)"]


@pytest.mark.parametrize(
    ("query", "made"),
    [
        ("", "zelenskyy"),
        ("Zelensky AND talks", "(Zelensky OR zelenskyy) AND talks"),
        ("zelensky NOT (football zelensky)", "(zelensky OR zelenskyy) NOT (football (zelensky OR zelenskyy))"),
        ('"Volodymyr Zelensky"', '("Volodymyr Zelensky") OR zelenskyy'),
    ],
)
def test_a_spelling_is_put_into_a_query(query: str, made: str) -> None:
    """Only a word that stands by itself is replaced; a phrase keeps its words."""
    assert with_spelling(query, "Zelensky", "zelenskyy") == made


def test_names_and_saved_queries_are_put_into_a_query() -> None:
    """What a button offers is a query that can be saved."""
    assert with_name("Zelensky talks", "zelensky") == "name:Zelensky talks"
    assert with_saved("ferry", "Ports") == 'ferry @"Ports"'
    assert with_saved("", "Ports") == '@"Ports"'


# The check


def test_a_wrong_query_shows_place_reason_and_mend(desk: Site) -> None:
    """The mended query is one click away, and works without a script."""
    page = _look(desk, _filled(query="ferry AND (strike OR vote", act="check")).body
    assert "Character 11: this '(' is never closed" in text_of(page)
    [mended] = re.findall(r'name="use" value="([^"]*)"', page)
    again = _look(desk, _filled(query="ferry AND (strike OR vote", use=unescape(mended))).body
    assert "The query can be saved" in text_of(again)
    assert "ferry AND (strike OR vote)</textarea>" in again


def test_the_live_check_answers_with_its_part_alone(desk: Site) -> None:
    """What our script asks while typing is a part of the page, not the page."""
    part = _look(desk, _filled(query="ferry and strike"), hx_request="true").body
    assert "<html" not in part
    assert "in lower case is searched as a word" in text_of(part)


def test_nothing_typed_is_lost(desk: Site) -> None:
    """A form that comes back with mistakes holds all that was typed, the wrong parts too."""
    fields = {"query": "ferry (", "outlets": "many", "timezone": "Mars/Base", "channel.mail": "on"}
    page = desk.post("/subscriptions/save", _filled(**fields)).body
    for typed in ("ferry (</textarea>", 'value="many"', 'value="Mars/Base"', 'value="Harbour"'):
        assert typed in page
    assert re.search(r'name="channel.mail" checked', page)
    assert not re.search(r'name="channel.desk" checked', page)


# The test on the archive


def _archive(newsroom: Newsroom) -> None:
    gazette = newsroom.feed("https://gazette.example/rss", "Gazette")
    courier = newsroom.feed("https://courier.example/rss", "Courier")
    at = NOW - timedelta(days=3)
    first, story = newsroom.publish(gazette, "Ferry strike", "Zelenskyy says the ferry stays in port.", at)
    joined = Grouping(GroupingKind.REPORT, story, first, 0.7, "ferry, strike")
    newsroom.publish(courier, "Ferries idle", "No ferry left port, Zelensky says.", at + timedelta(hours=1), joined)


def test_a_draft_is_tried_on_the_archive(desk: Site, newsroom: Newsroom) -> None:
    """Alerts a day, what grouping kept back, and stories with the matched words marked."""
    _archive(newsroom)
    page = _look(desk, _filled(act="test")).body
    text = text_of(page)
    assert "alert 1" in text
    assert "kept back by grouping 1" in text
    assert "1 more article of this story" in text
    assert "<mark>ferry</mark>" in page
    assert 'class="alert"' in page
    assert "2026-02-26 1 2" in text
    assert _stored(newsroom) is None


def test_a_draft_is_tried_with_its_conditions(desk: Site, newsroom: Newsroom) -> None:
    """Stories held back are counted with what they lacked; a condition with a mistake is not passed over."""
    _archive(newsroom)
    met = text_of(_look(desk, _filled(act="test", outlets="2", digest="daily", digest_at="07:30")).body)
    assert "alert 1" in met
    assert "0 alerts would have come at once, the others in 1 digest" in met
    assert "Stories it would have told of" in met
    held = text_of(_look(desk, _filled(act="test", outlets="3"), hx_request="true").body)
    assert "story held back by conditions 1" in held
    assert "at least 3 independent outlets 1 story" in held
    assert "No alert: the conditions held back every story" in held
    assert "Stories it would have told of" not in held
    wrong = text_of(_look(desk, _filled(act="test", outlets="many"), hx_request="true").body)
    assert "A condition has a mistake" in wrong


@pytest.mark.parametrize(
    ("query", "warning"), [("submarine", "Never met"), ("ferry NOT submarine", "excludes nothing")]
)
def test_what_is_to_be_doubted_is_said(desk: Site, newsroom: Newsroom, query: str, warning: str) -> None:
    """A query that nothing meets, or a part without effect, is told of before it is saved."""
    _archive(newsroom)
    assert warning in text_of(_look(desk, _filled(query=query, act="test"), hx_request="true").body)


def test_spellings_of_the_archive_are_offered(desk: Site, newsroom: Newsroom) -> None:
    """Each spelling has its count and a button with the query that also finds it."""
    _archive(newsroom)
    part = _look(desk, _filled(query="Zelensky", word="Zelensky", act="look_up"), hx_request="true").body
    assert "zelenskyy 1 article" in text_of(part)
    assert 'value="(Zelensky OR zelenskyy)"' in part
    assert 'value="name:Zelensky"' in part
    several = _look(desk, _filled(word="two words", act="look_up"), hx_request="true").body
    assert "one word at a time" in text_of(several)


# Channels


@pytest.mark.parametrize(
    ("name", "said"),
    [("desk", "Taken: desk answered 200"), ("mail", "Not taken: connection failed: the mail server did not answer")],
)
def test_a_channel_is_tried_and_the_form_kept(desk: Site, name: str, said: str) -> None:
    """The receiver's answer stands beside the channel, and the draft is as it was."""
    page = _look(desk, _filled(try_channel=name)).body
    assert said in text_of(page)
    assert 'value="Harbour"' in page


# Saving


def test_a_subscription_is_saved_changed_and_renamed(desk: Site, newsroom: Newsroom) -> None:
    """A new one leads to its page; the editor of it changes all that it shows."""
    fields = {"channel.desk": "on", "outlets": "3", "digest": "daily", "digest_at": "07:30"}
    saved = desk.post("/subscriptions/save", _filled(**fields))
    made = _stored(newsroom)
    assert made is not None
    assert saved.headers["location"] == f"/subscriptions/{made.id}"
    assert (made.query, made.channels, made.enabled) == ("ferry", ("desk",), True)
    assert made.rule == Rule(outlets=3, digest=Schedule(Every.DAILY, time(7, 30)))
    page = desk.page(f"/subscriptions/{made.id}/edit").body
    assert f'name="id" value="{made.id}"' in page
    desk.post("/subscriptions/save", urlencode({"id": made.id, "name": "Ports", "query": "port"}))
    changed = _stored(newsroom, "Ports")
    assert changed is not None
    assert (changed.id, changed.query, changed.channels, changed.enabled) == (made.id, "port", (), False)
    assert changed.rule == Rule()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": ""}, "give it a name"),
        ({"query": ""}, "write what to look for"),
        ({"name": "Taken"}, "there is a subscription named 'Taken'"),
        ({"channel.pager": "on"}, "no channel is called 'pager'"),
        ({"query": '@"Unknown"'}, "Not saved yet"),
        ({"query": "/(a+)+$/ ("}, "Not saved yet"),
    ],
)
def test_what_cannot_be_saved_says_why(desk: Site, newsroom: Newsroom, fields: dict[str, str], said: str) -> None:
    """The form comes back with the reason, and nothing was stored."""
    newsroom.subscription("Taken", "boat")
    answer = desk.post("/subscriptions/save", _filled(**fields))
    assert answer.status == 422
    assert said in text_of(answer.body)
    with newsroom.database.read() as tx:
        assert subscriptions.names(tx, 9) == ["Taken"]


def test_a_channel_that_the_settings_lost_can_be_kept_or_left(desk: Site, newsroom: Newsroom) -> None:
    """It is shown as lost, and saving does not take it away by itself."""
    number = newsroom.subscription("Harbour", "ferry", "old")
    assert "not in the settings" in text_of(desk.page(f"/subscriptions/{number}/edit").body)
    body = _filled(id=str(number), **{"channel.old": "on", "channel.desk": "on"})
    assert desk.post("/subscriptions/save", body).status == 303
    stored = _stored(newsroom)
    assert stored is not None
    assert stored.channels == ("old", "desk")


@pytest.mark.parametrize("path", ["/subscriptions/save", "/subscriptions/draft"])
def test_forms_of_other_pages_are_refused(desk: Site, newsroom: Newsroom, path: str) -> None:
    """S14: neither saving nor a test message follows from a foreign form."""
    assert desk.post(path, _filled(try_channel="desk"), origin="https://evil.example").status == 403
    assert _stored(newsroom) is None


def test_a_form_without_its_token_is_refused(start: Callable[..., Site], newsroom: Newsroom) -> None:
    """S14: where a password is set, a form counts only with its session's token."""
    site = start(password=PASSWORD)
    assert site.post("/subscriptions/save", _filled()).status in {303, 401, 403}
    assert _stored(newsroom) is None


def test_every_field_has_a_label(desk: Site) -> None:
    """WCAG 1.3.1: each field is named by a label or names itself."""
    page = desk.page("/subscriptions/new").body
    labels = set(re.findall(r'<label[^>]* for="([^"]+)"', page))
    fields = re.findall(r"<(?:input|select|textarea)\b[^>]*>", page)
    for field in fields:
        named = re.search(r'\bid="([^"]+)"', field)
        assert 'type="hidden"' in field or "aria-label=" in field or (named and named[1] in labels), field
    outline = Outline(page)
    assert len(outline.ids) == len(set(outline.ids))
    assert outline.labelled_by <= set(outline.ids)
