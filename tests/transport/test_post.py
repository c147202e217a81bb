"""Webhooks: sent once, never followed, and judged by the status alone."""

import pytest

from pipeline.errors import Transient
from pipeline.model import Reason
from pipeline.transport import Transport
from tests.origin import Answer, Origin
from tests.transport.support import LOOPBACK, failure, policy

SIGNED = {"Content-Type": "application/json", "webhook-signature": "v1,abc="}


async def test_a_post_carries_its_body_and_fields(origin: Origin, transport: Transport) -> None:
    """What the caller signed is what arrives, byte for byte."""
    url = origin.serve("/hook", "thanks", status=202)
    answer = await transport.post(url, headers=SIGNED, body=b'{"a": "\xc3\xa9"}')
    (seen,) = origin.requests
    assert (seen.method, seen.body, answer.status, answer.body) == ("POST", b'{"a": "\xc3\xa9"}', 202, b"thanks")
    assert all(seen.header(name) == value for name, value in SIGNED.items())
    assert seen.header("Content-Length") == str(len(seen.body))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_post_is_not_followed(origin: Origin, transport: Transport, status: int) -> None:
    """A redirect is an answer: a signed body goes to the address its owner wrote down, and nowhere else."""
    url = origin.script("/hook", [Answer.redirect("/other", status)])
    answer = await transport.post(url, body=b"x")
    assert (answer.status, answer.headers["location"], len(origin.requests)) == (status, "/other", 1)


@pytest.mark.parametrize("fault", ["reset", "empty"])
async def test_a_lost_answer_is_not_sent_again(origin: Origin, transport: Transport, fault: str) -> None:
    """Nobody knows whether it arrived; sending again is the delivery's decision, under the same id."""
    url = origin.script("/hook", [Answer(reset=True) if fault == "reset" else Answer(raw=b"")])
    assert await failure(transport.post(url, body=b"x")) == (Transient, Reason.CONNECTION_FAILED)
    assert len(origin.requests) == 1


REMARKS = {
    "too long": Answer(body="x" * 100_000),
    "cut": Answer(body="x" * 100, cut_at=10),
    "dripping": Answer(body="x" * 500, chunk_bytes=1, chunk_delay_seconds=0.1),
    "broken coding": Answer(body=b"\x1f\x8b\x08 broken"),
    "coding never offered": Answer(body=b"x", headers=[("Content-Encoding", "zstd")]),
}


@pytest.mark.parametrize("answer", REMARKS.values(), ids=REMARKS.keys())
async def test_a_received_alert_is_received(origin: Origin, answer: Answer) -> None:
    """Once a 200 came, no fault of its body may cause a second delivery."""
    url = origin.script("/hook", [answer])
    async with Transport(policy(total_seconds=0.5, allow_private=LOOPBACK)) as transport:
        response = await transport.post(url, body=b"x")
    assert response.status == 200
    assert len(response.body) <= 64_000


async def test_a_receiver_that_never_answers_times_out(origin: Origin) -> None:
    """S8: the deadline holds for webhooks."""
    url = origin.serve("/hook", silent=True)
    async with Transport(policy(total_seconds=0.3, allow_private=LOOPBACK)) as transport:
        assert await failure(transport.post(url, body=b"x")) == (Transient, Reason.TIMED_OUT)
