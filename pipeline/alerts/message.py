"""Make the message of an alert: one place for what every channel says.

In: a `DeliveryTask`. Out: the JSON payload, a plain text and an HTML text, and a one-line subject. Pure.
Trap: titles and passages come from strangers; text made here is safe for its medium (no control characters, no
direction overrides, HTML escaped) and the same at every attempt, so that a signature or a Message-ID fits it.
"""

import json
import re
import unicodedata
from datetime import UTC, datetime
from html import escape
from typing import Any

from pipeline.model import Alert, DeliveryTask

SUBJECT_LIMIT = 150  #: characters; RFC 5322 folds longer ones, but no reader shows them
LINE_LIMIT = 1_000  #: characters of a title or address in a text; a webhook gets them whole

#: Characters that turn the direction of what follows: a headline must not rewrite the line it stands in.
_DIRECTION = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C])
_SURROGATE = re.compile("[\ud800-\udfff]")


def payload(task: DeliveryTask) -> dict[str, Any]:
    """Give the payload of webhook and file: Standard Webhooks' `type`, `timestamp` and `data`, and our `id`.

    `id` is the delivery's: the same at every attempt, different for each channel; `data.alert_id` is the same in
    all channels. Instants are ISO 8601 in UTC. `outlet_count` counts the article's own outlet.
    """
    alert = task.alert
    return {
        "id": task.public_id,
        "type": "alert",
        "timestamp": _instant(alert.created_at),
        "data": {
            "alert_id": alert.public_id,
            "subscription": {"id": alert.subscription_id, "name": alert.subscription_name},
            "story": {"id": alert.story_id, "outlet_count": alert.outlet_count},
            "article": {
                "id": alert.article_id,
                "url": alert.article_url,
                "title": alert.article_title,
                "outlet": alert.outlet,
                "published_at": _instant(alert.published_at),
            },
            "passage": alert.passage,
            "matched": list(alert.matched),
        },
    }


def payload_bytes(task: DeliveryTask) -> bytes:
    """Give the payload as one line of JSON in UTF-8, without a line end; half a surrogate pair becomes `U+FFFD`."""
    text = json.dumps(payload(task), ensure_ascii=False, separators=(",", ":"))
    return _SURROGATE.sub("\ufffd", text).encode()


def subject(task: DeliveryTask) -> str:
    """Give one line that says which subscription met what."""
    line = f"{clean_line(task.alert.subscription_name)}: {clean_line(task.alert.article_title)}"
    return line if len(line) <= SUBJECT_LIMIT else line[: SUBJECT_LIMIT - 1].rstrip() + "…"


def plain_text(task: DeliveryTask) -> str:
    """Give the message as plain text; it ends with a line end."""
    alert = task.alert
    lines = [
        _headline(alert),
        _source(alert),
        "",
        clean_line(alert.passage),
        "",
        clean_line(alert.article_url),
        "",
        _why(alert),
    ]
    return "\n".join(lines) + "\n"


def html_text(task: DeliveryTask) -> str:
    """Give the message as a small HTML document, the matched words of the passage in bold."""
    alert = task.alert
    headline = escape(_headline(alert))
    if re.match(r"https?://", alert.article_url):
        headline = f'<a href="{escape(clean_line(alert.article_url))}">{headline}</a>'
    return (
        f'<!DOCTYPE html>\n<html><head><meta charset="utf-8"><title>{escape(subject(task))}</title></head><body>\n'
        f"<h2>{headline}</h2>\n<p>{escape(_source(alert))}</p>\n"
        f"<blockquote>{_marked(alert)}</blockquote>\n<p><small>{escape(_why(alert))}</small></p>\n</body></html>\n"
    )


def clean_line(text: str) -> str:
    """Make one safe line of a stranger's text: no control characters, no overrides, at most `LINE_LIMIT` long."""
    text = _SURROGATE.sub("\ufffd", text[: LINE_LIMIT * 2]).translate(_DIRECTION)
    visible = "".join(" " if unicodedata.category(c) in {"Cc", "Zl", "Zp"} else c for c in text)
    line = " ".join(visible.split())
    return line if len(line) <= LINE_LIMIT else line[: LINE_LIMIT - 1] + "…"


def _headline(alert: Alert) -> str:
    return clean_line(alert.article_title) or clean_line(alert.article_url)


def _source(alert: Alert) -> str:
    """Say who reported it, when, and how many more did."""
    others = alert.outlet_count - 1
    also = f", also in {others} other {'outlet' if others == 1 else 'outlets'}" if others > 0 else ""
    return f"{clean_line(alert.outlet)}, {alert.published_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC{also}"


def _why(alert: Alert) -> str:
    words = ", ".join(f"“{clean_line(word)}”" for word in alert.matched)
    return f"Subscription “{clean_line(alert.subscription_name)}”" + (f" found {words}." if words else ".")


def _marked(alert: Alert) -> str:
    """Escape the passage piece by piece, so that no mark can fall inside an escape."""
    passage = clean_line(alert.passage)
    wanted = sorted((re.escape(clean_line(word)) for word in alert.matched if clean_line(word)), key=len, reverse=True)
    if not wanted:
        return escape(passage)
    pieces = re.split(rf"(?<!\w)({'|'.join(wanted)})(?!\w)", passage, flags=re.IGNORECASE)
    return "".join(f"<b>{escape(piece)}</b>" if n % 2 else escape(piece) for n, piece in enumerate(pieces))


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
