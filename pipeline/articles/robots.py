"""Decide by a host's robots.txt whether a page may be fetched (RFC 9309, checklist F26).

In: the copy of the file that we hold, what the last try to renew it came to, and the page's address. Out: a `Verdict`,
or the copy to keep. Hides protego, whose matching takes time linear in rule and address. Trap: a file that is not
there allows everything, a server that cannot say so allows nothing, until it has been silent for 30 days.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from urllib.parse import urlsplit

from protego import Protego

from pipeline.model import Response, RobotsCopy

LARGEST_ANSWER_BYTES = 5_000_000
READ_BYTES = 600_000  #: RFC 9309, 2.5 asks for at least 500 KiB; the rest of a longer file is not read
RENEWED_AFTER = timedelta(hours=24)  # 2.4
TRIED_AGAIN_AFTER = timedelta(minutes=10)
SILENT_FOR = timedelta(days=30)  # 2.3.1.4
LONGEST_DELAY_SECONDS = 120.0  # a Crawl-delay beyond is a way to say no that no robot understands

_THROTTLED = 429  # an answer of the moment, not of the file


class Verdict(StrEnum):
    """Whether a page may be fetched now."""

    ALLOWED = "allowed"
    DISALLOWED = "disallowed"
    UNKNOWN = "unknown"  #: the server could not say; ask again later


def origin_of(url: str) -> str:
    """Give scheme, host and port of an address, which one robots.txt speaks for."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def is_fresh(copy: RobotsCopy, now: datetime) -> bool:
    """Tell whether a copy needs no renewal yet."""
    return now - copy.checked_at < (TRIED_AGAIN_AFTER if copy.failing_since_at else RENEWED_AFTER)


def renewed(origin: str, held: RobotsCopy | None, response: Response | None, now: datetime) -> RobotsCopy:
    """Give the copy to keep after a try; `response` is None if the server could not be reached.

    Rules held stay until new ones come. Any 4xx but 429 means that there is no file; so does a redirect that leads
    nowhere.
    """
    if response is not None and response.status < 500 and response.status != _THROTTLED:
        rules = _text(response.body) if response.status < 300 else ""
        return RobotsCopy(origin, rules, checked_at=now, good_at=now)
    if held is None:
        return RobotsCopy(origin, "", checked_at=now, failing_since_at=now)
    return replace(held, checked_at=now, failing_since_at=held.failing_since_at or now)


def judge(copy: RobotsCopy, url: str, agent: str, now: datetime) -> Verdict:
    """Tell whether the rules let this agent fetch a page."""
    if copy.good_at is None:
        silent_since = copy.failing_since_at or copy.checked_at
        return Verdict.ALLOWED if now - silent_since >= SILENT_FOR else Verdict.UNKNOWN
    if copy.failing_since_at and now - copy.good_at >= SILENT_FOR:
        return Verdict.ALLOWED
    allowed = not copy.rules or _parsed(copy.rules).can_fetch(url, agent)
    return Verdict.ALLOWED if allowed else Verdict.DISALLOWED


def delay_seconds(copy: RobotsCopy, agent: str) -> float:
    """Give the Crawl-delay, at most two minutes; 0 if none is asked for."""
    asked = _parsed(copy.rules).crawl_delay(agent) if copy.rules else None
    return min(max(float(asked or 0), 0.0), LONGEST_DELAY_SECONDS)


def agent_of(user_agent: str) -> str:
    """Give the product token of a User-Agent, by which a robots.txt speaks of us."""
    return user_agent.partition("/")[0].strip()


def _text(body: bytes) -> str:
    return body[:READ_BYTES].decode("utf-8", "replace").removeprefix("\ufeff").replace("\x00", "")


@lru_cache(maxsize=256)
def _parsed(rules: str) -> Protego:
    return Protego.parse(rules)
