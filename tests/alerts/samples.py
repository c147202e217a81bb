"""Deliveries for tests, and the strings that messages must survive."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from pipeline.model import Alert, DeliveryTask

CREATED_AT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)

ALERT = Alert(
    id=7,
    public_id="alrt_7f3a",
    subscription_id=3,
    subscription_name="Border fighting",
    story_id=11,
    article_id=42,
    article_url="https://gazette.example/kursk?id=1&x=2",
    article_title="Troops move near Kursk",
    outlet="gazette.example",
    published_at=datetime(2026, 3, 1, 12, 0, tzinfo=UTC),
    passage="Troops moved near Kursk at dawn.",
    matched=("Kursk",),
    outlet_count=4,
    created_at=CREATED_AT,
)

#: Titles, passages and names as strangers may write them.
HOSTILE = {
    "header injection": "x\r\nBcc: victim@example.org\r\n\r\nbody",
    "encoded header injection": "=?utf-8?q?x=0D=0ABcc:_victim@example.org?=",
    "ten kilobytes": "long " * 2_000,
    "right to left override": "gpj.\u202eexe.kursk",
    "null": "a\x00b",
    "terminal escape": "\x1b]0;owned\x07\x1b[2J\x9b31mred",
    "half a surrogate pair": "a\ud83db",
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)>&amp;\"'",
    "everyone": "@everyone <!channel> [click](https://evil.example)",
    "line separators": "a\u2028b\u2029c\u0085d",
    "format strings": "%s {0} ${HOME} {{7*7}}",
    "emoji": "🚀 Kursk 👩‍👩‍👧",
    "empty": "",
    "a dot on its own line": "x\n.\ny",
}


def delivery(attempts: int = 1, public_id: str = "dlv_9c21", **changes: Any) -> DeliveryTask:
    """Give a delivery of an alert that differs in the named fields."""
    return DeliveryTask(5, public_id, 1, "channel", attempts, replace(ALERT, **changes), CREATED_AT)


def hostile_delivery(text: str) -> DeliveryTask:
    """Give a delivery that carries a text wherever a stranger may put one."""
    return delivery(
        article_title=text,
        passage=text,
        subscription_name=text,
        outlet=text,
        matched=(text,),
        article_url=f"https://evil.example/{text}",
    )
