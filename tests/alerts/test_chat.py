"""Chats: what is said is harmless, and what speaks keeps to our policy (checklist S16, S25)."""

import asyncio
import json
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests
from apprise import Apprise

from pipeline.alerts.channels import ChatTarget, deliver
from pipeline.alerts.channels.chat import SCHEMES, chat_body, harmless
from pipeline.errors import Failure, Permanent, Transient
from pipeline.model import Reason
from pipeline.transport import Policy
from pipeline.transport.chat import Chat
from pipeline.transport.egress import AddressRefused
from tests.alerts.samples import HOSTILE, delivery, hostile_delivery
from tests.alerts.test_mail import NoPoster
from tests.origin.answer import Answer
from tests.origin.server import Origin

LOCAL = ("127.0.0.0/8",)
#: apprise loads a module of Python's that is to go; it brings its own for the day.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


def policy(*private: str, seconds: float = 10) -> Policy:
    return Policy(seconds, frozenset({80, 443}), private, "Storywatch/test")


def ntfy(origin: Origin, host: str = "127.0.0.1") -> ChatTarget:
    """Give a service of our own; ntfy posts JSON to the root."""
    return ChatTarget(f"ntfy://{host}:{origin.port}/topic")


async def say(target: ChatTarget, chat: Chat, folder: Path, text: str = "") -> str:
    task = hostile_delivery(text) if text else delivery()
    return await deliver(task, target, NoPoster(), folder, chat)


async def test_a_chat_is_told(origin: Origin, tmp_path: Path) -> None:
    """Headline, source, passage, link and why come through apprise as text."""
    origin.serve("/topic")
    origin.serve("/")
    answer = await say(ntfy(origin), Chat(policy(*LOCAL), SCHEMES), tmp_path)
    assert answer == "ntfy answered 200"
    [seen] = origin.requests
    told = json.loads(seen.body)
    assert told["title"].endswith(": Troops move near Kursk")
    assert "https://gazette.example/kursk?id=1&x=2" in told["message"]
    assert "Troops move near Kursk" not in told["message"], "some services put both into one text"


async def test_a_chat_shows_no_picture_from_elsewhere(origin: Origin, tmp_path: Path) -> None:
    """A message names no address but the story's and the article's: readers' programs would fetch a logo."""
    origin.serve("/topic")
    origin.serve("/")
    await say(ntfy(origin), Chat(policy(*LOCAL), SCHEMES), tmp_path)
    [seen] = origin.requests
    assert "github" not in f"{seen.headers} {seen.body.decode()}".lower()


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
async def test_odd_characters_never_fail(origin: Origin, tmp_path: Path, text: str) -> None:
    """S25: whatever strangers write is said, and calls nobody."""
    origin.serve("/topic")
    origin.serve("/")
    await say(ntfy(origin), Chat(policy(*LOCAL), SCHEMES), tmp_path, text or "x")
    [seen] = origin.requests
    told = seen.body.decode()
    assert "@everyone" not in told
    assert "<!channel>" not in told
    assert "](https" not in told


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("@everyone", "@\u200beveryone"),
        ("<!channel> <@U1>", "‹!channel› ‹@\u200bU1›"),
        ("[click](https://evil.example)", "［click］(https://evil.example)"),
        ("`code`", "ˋcodeˋ"),
        ("plain words", "plain words"),
    ],
)
def test_marks_lose_their_power(written: str, said: str) -> None:
    """S25: people, channels and hidden links."""
    assert harmless(written) == said


async def test_private_addresses_are_refused_at_the_socket(origin: Origin, tmp_path: Path) -> None:
    """S1, S16: a literal, a name that leads home, one that answers otherwise the second time: nobody is asked."""
    answers = iter(["93.184.215.14", "127.0.0.1"])

    def rebinding(_host: str, port: int) -> list[tuple[Any, Any, Any, Any, Any]]:
        address = next(answers, "127.0.0.1")
        if address != "127.0.0.1":
            raise socket.gaierror("the first question is somebody else's")
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, port))]

    for host, lookup in (
        ("127.0.0.1", None),
        ("localhost", None),
        ("0x7f000001", None),
        ("rebound.example", rebinding),
    ):
        chat = Chat(policy(), SCHEMES) if lookup is None else Chat(policy(), SCHEMES, lookup=lookup)
        if lookup:
            with pytest.raises(Transient):
                await say(ntfy(origin, host), chat, tmp_path)
        with pytest.raises(Permanent) as caught:
            await say(ntfy(origin, host), chat, tmp_path)
        assert caught.value.reason is Reason.ADDRESS_DENIED
    assert not origin.requests


