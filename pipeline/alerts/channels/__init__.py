"""Hand a notice to one channel: webhook, hub, chat, e-mail, file or console.

In: a `DeliveryTask` and the channel's `Target`. Out: the answer in words, or Transient or Permanent.
Trap: a delivery may be made again after a crash, with the same id; receivers tell repeats by it.
"""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from pipeline.alerts.channels.chat import Speaker, say_notice
from pipeline.alerts.channels.console import print_alert
from pipeline.alerts.channels.file import append_alert
from pipeline.alerts.channels.hub import ping_hub
from pipeline.alerts.channels.mail import send_alert
from pipeline.alerts.channels.targets import (
    ChatTarget,
    ConsoleTarget,
    FileTarget,
    HubTarget,
    MailTarget,
    Target,
    WebhookTarget,
    address_of_target,
)
from pipeline.alerts.channels.webhook import Poster, post_alert
from pipeline.errors import Permanent
from pipeline.model import DeliveryTask, Reason

__all__ = [
    "ChatTarget",
    "ConsoleTarget",
    "FileTarget",
    "HubTarget",
    "MailTarget",
    "Poster",
    "Speaker",
    "Target",
    "WebhookTarget",
    "address_of_target",
    "deliver",
]


async def deliver(
    task: DeliveryTask, channel: Target, transport: Poster, data_dir: Path, chat: Speaker | None = None
) -> str:
    """Hand one alert to one channel and give its answer in words, without secrets.

    Raises Transient (with `retry_after` where the receiver said) or Permanent. What blocks runs in a thread; a
    cancelled delivery may still arrive.
    """
    match channel:
        case WebhookTarget():
            return await post_alert(task, channel, transport, datetime.now(UTC))
        case HubTarget():
            return await ping_hub(task, channel, transport, datetime.now(UTC))
        case ChatTarget():
            if chat is None:
                raise Permanent(Reason.CHANNEL_UNKNOWN, "this process cannot speak to chats")
            return await say_notice(task, channel, chat, datetime.now(UTC))
        case MailTarget():
            return await asyncio.to_thread(send_alert, task, channel)
        case FileTarget():
            return await asyncio.to_thread(append_alert, task, channel, data_dir)
        case ConsoleTarget():
            return await asyncio.to_thread(print_alert, task)
