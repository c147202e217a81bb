"""Make the JSON of a notice, for webhooks and files.

In: a `DeliveryTask`. Out: Standard Webhooks' `type`, `timestamp` and `data`, and our `id`. Pure. Trap: `id` is the
delivery's: the same at every attempt, different for each channel; `alert_id`, `update_id` and `digest_id` in `data` are
the same in all channels. Instants are ISO 8601 in UTC. `outlet_count` counts the article's own outlet.
"""

import json
from datetime import datetime
from typing import Any, Protocol

from pipeline.alerts.lines import instant, whole_characters
from pipeline.alerts.links import story_link
from pipeline.model import Alert, DeliveryTask, Digest, Update


class _Told(Protocol):
    """What alerts and updates say of the article that gave cause."""

    @property
    def article_id(self) -> int: ...
    @property
    def article_url(self) -> str: ...
    @property
    def article_title(self) -> str: ...
    @property
    def outlet(self) -> str: ...
    @property
    def published_at(self) -> datetime: ...


def payload(task: DeliveryTask) -> dict[str, Any]:
    """Give the payload: `alert`, `alert.updated` or `digest`."""
    notice = task.notice
    match notice:
        case Alert():
            kind, moment, data = "alert", notice.created_at, _alert(task, notice, notice.outlet_count)
        case Update():
            kind, moment, data = "alert.updated", notice.created_at, _update(task, notice, notice.outlet_count)
        case Digest():
            kind, moment, data = "digest", notice.closed_at, _digest(task, notice)
    return {"id": task.public_id, "type": kind, "timestamp": instant(moment), "data": data}


def payload_bytes(task: DeliveryTask) -> bytes:
    """Give the payload as one line of JSON in UTF-8, without a line end; half a surrogate pair becomes `U+FFFD`."""
    text = json.dumps(payload(task), ensure_ascii=False, separators=(",", ":"))
    return whole_characters(text).encode()


def _alert(task: DeliveryTask, alert: Alert, outlet_count: int) -> dict[str, Any]:
    return {
        "alert_id": alert.public_id,
        "subscription": {"id": alert.subscription_id, "name": alert.subscription_name},
        "story": _story(task, alert.story_id, outlet_count),
        "article": _article(alert),
        "passage": alert.passage,
        "matched": list(alert.matched),
    }


def _update(task: DeliveryTask, update: Update, outlet_count: int) -> dict[str, Any]:
    alert = update.alert
    return {
        "update_id": update.public_id,
        "alert_id": alert.public_id,
        "number": update.number,
        "reason": update.reason.value,
        "subscription": {"id": alert.subscription_id, "name": alert.subscription_name},
        "story": _story(task, alert.story_id, outlet_count),
        "article": _article(update),
    }


def _digest(task: DeliveryTask, digest: Digest) -> dict[str, Any]:
    members = [_member(task, digest, member) for member in digest.members]
    return {
        "digest_id": digest.public_id,
        "subscription": {"id": digest.subscription_id, "name": digest.subscription_name},
        "due_at": instant(digest.due_at),
        "count": len(members),
        "members": members,
    }


def _member(task: DeliveryTask, digest: Digest, member: Alert | Update) -> dict[str, Any]:
    alert = member if isinstance(member, Alert) else member.alert
    count = digest.outlet_counts.get(alert.story_id, member.outlet_count)
    if isinstance(member, Alert):
        return {"type": "alert", "raised_at": instant(member.created_at), **_alert(task, member, count)}
    return {"type": "alert.updated", "raised_at": instant(member.created_at), **_update(task, member, count)}


def _story(task: DeliveryTask, story_id: int, outlet_count: int) -> dict[str, Any]:
    link = story_link(task, story_id)
    return {"id": story_id, "outlet_count": outlet_count} | ({"url": link} if link else {})


def _article(told: _Told) -> dict[str, Any]:
    return {
        "id": told.article_id,
        "url": told.article_url,
        "title": told.article_title,
        "outlet": told.outlet,
        "published_at": instant(told.published_at),
    }
