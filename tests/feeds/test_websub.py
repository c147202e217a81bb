"""What a subscriber believes of hubs."""

import hashlib
import hmac
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from urllib.parse import parse_qs

import pytest

from pipeline.feeds import websub
from pipeline.feeds.hubs import offer_of
from pipeline.feeds.parse import parse
from pipeline.feeds.replan import learned_of_push
from pipeline.feeds.rhythm import from_text, last_learned, learn, new_rhythm, to_text
from pipeline.feeds.schedule import PollPolicy
from pipeline.feeds.websub import Confirmed, Denied
from pipeline.feeds.wish import wished_seconds
from pipeline.model import Feed, FeedState, Push, PushOffer, PushState, Response

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
TOPIC = "https://outlet.example/feed"
PUSH = Push(
    1, "https://hub.example/", TOPIC, "t" * 43, "s" * 64, PushState.OFFERED, True, NOW, None, None, 0, 0, 0, 0, 0, ""
)
ASKED = {"hub.mode": "subscribe", "hub.topic": TOPIC, "hub.challenge": "c-1", "hub.lease_seconds": "864000"}

ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title><id>x</id>{}
<entry><id>1</id><title>one</title></entry></feed>"""
RSS = """<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>t</title>{}
<item><guid>1</guid><title>one</title></item></channel></rss>"""
JSON = '{{"version": "https://jsonfeed.org/version/1.1", "title": "t", {} "items": [{{"id": "1", "title": "one"}}]}}'
HUBS = '"feed_url": "https://outlet.example/feed", "hubs": [{"type": "WebSub", "url": "https://hub.example/"}],'
OFFER = PushOffer("https://hub.example/", TOPIC)
HUB = '<{}link rel="hub" href="https://hub.example/"/>'
SELF = '<{}link rel="self" href="{}"/>'


@pytest.mark.parametrize(
    ("document", "link", "offer"),
    [
        (ATOM.format(HUB.format("") + SELF.format("", "/feed")), "", OFFER),
        (
            RSS.format(HUB.format("atom:") + SELF.format("atom:", TOPIC)),
            "",
            OFFER,
        ),
        (JSON.format(HUBS), "", OFFER),
        (RSS.format(""), f'<https://hub.example/>; rel="hub", <{TOPIC}>; rel=self', OFFER),
        (RSS.format(""), '<https://hub.example/>; type="x, y"; REL="hub next"', replace(OFFER, topic_url=f"{TOPIC}?a")),
        (
            RSS.format('<atom:link rel="hub" href="https://other.example/"/>'),
            f'<https://hub.example/>; rel=hub, <https://second.example/>; rel=hub, <{TOPIC}>; rel="self"',
            OFFER,
        ),
        (RSS.format(""), "", None),
        (RSS.format('<atom:link rel="hub" href="javascript:1"/>'), "", None),
        (RSS.format('<atom:link rel="hub" href="http://hub.example/"/>'), "", None),  # our secret in clear
    ],
    ids=["atom", "rss", "json", "header", "odd header", "header first", "none", "no address", "in clear"],
)
def test_a_hub_is_found(document: str, link: str, offer: PushOffer | None) -> None:
    """F35: hub and topic of the Link header, of atom:link, of JSON Feed's hubs; the header comes first."""
    url = f"{TOPIC}?a"
    parsed = parse(document.encode(), url=url, now=NOW)
    assert offer_of(Response(url, 200, {"link": link}, b"", 0.1), parsed) == offer


def test_what_is_asked_of_a_hub() -> None:
    """F35, F36: topic, callback and secret of this one subscription."""
    form = parse_qs(websub.request_form(PUSH, "https://watch.example/").decode())
    assert form["hub.callback"] == [f"https://watch.example/websub/{PUSH.token}"]
    assert (form["hub.mode"], form["hub.topic"], form["hub.secret"]) == (["subscribe"], [TOPIC], [PUSH.secret])


@pytest.mark.parametrize(
    ("push", "changed", "verdict"),
    [
        (PUSH, {}, Confirmed("c-1", 864_000)),
        (PUSH, {"hub.lease_seconds": "0"}, Confirmed("c-1", websub.SHORTEST_LEASE_SECONDS)),
        (PUSH, {"hub.lease_seconds": str(10 * 365 * 86_400)}, Confirmed("c-1", websub.LONGEST_LEASE_SECONDS)),
        (PUSH, {"hub.lease_seconds": "soon"}, Confirmed("c-1", websub.WANTED_LEASE_SECONDS)),
        (PUSH, {"hub.mode": "denied", "hub.reason": "full"}, Denied("full")),
        (PUSH, {"hub.mode": "unsubscribe"}, None),
        (PUSH, {"hub.topic": "https://other.example/"}, None),
        (PUSH, {"hub.challenge": ""}, None),
        (replace(PUSH, pending=False), {}, None),
        (replace(PUSH, pending=False), {"hub.mode": "denied"}, None),
    ],
    ids=[
        "yes", "lease 0", "ten years", "no number", "denied", "forged unsubscription", "another topic", "no challenge",
        "sent again", "denied unasked",
    ],
)  # fmt: skip
def test_only_our_own_request_is_confirmed(
    push: Push, changed: dict[str, str], verdict: Confirmed | Denied | None
) -> None:
    """F35: a hub's question is answered if mode and topic are those of a request of ours that waits."""
    assert websub.judge(push, ASKED | changed) == verdict


