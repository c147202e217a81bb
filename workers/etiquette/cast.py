"""The feeds that play: each kind of server that a poller meets, a rule or two in mind for each.

In: when the run begins and how long it lasts. Out: actors, the feeds to watch, and what is known of some of them
before. Trap: an actor is named by its kind and a number; `rules.py` finds the requests of a rule by that kind.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import partial

from pipeline.errors import Permanent, Transient
from pipeline.model import Reason
from workers.etiquette.scene import Actor, Answer, Asked, News, Say

HOUR, DAY = 3600, 86_400
OPAQUE = ('W/"a-{}"', "plain{}", '"x{}--gzip"', "'{}'", '"{}"')
ODD_DATES = ("Sat, 16 Nov 2041 19:11:0{} GMT", "2026-11-23 1{}:00", "yesterday, {}")
FAILURES: tuple[tuple[str, Answer], ...] = (
    ("name-temporary", Answer(failure=Transient(Reason.NAME_TEMPORARY))),
    ("name-unknown", Answer(failure=Permanent(Reason.NAME_UNKNOWN))),
    ("refused", Answer(failure=Transient(Reason.CONNECTION_FAILED))),
    ("tls", Answer(failure=Transient(Reason.TLS_FAILED))),
    ("slow", Answer(failure=Transient(Reason.TIMED_OUT))),
    ("missing", Answer(404)),
    ("broken", Answer(500)),
    ("page", Answer(body="<!doctype html><html><title>Log in</title></html>")),
)


@dataclass(slots=True)
class Cast:
    """Who plays."""

    actors: list[Actor] = field(default_factory=list)
    feeds: list[str] = field(default_factory=list)  #: addresses to watch, by listing order
    moved: dict[str, str] = field(default_factory=dict)  #: feeds that have long been redirected, and where to
    news: dict[str, News] = field(default_factory=dict)


class Casting:
    """Gathers a cast."""

    def __init__(self, start: datetime, hours: float) -> None:
        self.start = start
        self.hours = hours
        self.cast = Cast()

    def news(self, name: str, mean_minutes: float) -> News:
        """Make the news of a feed."""
        made = News(name, self.start, timedelta(minutes=mean_minutes), self.hours)
        self.cast.news[name] = made
        return made

    def play(self, name: str, say: Say, *, url: str = "", is_watched: bool = True, seconds: float = 0.5) -> str:
        """Give an address an actor; it is watched unless it only stands behind another."""
        url = url or f"https://{name}.example/feed"
        self.cast.actors.append(Actor(name, url, say, seconds))
        if is_watched:
            self.cast.feeds.append(url)
        return url


def whole_cast(start: datetime, hours: float) -> Cast:
    """Give everybody who plays."""
    casting = Casting(start, hours)
    for scene in (_conditional, _fresh, _unconditional, _throttling, _failing, _moving, _sleeping, _crowded):
        scene(casting)
    return casting.cast


def conditional(news: News, validators: Callable[[int], dict[str, str]], **headers: str) -> Say:
    """Answer as a good server: 304 to whoever brings back what belongs to the newest document."""

    def say(asked: Asked) -> Answer:
        own = validators(news.count(asked.at))
        known = {name: value for name, value in own.items() if value}
        sent = {"ETag": asked.etag, "Last-Modified": asked.last_modified}
        if known and all(sent[name] == value for name, value in known.items()):
            return Answer(304, known | headers)
        return Answer(200, known | headers, news.document(asked.at))

    return say


def _conditional(casting: Casting) -> None:
    """F1 to F5: opaque validators that change, vanish, come with documents cut short, and with other addresses."""
    for n, pattern in enumerate(OPAQUE * 2):
        name = f"etag-{n}"
        say = conditional(casting.news(name, 20 + 40 * n), _written("ETag", pattern))
        casting.play(name, say, seconds=3.0 if n % 3 == 0 else 0.5)
    for n, pattern in enumerate(ODD_DATES):
        name = f"dated-{n}"
        casting.play(name, conditional(casting.news(name, 90), _written("Last-Modified", pattern)))
    lost = casting.news("vanishing", 45)
    casting.play("vanishing", partial(_vanishing, lost))
    cut = casting.news("cut", 30)
    casting.play("cut", partial(_cut, cut))
    target = [casting.play(f"behind-{x}", _etag(casting, f"behind-{x}", 60), is_watched=False) for x in "ab"]
    turn = casting.start + timedelta(hours=24)
    ways = [always(Answer(302, {"Location": url})) for url in target]
    casting.play("turning", _turning(ways[0], ways[1], turn))


def _etag(casting: Casting, name: str, mean_minutes: float, **headers: str) -> Say:
    """Answer for a feed with an ETag of its own."""
    return conditional(casting.news(name, mean_minutes), _written("ETag", f'"{name}-{{}}"'), **headers)


def _written(field_name: str, pattern: str) -> Callable[[int], dict[str, str]]:
    """Give the validators of the document that shows so many entries."""
    return lambda count: {field_name: pattern.format(count)}


def always(answer: Answer) -> Say:
    """Give the same answer to everybody."""
    return lambda _asked: answer


def _turning(before: Say, after: Say, turn: datetime) -> Say:
    """Change from one behaviour to another."""
    return lambda asked: (after if asked.at >= turn else before)(asked)


def _vanishing(news: News, asked: Asked) -> Answer:
    """Send both validators, then one, then none, in turns."""
    sent: tuple[dict[str, str], ...] = (
        {"ETag": f'"v{asked.count}"', "Last-Modified": f"d{asked.count}"},
        {"Last-Modified": f"d{asked.count}"},
        {},
    )
    return Answer(200, sent[asked.count % 3], news.document(asked.at))


def _cut(news: News, asked: Asked) -> Answer:
    """Cut every other document short, with a validator that must not be believed."""
    if asked.count % 2:
        return Answer(200, {"ETag": f'"whole-{asked.count}"'}, news.document(asked.at))
    return Answer(200, {"ETag": f'"cut-{asked.count}"'}, news.document(asked.at)[:-30])


def _fresh(casting: Casting) -> None:
    """F10: freshness, with Age, by Expires against a wrong clock, on 304 too, and forbidden to be used."""
    casting.play("fresh-0", _etag(casting, "fresh-0", 50, **{"Cache-Control": "max-age=10800", "Age": "3600"}))
    casting.play("fresh-1", _etag(casting, "fresh-1", 50, **{"Cache-Control": "public, max-age=14400"}))
    clock = {"Date": "Tue, 24 Nov 2026 12:00:00 GMT", "Expires": "Tue, 24 Nov 2026 17:00:00 GMT"}
    casting.play("fresh-2", _etag(casting, "fresh-2", 50, **clock))
    once = casting.news("fresh-3", 600)
    casting.play("fresh-3", partial(_fresh_once, once))
    never = {"Cache-Control": "no-cache, max-age=99999"}
    casting.play("stale-0", _etag(casting, "stale-0", 50, **never))


def _fresh_once(news: News, asked: Asked) -> Answer:
    """Say how long it stays fresh with documents only, never with a 304."""
    tag = f'"{news.count(asked.at)}"'
    if asked.etag == tag:
        return Answer(304, {"ETag": tag})
    return Answer(200, {"ETag": tag, "Cache-Control": "max-age=9000"}, news.document(asked.at))


def _unconditional(casting: Casting) -> None:
    """F6: servers that offer nothing: one that is quiet, one that always has something new."""
    for name, minutes in (("bare-quiet", 10**6), ("bare-lively", 12)):
        casting.play(name, partial(_bare, casting.news(name, minutes)))


def _bare(news: News, asked: Asked) -> Answer:
    return Answer(200, {}, news.document(asked.at))


def _throttling(casting: Casting) -> None:
    """F8, F9: Retry-After in every spelling, with a sibling at the host; a host that wants one request a minute."""
    ahead = format_datetime(casting.start + timedelta(hours=2), usegmt=True)
    later = format_datetime(casting.start + timedelta(hours=6), usegmt=True)
    spellings: tuple[tuple[int, dict[str, str]], ...] = (
        (429, {"Retry-After": "14400"}),
        (503, {"Retry-After": later, "Date": ahead}),
        (503, {"Retry-After": "7200"}),
        (429, {"Retry-After": "-5"}),
        (429, {"Retry-After": "abc"}),
        (503, {"Retry-After": "999999999999"}),
    )
    for n, (status, headers) in enumerate(spellings):
        name = f"rest-{n}"
        sibling = f"sibling-{n}"
        url = f"https://rest{n}.example"
        casting.play(name, always(Answer(status, headers)), url=f"{url}/a")
        casting.play(sibling, _etag(casting, sibling, 20), url=f"{url}/b")
    minute = _Minute()
    for n in range(20):
        name = f"crowd-{n}"
        casting.play(name, minute.guarding(_etag(casting, name, 240)), url=f"https://crowd.example/{n}")


class _Minute:
    """A host that answers 429 to the second request in any minute."""

    def __init__(self) -> None:
        self.last_at: datetime | None = None

    def guarding(self, say: Say) -> Say:
        def guarded(asked: Asked) -> Answer:
            before, self.last_at = self.last_at, asked.at
            if before is not None and asked.at - before < timedelta(minutes=1):
                return Answer(429)
            return say(asked)

        return guarded


def _failing(casting: Casting) -> None:
    """F11, F12: every class of failure without an end, one that recovers, and one that is gone."""
    for name, answer in FAILURES:
        casting.play(f"dead-{name}", always(answer))
    well = _etag(casting, "recovers", 60)
    until = casting.start + timedelta(hours=12)
    casting.play("recovers", _turning(always(Answer(502)), well, until))
    casting.play("gone", always(Answer(410)))


def _moving(casting: Casting) -> None:
    """F13, F14, F39: moves that are believed, that are not, and one onto another feed of the list."""
    for name, status in (("moved-long", 301), ("moved-lately", 308), ("found", 302)):
        target = casting.play(f"{name}-target", _etag(casting, f"{name}-target", 60), is_watched=False)
        url = casting.play(name, always(Answer(status, {"Location": target})))
        if name == "moved-long":
            casting.cast.moved[url] = target
    own = _etag(casting, "moved-a-day", 60)
    away = casting.play("moved-a-day-away", _etag(casting, "moved-a-day-away", 60), is_watched=False)
    back = casting.start + timedelta(hours=24)
    casting.play("moved-a-day", _turning(always(Answer(301, {"Location": away})), own, back))
    survivor = casting.play("survivor", _etag(casting, "survivor", 45))
    url = casting.play("joins", always(Answer(301, {"Location": survivor})))
    casting.cast.moved[url] = survivor


def _sleeping(casting: Casting) -> None:
    """F31: what documents ask for: a ttl, hours and days in which nobody should ask."""
    hours = "".join(f"<hour>{hour}</hour>" for hour in range(6))
    day = (casting.start + timedelta(days=1)).strftime("%A")
    channels = {
        "ttl": "<ttl>180</ttl>",
        "skip-hours": f"<skipHours>{hours}</skipHours>",
        "skip-days": f"<skipDays><day>{day}</day></skipDays>",
    }
    for name, channel in channels.items():
        body = (
            f'<rss version="2.0"><channel><title>{name}</title><link>https://{name}.example/</link>{channel}'
            f"<item><guid>{name}-1</guid><title>One</title></item></channel></rss>"
        )
        casting.play(name, _unchanging(body))


def _unchanging(body: str) -> Say:
    def say(asked: Asked) -> Answer:
        return Answer(304 if asked.etag else 200, {"ETag": '"one"'}, body)

    return say


def _crowded(casting: Casting) -> None:
    """F17: many feeds of one host that answers slowly."""
    for number, name in _numbered("many", 16):
        casting.play(name, _etag(casting, name, 300), url=f"https://many.example/{number}", seconds=4.0)


def _numbered(kind: str, count: int) -> Iterator[tuple[int, str]]:
    yield from ((number, f"{kind}-{number}") for number in range(count))
