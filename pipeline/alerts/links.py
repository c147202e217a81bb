"""Addresses on our own dashboard that messages may carry.

In: a `DeliveryTask`, which names the dashboard's address and the subscription's secrets. Out: addresses, empty where
one of them is not known. Hides hmac. Pure. Trap: whoever has the address of a feed or of an unsubscription may use it
without a login; each has a secret of its own, since a feed's address goes to readers and hubs.
"""

import hashlib
import hmac
from urllib.parse import quote

from pipeline.model import DeliveryTask

FEED_FOLDER = "/alert-feeds/"
UNSUBSCRIBE_FOLDER = "/unsubscribe/"


def story_link(task: DeliveryTask, story_id: int) -> str:
    """Give the address of a story's page."""
    return f"{task.site_url}/stories/{story_id}" if task.site_url else ""


def feed_link(site_url: str, feed_key: str, kind: str = "atom") -> str:
    """Give the address of a subscription's feed."""
    return f"{site_url}{FEED_FOLDER}{feed_key}.{kind}" if site_url and feed_key else ""


def unsubscribe_link(task: DeliveryTask, subscription_id: int) -> str:
    """Give the address at which a channel's receivers leave the subscription with one click."""
    if not task.site_url or not task.leave_key:
        return ""
    mac = unsubscribe_mac(task.leave_key, task.channel)
    return f"{task.site_url}{UNSUBSCRIBE_FOLDER}{subscription_id}/{quote(task.channel, safe='')}/{mac}"


def unsubscribe_mac(leave_key: str, channel: str) -> str:
    """Give what proves that an address of unsubscription was made by us for this channel."""
    return hmac.new(leave_key.encode(), f"unsubscribe\n{channel}".encode(), hashlib.sha256).hexdigest()[:40]
