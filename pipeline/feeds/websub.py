"""The decisions of a WebSub subscriber (W3C Recommendation 2018, sections 5 to 8).

In: what we asked a hub for, and what came in. Out: forms, verdicts, instants. Pure; hides hmac. Trap: the callback is
open to the whole world, so nothing is believed but what answers a request of ours (verification) or is signed with the
secret of that one subscription (content).
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from urllib.parse import urlencode

from pipeline.model import Push, PushState

WANTED_LEASE_SECONDS = 10 * 86_400  # what we ask for; hubs commonly give it
SHORTEST_LEASE_SECONDS = 300  # a lease of 0 is no reason to subscribe all day long
LONGEST_LEASE_SECONDS = 30 * 86_400  # nor one of ten years to never ask again
RENEWAL_SPREAD = 0.2  # of the half lease: subscriptions made together drift apart
FIRST_RETRY_SECONDS = 3600.0
LONGEST_RETRY_SECONDS = 86_400.0
DENIED_SECONDS = 7 * 86_400.0
ANSWER_SECONDS = 600.0  # a hub that has not asked back by then is asked again
MOST_PROOFS = 20

#: The words before `=` in X-Hub-Signature (section 8). sha1 is in the specification and broken, so it signs nothing.
ALGORITHMS = ("sha256", "sha384", "sha512")


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A hub's question answered with yes: the challenge goes back as it came."""

    challenge: str
    lease_seconds: int


@dataclass(frozen=True, slots=True)
class Denied:
    """The hub says that it will not push."""

    reason: str


def request_form(push: Push, callback_url: str, *, leaving: bool = False) -> bytes:
    """Give the body of a request to the hub: to push, or not to push any more (section 5.1)."""
    form = {
        "hub.mode": "unsubscribe" if leaving else "subscribe",
        "hub.topic": push.topic_url,
        "hub.callback": f"{callback_url.rstrip('/')}/websub/{push.token}",
    }
    if not leaving:
        form |= {"hub.lease_seconds": str(WANTED_LEASE_SECONDS), "hub.secret": push.secret}
    return urlencode(form).encode()


def judge(push: Push, asked: Mapping[str, str]) -> Confirmed | Denied | None:
    """Judge a hub's GET: None for whatever does not belong to a request of ours that waits for it (section 5.3).

    So a forged unsubscription, another topic and a challenge sent again are all nothing we know of.
    """
    mode, challenge = asked.get("hub.mode", ""), asked.get("hub.challenge", "")
    if asked.get("hub.topic") != push.topic_url or not push.pending:
        return None
    if mode == "denied":
        return Denied(asked.get("hub.reason", "")[:200])
    if mode != "subscribe" or not challenge or len(challenge) > 2000:
        return None
    return Confirmed(challenge, lease_of(asked.get("hub.lease_seconds", "")))


def judge_leaving(push: Push, asked: Mapping[str, str]) -> str:
    """Judge a hub's GET after we asked it to stop: its challenge, or nothing if it asks for anything else."""
    challenge = asked.get("hub.challenge", "")
    wanted = asked.get("hub.mode") == "unsubscribe" and asked.get("hub.topic") == push.topic_url and push.pending
    return challenge if wanted and len(challenge) <= 2000 else ""


def lease_of(written: str) -> int:
    """Read a lease; what is no number is taken for what we asked for."""
    seconds = int(written) if written.isascii() and written.isdigit() and len(written) < 12 else WANTED_LEASE_SECONDS
    return min(max(seconds, SHORTEST_LEASE_SECONDS), LONGEST_LEASE_SECONDS)


def renew_at(now: datetime, lease_seconds: int, random: Random) -> datetime:
    """Say when to ask again: around half of the lease."""
    half = lease_seconds / 2
    return now + timedelta(seconds=half * random.uniform(1 - RENEWAL_SPREAD, 1))


def retry_at(now: datetime, failure_count: int, random: Random) -> datetime:
    """Say when to ask a hub again that failed: after an hour, twice as long each time, at most a day."""
    seconds = min(FIRST_RETRY_SECONDS * 2.0 ** min(failure_count, 10), LONGEST_RETRY_SECONDS)
    return now + timedelta(seconds=seconds * random.uniform(0.8, 1.2))


def is_signed(body: bytes, header: str | None, secret: str) -> bool:
    """Tell whether content carries the signature of its subscription's secret, in constant time (section 8)."""
    algorithm, _, signature = (header or "").strip().partition("=")
    if algorithm.lower() not in ALGORITHMS:
        return False
    expected = hmac.new(secret.encode(), body, algorithm.lower()).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.strip().lower().encode("utf-8", "replace"))


def is_trusted(push: Push) -> bool:
    """Tell whether polling may rest on this push: it has brought entries, and again after each that it missed (F37).

    A hub that never pushed is not trusted, so a silent one delays nothing.
    """
    if push.state is not PushState.ACTIVE:
        return False
    return push.good_in_row >= min(1 + 2 * push.missed_count, MOST_PROOFS)
