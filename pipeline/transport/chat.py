"""Say something to a chat service, through apprise and under our policy.

In: an apprise address of an allowed kind, a title, a text. Out: the service's answer as a `Response`, Transient or
Permanent. Hides apprise. Trap: apprise knows a hundred services, some of which open sockets of their own or post
wherever they are told; so kinds are let in by name, and all of them speak through `egress`.
"""

import asyncio
import logging
import time
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from apprise import Apprise, AppriseAsset, NotifyFormat

from pipeline.errors import Permanent, Transient
from pipeline.model import Reason, Response
from pipeline.transport.egress import Egress, egress
from pipeline.transport.policy import Policy
from pipeline.transport.resolver import Lookup, ask_system

logging.getLogger("apprise").setLevel(logging.CRITICAL)  # it would log addresses, which are passwords


THREADS = 4


class Chat:
    """What says something to chat services of the given kinds."""

    def __init__(self, policy: Policy, schemes: Collection[str], *, lookup: Lookup = ask_system) -> None:
        self._policy = policy
        self._schemes = schemes
        self._lookup = lookup
        # Of its own: a service that dawdles must not hold the threads in which everything else waits for the store.
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="chat")

    async def say(self, url: str, *, title: str, body: str) -> Response:
        """Say it once, in a thread; raises Transient or Permanent if no answer came."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._say, url, title, body)

    def _say(self, url: str, title: str, body: str) -> Response:
        service, began = _service(), time.monotonic()
        # One address, one service: `add` would split its text into several, of any kind.
        made = Apprise.instantiate(url, asset=service.asset, suppress_exceptions=True)
        if urlsplit(url).scheme.lower() not in self._schemes or made is None or not service.add(made):
            raise Permanent(Reason.URL_REFUSED, "the address cannot be read; see apprise's page of that service")
        with egress(self._policy, self._lookup) as opened:
            taken = service.notify(title=title, body=body, body_format=NotifyFormat.TEXT)
        return _answer(opened, time.monotonic() - began, taken=bool(taken))


def _service() -> Apprise:
    # Without pictures: apprise would name its own logo at GitHub, and every reader's program would fetch it there.
    asset = AppriseAsset(
        app_id="Storywatch", http_redirects=False, async_mode=False, image_url_mask="", image_url_logo=""
    )
    return Apprise(asset=asset)


def _answer(opened: Egress, seconds: float, *, taken: bool) -> Response:
    """Give the last answer; one that says yes and that apprise yet took for a no is a refusal."""
    if taken:
        return Response("", opened.statuses[-1] if opened.statuses else 200, opened.headers, b"", seconds)
    if opened.refusals and not opened.statuses:
        raise Permanent(opened.refusals[0].reason, "the service's address is not allowed")
    if not opened.statuses:
        reason = Reason.TIMED_OUT if time.monotonic() > opened.until else Reason.CONNECTION_FAILED
        raise Transient(reason, "the service could not be reached")
    if 200 <= opened.statuses[-1] < 300:
        raise Permanent(Reason.RECEIVER_REFUSED, "the service answered, and said no", opened.statuses[-1])
    return Response("", opened.statuses[-1], opened.headers, b"", seconds)
