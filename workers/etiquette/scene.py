"""The scripted origin: answers what its actors say, and remembers every request with the headers it came with.

In: actors by address. Out: `Response`s as the transport would give them, and `Asked` records. Hides the hops of a
redirect. Trap: conditional headers are worked out by the transport's own rule for each hop, so a validator that went
to the wrong address is in the record.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from pipeline.errors import Permanent, Transient
from pipeline.model import Response, Validators
from pipeline.transport import Fields, failure_of_status
from pipeline.transport.headers import conditional_headers
from pipeline.transport.redirects import check_hop, parse_url
from pipeline.urls import registrable_host

REDIRECT_LIMIT = 5
WINDOW = 10  # entries that a document shows
SHOWN_HEADERS = ("ETag", "Last-Modified", "Retry-After", "Cache-Control", "Age", "Date", "Expires", "Location")


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, and what was answered."""

    at: datetime
    actor: str
    url: str
    host: str
    etag: str | None
    last_modified: str | None
    count: int  #: of the requests to this address, this one included
    status: int  #: 0 for an answer that never came
    headers: Mapping[str, str]
    is_first_hop: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What an actor says: a status with headers and a body, or a failure on the way."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    failure: Transient | Permanent | None = None


Say = Callable[[Asked], Answer]  #: is given the request with what an answer would fill in left empty


@dataclass(frozen=True, slots=True)
class Actor:
    """One address of the origin."""

    name: str
    url: str
    say: Say
    seconds: float = 0.5  #: that an answer takes


class News:
    """Entries that a feed publishes in the course of the run."""

    def __init__(self, name: str, since: datetime, mean_gap: timedelta, hours: float) -> None:
        random = Random(name)  # noqa: S311 - plays, hides nothing
        self.name = name
        self.times: list[datetime] = [since - timedelta(hours=n) for n in range(WINDOW, 0, -1)]
        at = since
        while at < since + timedelta(hours=hours):
            at += mean_gap * random.expovariate(1)
            self.times.append(at)

    def count(self, at: datetime) -> int:
        """Count what is published by then."""
        return sum(time <= at for time in self.times)

    def numbers(self, at: datetime) -> Sequence[int]:
        """Give the entries that a document shows, the newest first."""
        last = self.count(at)
        return range(last, max(0, last - WINDOW), -1)

    def document(self, at: datetime) -> str:
        """Write a document that is not changed by anything but news."""
        items = [
            {
                "id": f"{self.name}-{number}",
                "url": f"https://{self.name}.example/{number}",
                "title": f"Entry {number}",
                "date_published": self.times[number - 1].isoformat(),
            }
            for number in self.numbers(at)
        ]
        return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": self.name, "items": items})


class Origin:
    """All servers of the run."""

    def __init__(self, actors: Sequence[Actor]) -> None:
        self._by_url = {str(parse_url(actor.url)): actor for actor in actors}
        self.asked: list[Asked] = []
        self._counts: dict[str, int] = {}

    def ask(self, url: str, validators: Validators, at: datetime) -> tuple[Response, float]:
        """Answer a GET with all its hops, and say how long that takes; raises what a transport would raise."""
        way, seconds = [parse_url(url)], 0.0
        redirects: list[tuple[int, str]] = []
        while True:
            actor, asked, answer = self._hop(str(way[-1]), validators, at, is_first=not redirects)
            seconds += actor.seconds
            if answer.failure is not None:
                raise answer.failure
            location = answer.headers.get("Location")
            if location is None or answer.status not in {301, 302, 303, 307, 308}:
                response = _response(asked, answer, tuple(redirects))
                failure = failure_of_status(response, at)
                if failure is not None:
                    raise failure
                return response, seconds
            target = parse_url(location)
            check_hop(way, target, REDIRECT_LIMIT, {})
            way.append(target)
            redirects.append((answer.status, location))

    def _hop(self, url: str, validators: Validators, at: datetime, *, is_first: bool) -> tuple[Actor, Asked, Answer]:
        actor = self._by_url[url]
        sent = conditional_headers(validators, str(parse_url(url)))
        self._counts[url] = self._counts.get(url, 0) + 1
        etag, last_modified = sent.get("If-None-Match"), sent.get("If-Modified-Since")
        host, count = registrable_host(url), self._counts[url]
        asked = Asked(at, actor.name, url, host, etag, last_modified, count, 0, {}, is_first)
        answer = actor.say(asked)
        status = 0 if answer.failure is not None else answer.status
        self.asked.append(
            Asked(at, actor.name, url, host, etag, last_modified, count, status, answer.headers, is_first)
        )
        return actor, asked, answer


def _response(asked: Asked, answer: Answer, redirects: tuple[tuple[int, str], ...]) -> Response:
    raw = [(name.encode(), value.encode()) for name, value in answer.headers.items()]
    body = b"" if answer.status == 304 else answer.body.encode()
    return Response(asked.url, answer.status, Fields(raw), body, 0.0, redirects)