async def test_redirects_are_not_followed(origin: Origin, tmp_path: Path) -> None:
    """S16: not even where the address asks for it."""
    elsewhere = origin.serve("/elsewhere")
    for path in ("/", "/topic"):
        origin.script(path, [Answer.redirect(elsewhere, 307)])
    target = ChatTarget(f"ntfy://127.0.0.1:{origin.port}/topic?redirect=yes")
    with pytest.raises(Permanent) as caught:
        await say(target, Chat(policy(*LOCAL), SCHEMES), tmp_path)
    assert caught.value.reason is Reason.RECEIVER_REFUSED
    assert not origin.requests_for("/elsewhere")


@pytest.mark.parametrize(
    ("answer", "kind", "reason"),
    [
        (Answer(status=429, headers=[("Retry-After", "90")]), Transient, Reason.HTTP_THROTTLED),
        (Answer(status=503), Transient, Reason.HTTP_TEMPORARY),
        (Answer(status=404), Permanent, Reason.RECEIVER_REFUSED),
        (Answer(reset=True), Transient, Reason.CONNECTION_FAILED),
    ],
)
async def test_what_a_service_answers(
    origin: Origin, tmp_path: Path, answer: Answer, kind: type[Failure], reason: Reason
) -> None:
    """R33: the same table as for webhooks, `Retry-After` included, though apprise says only yes or no."""
    for path in ("/", "/topic"):
        origin.script(path, [answer])
    with pytest.raises(kind) as caught:
        await say(ntfy(origin), Chat(policy(*LOCAL), SCHEMES), tmp_path)
    assert caught.value.reason is reason
    if isinstance(caught.value, Transient) and reason is Reason.HTTP_THROTTLED:
        assert caught.value.retry_after == 90


@pytest.mark.parametrize("url", ["json://127.0.0.1/x", "syslog://", "mailto://a:b@example.org", "file:///etc/passwd"])
async def test_other_services_are_not_spoken_to(tmp_path: Path, url: str) -> None:
    """S16: kinds are let in by name, also if a target was made past the settings."""
    with pytest.raises(Permanent) as caught:
        await say(ChatTarget(url), Chat(policy(*LOCAL), SCHEMES), tmp_path)
    assert caught.value.reason is Reason.URL_REFUSED


async def test_an_address_is_one_service(origin: Origin, tmp_path: Path) -> None:
    """S16: further addresses behind the first, which apprise would take for further services, are not spoken to."""
    origin.serve("/topic")
    origin.serve("/")
    url = f"{ntfy(origin).url}, json://127.0.0.1:{origin.port}/other"
    with suppress(Permanent):
        await say(ChatTarget(url), Chat(policy(*LOCAL), SCHEMES), tmp_path)
    assert {seen.path for seen in origin.requests} <= {"/"}


async def test_a_service_that_drips_is_left_in_time(origin: Origin, tmp_path: Path) -> None:
    """S8: an answer whose bytes come one by one does not outlast the deadline of the whole."""
    slow = Answer(body=b"x" * 3000, chunk_bytes=1, chunk_delay_seconds=0.5)
    origin.serve("/topic", slow)
    origin.serve("/", slow)
    async with asyncio.timeout(60):
        with suppress(Transient, Permanent):
            await say(ntfy(origin), Chat(policy(*LOCAL, seconds=1), SCHEMES), tmp_path)


@pytest.mark.parametrize("count", [1, 40])
def test_a_message_fits_every_service(count: int) -> None:
    """However long strangers write, a message stays below 2,000 characters; what is left out is counted."""
    body = chat_body(["x" * 1500] * count)
    assert len(body) < 1900
    assert ("more on the dashboard" in body) == (count > 1)


def test_every_service_is_one_that_apprise_knows() -> None:
    """No name on the list is a dream."""
    known = {
        scheme
        for plugin in Apprise().details()["schemas"]
        for scheme in (*(plugin["protocols"] or ()), *(plugin["secure_protocols"] or ()))
    }
    assert known >= SCHEMES


def test_nothing_else_leaves_through_requests(origin: Origin) -> None:
    """S3: outside of a chat message the library reaches nobody, also by its module functions."""
    url = origin.serve("/")
    for ask in (requests.get, requests.Session().get):
        with pytest.raises((AddressRefused, requests.exceptions.ConnectionError)):
            ask(url, timeout=5)
    assert not origin.requests
