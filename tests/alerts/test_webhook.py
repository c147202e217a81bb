"""The webhook: signed, retried under one id, refused and delayed as the receiver says, and silent about secrets."""

import base64
import traceback
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from pipeline.alerts.channels import HubTarget, WebhookTarget, deliver
from pipeline.alerts.channels.webhook import LONGEST_RETRY_AFTER_SECONDS, failure_of, secret_bytes, signed_headers
from pipeline.alerts.message import payload, payload_bytes
from pipeline.errors import Failure, Permanent, Transient
from pipeline.model import Reason, Response
from pipeline.transport import Policy, Transport
from tests.alerts.samples import HOSTILE, delivery, hostile_delivery
from tests.origin.answer import Answer
from tests.origin.server import Origin, Seen

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CANARY = "canary-in-the-address"
TARGET = WebhookTarget(f"https://user:{CANARY}@hooks.example:8443/{CANARY}?token={CANARY}", SECRET)


def policy(*private: str) -> Policy:
    return Policy(total_seconds=5, ports=frozenset({80, 443}), allow_private=private, user_agent="Storywatch/test")


@pytest.fixture
async def transport() -> AsyncIterator[Transport]:
    """Give a client that may ask loopback."""
    async with Transport(policy("127.0.0.1")) as client:
        yield client


def verified(seen: Seen) -> object:
    """Check a request with the reference library, as a receiver does; gives its payload."""
    return Webhook(SECRET).verify(seen.body, {name.lower(): value for name, value in seen.headers})


async def test_a_receiver_can_verify_it(origin: Origin, transport: Transport, tmp_path: Path) -> None:
    """S22: what arrives verifies with the reference library, and not with one byte changed."""
    task = delivery()
    answer = await deliver(task, WebhookTarget(origin.serve("/hook", status=204), SECRET), transport, tmp_path)
    assert answer == f"http://127.0.0.1:{origin.port} answered 204"
    (seen,) = origin.requests_for("/hook")
    assert seen.method == "POST"
    assert seen.header("Content-Type") == "application/json"
    assert seen.header("webhook-id") == task.public_id
    assert verified(seen) == payload(task)
    headers = {name.lower(): value for name, value in seen.headers}
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(seen.body.replace(b"Kursk", b"Minsk"), headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(seen.body, headers | {"webhook-id": "other"})


async def test_a_retry_has_the_same_id_and_body(origin: Origin, transport: Transport, tmp_path: Path) -> None:
    """R5: a receiver tells a repeat by its id."""
    target = WebhookTarget(origin.script("/hook", [Answer(status=503), Answer(status=200)]), SECRET)
    with pytest.raises(Transient):
        await deliver(delivery(attempts=1), target, transport, tmp_path)
    await deliver(delivery(attempts=2), target, transport, tmp_path)
    first, second = origin.requests_for("/hook")
    assert first.header("webhook-id") == second.header("webhook-id") == "dlv_9c21"
    assert first.body == second.body


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
async def test_any_text_is_delivered(origin: Origin, transport: Transport, tmp_path: Path, text: str) -> None:
    """S25: odd characters never fail a delivery, nor its signature."""
    await deliver(hostile_delivery(text), WebhookTarget(origin.serve("/hook"), SECRET), transport, tmp_path)
    verified(origin.requests_for("/hook")[0])


async def test_redirects_are_not_followed(origin: Origin, transport: Transport, tmp_path: Path) -> None:
    """S16: a receiver cannot send the alert elsewhere."""
    elsewhere = origin.serve("/elsewhere")
    target = WebhookTarget(origin.script("/hook", [Answer.redirect(elsewhere, 307)]), SECRET)
    with pytest.raises(Permanent, match="redirects are not followed") as caught:
        await deliver(delivery(), target, transport, tmp_path)
    assert caught.value.reason is Reason.RECEIVER_REFUSED
    assert origin.requests_for("/elsewhere") == []


async def test_private_addresses_are_denied(origin: Origin, tmp_path: Path) -> None:
    """S16: without an explicit permission no webhook reaches the own network."""
    target = WebhookTarget(origin.serve("/hook"), SECRET)
    async with Transport(policy()) as guarded:
        with pytest.raises(Permanent) as caught:
            await deliver(delivery(), target, guarded, tmp_path)
    assert caught.value.reason is Reason.ADDRESS_DENIED
    assert origin.requests == []


def answered(status: int, **headers: str) -> Response:
    return Response("https://hooks.example/", status, {k.replace("_", "-"): v for k, v in headers.items()}, b"", 0.1)


@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        (200, None, None),
        (204, None, None),
        (301, Permanent, Reason.RECEIVER_REFUSED),
        (304, Permanent, Reason.RECEIVER_REFUSED),
        (400, Permanent, Reason.RECEIVER_REFUSED),
        (401, Permanent, Reason.RECEIVER_REFUSED),
        (404, Permanent, Reason.RECEIVER_REFUSED),
        (410, Permanent, Reason.RECEIVER_GONE),
        (408, Transient, Reason.HTTP_TEMPORARY),
        (425, Transient, Reason.HTTP_TEMPORARY),
        (429, Transient, Reason.HTTP_THROTTLED),
        (500, Transient, Reason.HTTP_TEMPORARY),
        (503, Transient, Reason.HTTP_TEMPORARY),
        (599, Transient, Reason.HTTP_TEMPORARY),
    ],
)
def test_answers_decide_what_follows(status: int, kind: type[Failure] | None, reason: Reason | None) -> None:
    """R33: 410 is the end of the channel, other 4xx park, 5xx and the throttles are tried again."""
    failure = failure_of(answered(status), TARGET, NOW)
    assert (type(failure) if failure else None, failure.reason if failure else None) == (kind, reason)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        pytest.param({"Retry_After": "120"}, 120, id="seconds"),
        pytest.param({"retry_after": " 7 "}, 7, id="any case"),
        pytest.param({}, None, id="not said"),
        pytest.param({"Retry_After": "0"}, None, id="zero"),
        pytest.param({"Retry_After": "soon"}, None, id="no number"),
        pytest.param({"Retry_After": "-5"}, None, id="negative"),
        pytest.param({"Retry_After": "9" * 400}, LONGEST_RETRY_AFTER_SECONDS, id="for ever"),
        pytest.param({"Retry_After": "Sun, 01 Mar 2026 12:02:00 GMT"}, 120, id="date by our clock"),
        pytest.param(
            {"Retry_After": "Mon, 01 Jan 2001 00:01:00 GMT", "Date": "Mon, 01 Jan 2001 00:00:00 GMT"},
            60,
            id="date by their clock",
        ),
        pytest.param({"Retry_After": "Sun, 01 Mar 2026 11:00:00 GMT"}, None, id="past"),
    ],
)
def test_retry_after_is_honoured(headers: dict[str, str], seconds: float | None) -> None:
    """R33: a receiver that says when is not asked before."""
    failure = failure_of(answered(429, **headers), TARGET, NOW)
    assert isinstance(failure, Transient)
    assert failure.retry_after == seconds