def signed(body: bytes, algorithm: str, secret: str = PUSH.secret) -> str:
    return f"{algorithm}={hmac.new(secret.encode(), body, getattr(hashlib, algorithm)).hexdigest()}"


@pytest.mark.parametrize(
    ("header", "good"),
    [
        (signed(b"body", "sha256"), True),
        (signed(b"body", "sha512").upper().replace("SHA512", "sha512"), True),
        (signed(b"body", "sha1"), False),
        (signed(b"other", "sha256"), False),
        (signed(b"body", "sha256", "another feed's secret"), False),
        ("sha256=", False),
        ("sha256=\udce9", False),
        ("", False),
        (None, False),
    ],
    ids=["sha256", "sha512", "sha1", "other body", "other secret", "empty", "no text", "blank", "missing"],
)
def test_a_signature_is_checked(header: str | None, good: bool) -> None:
    """F36: sha256 and better, of this subscription's own secret."""
    assert websub.is_signed(b"body", header, PUSH.secret) is good


def test_a_hub_earns_its_trust() -> None:
    """F37: one that never pushed is not trusted; each miss costs two more proofs."""
    active = replace(PUSH, state=PushState.ACTIVE)
    assert not websub.is_trusted(active)
    assert not websub.is_trusted(replace(PUSH, good_in_row=9))
    assert websub.is_trusted(replace(active, good_in_row=1))
    assert not websub.is_trusted(replace(active, good_in_row=2, missed_count=1))
    assert websub.is_trusted(replace(active, good_in_row=3, missed_count=1))


def test_a_pushed_feed_is_still_polled() -> None:
    """F37: seldom, and never less than once a day; without trust as usual."""
    feed = Feed(1, TOPIC, "outlet.example", "", "", FeedState.ACTIVE, added_at=NOW, last_attempt_at=NOW)
    pushed = replace(feed, push_until=NOW + timedelta(days=3))
    assert wished_seconds(pushed, PollPolicy()) == 21_600
    assert wished_seconds(pushed, PollPolicy(pushed_seconds=9e9)) == 86_400
    assert wished_seconds(replace(pushed, push_until=NOW), PollPolicy()) == 3600


def test_renewals_are_spread_before_half_of_the_lease() -> None:
    """F35: ten thousand subscriptions of one minute do not come back in one minute."""
    due = [websub.renew_at(NOW, 864_000, Random(n)) - NOW for n in range(200)]
    assert timedelta(days=4) <= min(due) < max(due) <= timedelta(days=5)
    assert max(due) - min(due) > timedelta(hours=20)


@pytest.mark.parametrize(
    ("changed", "pending", "answer"),
    [
        ({}, True, "c-1"),
        ({}, False, ""),
        ({"hub.mode": "subscribe"}, True, ""),
        ({"hub.topic": "https://outlet.example/other"}, True, ""),
        ({"hub.challenge": "c" * 2001}, True, ""),
    ],
)
def test_a_hub_may_ask_whether_to_stop(changed: dict[str, str], pending: bool, answer: str) -> None:
    """F35: the challenge goes back only while our own request to stop waits, for its topic and mode."""
    asked = ASKED | {"hub.mode": "unsubscribe"} | changed
    assert websub.judge_leaving(replace(PUSH, pending=pending), asked) == answer
    form = parse_qs(websub.request_form(PUSH, "https://w.example", leaving=True).decode())
    assert (form["hub.mode"], "hub.secret" in form) == (["unsubscribe"], False)


def test_pushed_entries_feed_the_rhythm() -> None:
    """F32, F37: what a hub brings counts as published when it is dated; the feed's own document stays as long."""
    known = new_rhythm(NOW - timedelta(days=9))
    known = learn(known, [NOW - timedelta(days=8)], 25, NOW - timedelta(days=7))
    stored = to_text(known)
    pushed = from_text(learned_of_push(stored, [NOW - timedelta(hours=2), None], NOW))
    assert pushed is not None
    assert sum(pushed.day_counts) == pytest.approx(sum(known.day_counts) + 2, abs=0.2)
    assert (pushed.window, last_learned(pushed)) == (25, NOW)
    assert learned_of_push(stored, [], NOW) == stored
    assert learned_of_push("of another make", [NOW], NOW) == "of another make"
