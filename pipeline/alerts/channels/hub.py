"""Tell a WebSub hub that a subscription's feed has changed (W3C WebSub, 2018; publishing as hubs in use take it).

In: a delivery and a hub. Out: the answer in words, or Transient or Permanent. Trap: a hub must be able to
fetch the feed, so this is of use only where the dashboard is reached under `web.public_url`.
"""

from datetime import datetime
from urllib.parse import urlencode

from pipeline.alerts.channels.targets import HubTarget
from pipeline.alerts.channels.webhook import Poster, failure_of, said
from pipeline.alerts.links import feed_link
from pipeline.errors import Permanent, Transient
from pipeline.model import DeliveryTask, Reason

FORM = "application/x-www-form-urlencoded"


async def ping_hub(task: DeliveryTask, target: HubTarget, poster: Poster, now: datetime) -> str:
    """Publish both forms of the feed in one request."""
    links = [feed_link(task.site_url, task.feed_key, kind) for kind in ("atom", "json")]
    if not all(links):
        raise Permanent(Reason.RECEIVER_REFUSED, "the feed has no address; set web.public_url")
    body = urlencode([("hub.mode", "publish"), *(("hub.url", link) for link in links)]).encode()
    try:
        response = await poster.post(target.url, headers={"Content-Type": FORM}, body=body, max_bytes=4_096)
    except Transient as error:
        raise Transient(error.reason, said(target, error.reason), error.retry_after, error.status) from None
    except Permanent as error:
        raise Permanent(error.reason, said(target, error.reason), error.status) from None
    if failure := failure_of(response, target, now):
        raise failure
    return f"{target.shown} answered {response.status}"
