"""A small hub of our own (WebSub): takes subscriptions, asks back, pushes signed content.

In: requests to the origin it stands on. Out: requests to the callbacks, made in threads. Hides urllib. Trap: it asks
back in the background, as the specification wants, so wait for `confirmed` before anything is published.
"""

import hashlib
import hmac
import threading
import urllib.request
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode

from tests.origin.answer import Answer
from tests.origin.server import Origin, Seen


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a subscriber asked for."""

    callback: str
    topic: str
    secret: str
    mode: str = "subscribe"


class Hub:
    """A hub at `/hub` of an origin."""

    def __init__(self, origin: Origin, *, lease_seconds: int = 600) -> None:
        self.url = origin.respond("/hub", self._asked)
        self.wanted: list[Wanted] = []
        self.confirmed = threading.Event()
        self.answers: list[tuple[int, str]] = []
        self.answer_types: list[str] = []
        self._lease_seconds = lease_seconds

    def publish(self, body: bytes, *, algorithm: str = "sha256", secret: str = "") -> int:
        """Push a document to the newest subscriber; gives the status of its answer."""
        wanted = self.wanted[-1]
        signature = hmac.new((secret or wanted.secret).encode(), body, algorithm).hexdigest()
        headers = {"X-Hub-Signature": f"{algorithm}={signature}", "Content-Type": "application/rss+xml"}
        request = urllib.request.Request(wanted.callback, data=body, headers=headers)  # noqa: S310 - a callback of ours
        with urllib.request.urlopen(request, timeout=90) as response:  # noqa: S310 - likewise
            return int(response.status)

    def _asked(self, seen: Seen) -> Answer:
        form = {name: values[0] for name, values in parse_qs(seen.body.decode()).items()}
        wanted = Wanted(form["hub.callback"], form["hub.topic"], form.get("hub.secret", ""), form["hub.mode"])
        self.wanted.append(wanted)
        threading.Thread(target=self._ask_back, args=(wanted,), daemon=True).start()
        return Answer(status=202)

    def _ask_back(self, wanted: Wanted) -> None:
        challenge = hashlib.sha256(wanted.callback.encode()).hexdigest()
        asked = {
            "hub.mode": wanted.mode,
            "hub.topic": wanted.topic,
            "hub.challenge": challenge,
            "hub.lease_seconds": str(self._lease_seconds),
        }
        with urllib.request.urlopen(f"{wanted.callback}?{urlencode(asked)}", timeout=90) as response:  # noqa: S310
            self.answer_types.append(response.headers.get_content_type())
            self.answers.append((response.status, response.read().decode()))
        if self.answers[-1] == (200, challenge):
            self.confirmed.set()
