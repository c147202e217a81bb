"""Make the message of a notice: one place for what every channel says in words.

In: a `DeliveryTask`. Out: a plain text and an HTML text, and a one-line subject. Pure.
Trap: titles and passages come from strangers; text made here is safe for its medium (no control characters, no
direction overrides, HTML escaped) and the same at every attempt, so that a signature or a Message-ID fits it.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from html import escape

from pipeline.alerts.items import Item, items_of, subscription_of
from pipeline.alerts.lines import clean_line, is_web_address, shortened
from pipeline.alerts.payload import payload, payload_bytes
from pipeline.model import DeliveryTask, Digest, Update

__all__ = ["clean_line", "html_text", "payload", "payload_bytes", "plain_text", "subject", "told_at"]

SUBJECT_LIMIT = 150  #: characters; RFC 5322 folds longer ones, but no reader shows them
SHOWN_MOST = 100  #: stories of one digest in a text; a webhook gets all


def told_at(task: DeliveryTask) -> datetime:
    """Give the instant of the notice, the same at every attempt."""
    return task.notice.closed_at if isinstance(task.notice, Digest) else task.notice.created_at


def subject(task: DeliveryTask) -> str:
    """Give one line that says which subscription met what."""
    _, name = subscription_of(task)
    match task.notice:
        case Digest(members=members):
            line = f"{name}: {len(members)} {'story' if len(members) == 1 else 'stories'}"
        case Update(article_title=title):
            line = f"{name}: update: {clean_line(title)}"
        case alert:
            line = f"{name}: {clean_line(alert.article_title)}"
    return shortened(line, SUBJECT_LIMIT)


def plain_text(task: DeliveryTask) -> str:
    """Give the message as plain text; it ends with a line end."""
    items = items_of(task)
    if not isinstance(task.notice, Digest):
        return _plain_item(items[0])
    shown = "\n--\n\n".join(_plain_item(item) for item in items[:SHOWN_MOST])
    rest = _rest(items)
    return f"{subject(task)}\n\n{shown}" + (f"\n--\n\n{rest}\n" if rest else "")


def _plain_item(item: Item) -> str:
    lines = [item.headline, item.source, ""]
    lines += [item.passage, ""] if item.passage is not None else []
    lines += [item.url, "", item.why]
    lines += [f"Story: {item.story_url}"] if item.story_url else []
    return "\n".join(lines) + "\n"


def _rest(items: Sequence[Item]) -> str:
    rest = len(items) - SHOWN_MOST
    return f"and {rest} more on the dashboard" if rest > 0 else ""


#: Mail programs know no style sheets, so each mark has its own; no colour but grey, which is read on light and dark.
_STYLES = {
    "body": "margin:0 auto;padding:16px;max-width:40em;font:16px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif",
    "h2": "margin:24px 0 4px;font-size:18px;line-height:1.3",
    "source": "margin:0 0 12px;font-size:14px;color:#767676",
    "blockquote": "margin:0 0 12px;padding:0 0 0 12px;border-left:3px solid #999",
    "why": "margin:0;font-size:14px;color:#767676",
}


def html_text(task: DeliveryTask) -> str:
    """Give the message as a small HTML document, the matched words of the passage in bold."""
    items = items_of(task)
    body = "".join(_html_item(item) for item in items[:SHOWN_MOST])
    if isinstance(task.notice, Digest):
        body = f"<p>{escape(subject(task))}</p>\n{body}<p>{escape(_rest(items))}</p>\n"
    return (
        '<!DOCTYPE html>\n<html><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
        f"<title>{escape(subject(task))}</title></head><body{_style('body')}>\n{body}</body></html>\n"
    )


def _html_item(item: Item) -> str:
    headline = escape(item.headline)
    if is_web_address(item.url):
        headline = f'<a href="{escape(item.url)}">{headline}</a>'
    quoted = f"<blockquote{_style('blockquote')}>{marked(item)}</blockquote>\n" if item.passage is not None else ""
    story = f' <a href="{escape(item.story_url)}">The story on the dashboard</a>' if item.story_url else ""
    return (
        f"<h2{_style('h2')}>{headline}</h2>\n<p{_style('source')}>{escape(item.source)}</p>\n"
        f"{quoted}<p{_style('why')}>{escape(item.why)}{story}</p>\n"
    )


def _style(name: str) -> str:
    return f' style="{_STYLES[name]}"'


def marked(item: Item) -> str:
    """Write the passage in HTML, its words in bold; escaped piece by piece, so that no mark falls into an escape."""
    passage = item.passage or ""
    wanted = sorted((re.escape(word) for word in item.matched), key=len, reverse=True)
    if not wanted:
        return escape(passage)
    pieces = re.split(rf"(?<!\w)({'|'.join(wanted)})(?!\w)", passage, flags=re.IGNORECASE)
    return "".join(f"<b>{escape(piece)}</b>" if n % 2 else escape(piece) for n, piece in enumerate(pieces))