class Refusing:
    """A poster whose own words hold the address."""

    def __init__(self, failure: Failure) -> None:
        self.failure = failure

    async def post(self, *_arguments: object, **_named: object) -> Response:
        raise self.failure


@pytest.mark.parametrize("kind", [Transient, Permanent])
async def test_failures_show_no_secret(kind: type[Failure], tmp_path: Path) -> None:
    """S21: neither text, cause nor repr of a failed delivery shows path, query, login or signing secret."""
    poster = Refusing(kind(Reason.CONNECTION_FAILED, f"cannot reach {TARGET.url}"))
    with pytest.raises(kind, match=r"https://hooks\.example:8443: connection failed") as caught:
        await deliver(delivery(), TARGET, poster, tmp_path)
    shown = "".join(traceback.format_exception(caught.value)) + repr(TARGET)
    assert CANARY not in shown
    assert SECRET not in shown


async def test_silence_is_a_transient_failure(origin: Origin, tmp_path: Path) -> None:
    """A receiver that never answers is tried again later."""
    target = WebhookTarget(origin.serve("/hook", silent=True), SECRET)
    impatient = Policy(0.2, frozenset({80}), ("127.0.0.1",), "Storywatch/test")
    async with Transport(impatient) as transport:
        with pytest.raises(Transient) as caught:
            await deliver(delivery(), target, transport, tmp_path)
    assert caught.value.reason is Reason.TIMED_OUT


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_c2hvcnQ=", "whsec_" + "A" * 200, SECRET.removeprefix("whsec_"), "whsec_***"]
)
def test_bad_secrets_are_not_repeated(secret: str) -> None:
    """S21: a secret that cannot be used is refused without being shown."""
    with pytest.raises(ValueError, match="24 to 64 bytes") as caught:
        secret_bytes(secret)
    assert secret in {"", "whsec_"} or secret not in str(caught.value)


def test_an_old_signature_does_not_verify() -> None:
    """S22: the time is signed, so a request cannot be replayed later."""
    body = payload_bytes(delivery())
    headers = signed_headers("dlv_1", body, [SECRET], datetime.now(UTC) - timedelta(hours=1))
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body, headers)


async def test_two_secrets_are_live_at_once(origin: Origin, transport: Transport, tmp_path: Path) -> None:
    """S22: a receiver that knows either secret accepts the message; one that knows neither does not."""
    second, third = ("whsec_" + base64.b64encode(letter * 24).decode() for letter in (b"2", b"3"))
    await deliver(delivery(), WebhookTarget(origin.serve("/hook"), SECRET, second), transport, tmp_path)
    (seen,) = origin.requests_for("/hook")
    headers = {name.lower(): value for name, value in seen.headers}
    assert Webhook(SECRET).verify(seen.body, headers) == Webhook(second).verify(seen.body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(third).verify(seen.body, headers)


async def test_a_hub_is_told_of_both_forms(origin: Origin, transport: Transport, tmp_path: Path) -> None:
    """WebSub: one POST publishes the feed's addresses; without an address of our own it is refused."""
    task = replace(delivery(), site_url="https://watch.example", feed_key="k")
    answer = await deliver(task, HubTarget(origin.serve("/hub", status=204)), transport, tmp_path)
    (seen,) = origin.requests_for("/hub")
    assert answer.endswith("answered 204")
    assert parse_qs(seen.body.decode()) == {
        "hub.mode": ["publish"],
        "hub.url": ["https://watch.example/alert-feeds/k.atom", "https://watch.example/alert-feeds/k.json"],
    }
    with pytest.raises(Permanent, match="public_url"):
        await deliver(delivery(), HubTarget(origin.serve("/hub")), transport, tmp_path)
