"""One message for all channels: what it says, and that strangers' text cannot break out of it."""

import json
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from pipeline.alerts.message import SUBJECT_LIMIT, clean_line, html_text, payload, payload_bytes, plain_text, subject
from pipeline.model import Alert, DeliveryTask, Digest, Update
from pipeline.rule import UpdateReason
from tests.alerts.samples import ALERT, CREATED_AT, HOSTILE, delivery, hostile_delivery

EACH_HOSTILE = pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())


def test_plain_text_says_all() -> None:
    """Headline, outlet, time, others, passage, link, subscription and why."""
    assert plain_text(delivery()) == (
        "Troops move near Kursk\n"
        "gazette.example, 2026-03-01 12:00 UTC, also in 3 other outlets\n"
        "\n"
        "Troops moved near Kursk at dawn.\n"
        "\n"
        "https://gazette.example/kursk?id=1&x=2\n"
        "\n"
        "Subscription “Border fighting” found “Kursk”.\n"
    )


@pytest.mark.parametrize(
    ("count", "said"), [(1, None), (2, "also in 1 other outlet\n"), (3, "also in 2 other outlets\n")]
)
def test_other_outlets_are_counted_without_the_own(count: int, said: str | None) -> None:
    """A story of one outlet says nothing of others."""
    text = plain_text(delivery(outlet_count=count))
    assert (said in text) if said else ("also" not in text)


def test_payload_is_the_documented_one() -> None:
    """The JSON payload has Standard Webhooks' three fields and our id; instants are UTC."""
    assert json.loads(payload_bytes(delivery())) == {
        "id": "dlv_9c21",
        "type": "alert",
        "timestamp": "2026-03-01T12:30:00Z",
        "data": {
            "alert_id": "alrt_7f3a",
            "subscription": {"id": 3, "name": "Border fighting"},
            "story": {"id": 11, "outlet_count": 4},
            "article": {
                "id": 42,
                "url": "https://gazette.example/kursk?id=1&x=2",
                "title": "Troops move near Kursk",
                "outlet": "gazette.example",
                "published_at": "2026-03-01T12:00:00Z",
            },
            "passage": "Troops moved near Kursk at dawn.",
            "matched": ["Kursk"],
        },
    }


def test_payload_is_the_same_at_every_attempt() -> None:
    """R5: nothing in the payload changes from attempt to attempt."""
    assert payload_bytes(delivery(attempts=1)) == payload_bytes(replace(delivery(), attempts=9, token=77))


@EACH_HOSTILE
def test_payload_survives_any_text(text: str) -> None:
    """S25: odd characters never fail a delivery, and arrive as they are."""
    line = payload_bytes(hostile_delivery(text))
    assert b"\n" not in line
    expected = text.replace("\ud83d", "\ufffd")
    assert json.loads(line)["data"]["article"]["title"] == expected
    assert payload(hostile_delivery(text))["type"] == "alert"


@EACH_HOSTILE
def test_texts_hold_no_control_characters(text: str) -> None:
    """S24, S25: no escape, override, half character or further line comes out of a stranger's text."""
    task = hostile_delivery(text)
    plain = plain_text(task)
    assert plain.count("\n") == 8
    for made in (plain.replace("\n", ""), subject(task), html_text(task).replace("\n", "")):
        made.encode()
        assert clean_line(made[:900]) == " ".join(made[:900].split())
    assert len(subject(task)) <= SUBJECT_LIMIT


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        assert {name for name, _ in attrs} <= {"href", "charset", "style", "name", "content"}
        self.links += [value or "" for name, value in attrs if name == "href"]


def tags_of(html: str) -> _Tags:
    tags = _Tags()
    tags.feed(html)
    return tags


@EACH_HOSTILE
def test_html_holds_only_our_tags(text: str) -> None:
    """S25: nothing a stranger writes becomes markup."""
    ours = {"html", "head", "meta", "title", "body", "h2", "a", "p", "blockquote", "b"}
    assert tags_of(html_text(hostile_delivery(text))).seen <= ours


def test_html_marks_the_words_and_links_the_article() -> None:
    """The matched words are bold; whole words only; the address is escaped once."""
    task = delivery(passage="Kursk & Kursks, <Kursk>", matched=("Kursk",))
    html = html_text(task)
    assert "><b>Kursk</b> &amp; Kursks, &lt;<b>Kursk</b>&gt;</blockquote>" in html
    assert tags_of(html).links == ["https://gazette.example/kursk?id=1&x=2"]


def test_only_web_addresses_become_links() -> None:
    """An address of another scheme is not made clickable."""
    assert tags_of(html_text(delivery(article_url="javascript:alert(1)"))).links == []


def update(**changes: Any) -> DeliveryTask:
    plain: dict[str, Any] = {
        "id": 2,
        "public_id": "upd_1",
        "alert": ALERT,
        "number": 1,
        "reason": UpdateReason.OUTLETS,
        "article_id": 43,
        "article_url": "https://courier.example/2",
        "article_title": "Kursk: what is known",
        "outlet": "courier.example",
        "published_at": CREATED_AT,
        "outlet_count": 12,
        "created_at": CREATED_AT,
    }
    return replace(delivery(), notice=Update(**(plain | changes)))


def digest(*members: Alert | Update) -> DeliveryTask:
    made = Digest(4, "dig_1", 3, "Border fighting", CREATED_AT, CREATED_AT, members, {11: 9})
    return replace(delivery(), notice=made, site_url="https://watch.example", feed_key="k", leave_key="k")


def test_an_update_names_its_alert_and_its_cause() -> None:
    """An update has its own id, the alert's id beside it, and says why it comes."""
    told = json.loads(payload_bytes(update()))
    assert told["type"] == "alert.updated"
    data = told["data"]
    assert (data["update_id"], data["alert_id"], data["number"], data["reason"]) == ("upd_1", "alrt_7f3a", 1, "outlets")
    assert data["article"]["title"] == "Kursk: what is known"
    assert "Update 1 of “Troops move near Kursk”: now in 12 outlets." in plain_text(update())
    assert subject(update()) == "Border fighting: update: Kursk: what is known"


def test_a_digest_tells_each_story_as_it_was_closed() -> None:
    """Counts are those of the closing, each story has its link, and more than a text can hold is said so."""
    task = digest(ALERT, update().notice)  # type: ignore[arg-type]
    told = json.loads(payload_bytes(task))
    assert (told["type"], told["data"]["count"]) == ("digest", 2)
    assert [member["story"]["outlet_count"] for member in told["data"]["members"]] == [9, 9]
    assert subject(task) == "Border fighting: 2 stories"
    plain, html = plain_text(task), html_text(task)
    assert plain.count("also in 8 other outlets") == 2
    assert plain.count("Story: https://watch.example/stories/11") == 2
    assert tags_of(html).links.count("https://watch.example/stories/11") == 2
    many = digest(*[ALERT] * 103)
    assert "and 3 more on the dashboard" in plain_text(many)
    assert "and 3 more on the dashboard" in html_text(many)
    assert json.loads(payload_bytes(many))["data"]["count"] == 103


@EACH_HOSTILE
def test_a_digest_survives_any_text(text: str) -> None:
    """S24, S25: the same safety as an alert's."""
    task = digest(replace(ALERT, article_title=text, passage=text, matched=(text,), outlet=text))
    ours = {"html", "head", "meta", "title", "body", "h2", "a", "p", "blockquote", "b"}
    assert tags_of(html_text(task)).seen <= ours
    assert clean_line(plain_text(task)[:900])
    payload_bytes(task)
