"""E-mail: composed safely, under one Message-ID, and sent as SMTP answers allow."""

import asyncio
import email
import email.policy
from collections.abc import AsyncIterator
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from hypothesis import given
from hypothesis import strategies as st

from pipeline.alerts.channels import MailTarget, deliver
from pipeline.alerts.channels.mail import WAIT_FOR_ALL_ATTEMPTS, address_of, compose
from pipeline.errors import Failure, Permanent, Transient
from pipeline.model import DeliveryTask, Reason
from tests.alerts.samples import HOSTILE, delivery, hostile_delivery


class Postbox:
    """A mail server's mind: keeps what it takes, answers what it is told to."""

    def __init__(self) -> None:
        self.taken: list[Envelope] = []
        self.rcpt_answers: dict[str, str] = {}
        self.data_answer = "250 taken"
        self.quit_answer = ""

    async def handle_RCPT(  # noqa: N802 - the name is aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        answer = self.rcpt_answers.get(address, "250 ok")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        if self.data_answer.startswith("250"):
            self.taken.append(envelope)
        return self.data_answer

    async def handle_QUIT(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802 - as above
        return self.quit_answer or "221 bye"

    def mails(self) -> list[EmailMessage]:
        parsed = [email.message_from_bytes(e.content or b"", policy=email.policy.default) for e in self.taken]
        return [mail for mail in parsed if isinstance(mail, EmailMessage)]


def authenticate(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, login: Any) -> AuthResult:
    return AuthResult(success=login.password == b"right", handled=False)


@pytest.fixture
def postbox() -> Postbox:
    """Give the mind of the mail server."""
    return Postbox()


@pytest.fixture
async def server(postbox: Postbox) -> AsyncIterator[asyncio.Server]:
    """Give a running mail server on loopback."""

    def converse() -> SMTP:
        return SMTP(postbox, enable_SMTPUTF8=True, authenticator=authenticate, auth_require_tls=False)

    listening = await asyncio.get_running_loop().create_server(converse, "127.0.0.1", 0)
    async with listening:
        yield listening


def target_at(server: asyncio.Server, **changes: Any) -> MailTarget:
    port = server.sockets[0].getsockname()[1]
    plain: dict[str, Any] = {"to": ("desk@example.org",), "sender": "watch@example.org", "security": "none"}
    return MailTarget(host="127.0.0.1", port=port, timeout_seconds=10, **(plain | changes))


async def send(task: DeliveryTask, target: MailTarget, folder: Path) -> str:
    return await deliver(task, target, NoPoster(), folder)


class NoPoster:
    """Mail needs no poster."""

    async def post(self, *_arguments: object, **_named: object) -> Any:
        raise AssertionError("mail is not posted")


async def test_a_mail_arrives(server: asyncio.Server, postbox: Postbox, tmp_path: Path) -> None:
    """The mail says what the message says, as text and as HTML, and marks itself as made by a machine."""
    answer = await send(delivery(), target_at(server), tmp_path)
    (mail,) = postbox.mails()
    assert answer.endswith("accepted it")
    assert mail["Subject"] == "Border fighting: Troops move near Kursk"
    assert mail["To"] == "desk@example.org"
    assert mail["Message-ID"] == "<dlv_9c21@example.org>"
    assert mail["Auto-Submitted"] == "auto-generated"
    plain, html = (mail.get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert html is not None
    assert "found “Kursk”" in plain.get_content()
    assert "<b>Kursk</b>" in html.get_content()


async def test_a_retry_is_the_same_mail(server: asyncio.Server, postbox: Postbox, tmp_path: Path) -> None:
    """R5: Message-ID, date and text do not change from attempt to attempt."""
    for attempt in (1, 2):
        await send(delivery(attempts=attempt), target_at(server), tmp_path)
    first, second = postbox.mails()
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Date"] == second["Date"]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
async def test_any_text_is_sent_and_adds_no_header(
    server: asyncio.Server, postbox: Postbox, tmp_path: Path, text: str
) -> None:
    """S24: no title, passage or name becomes a header or a receiver, and none fails the mail."""
    await send(hostile_delivery(text), target_at(server), tmp_path)
    (mail,) = postbox.mails()
    assert {name.lower() for name in mail} == {
        *("from", "to", "subject", "date", "message-id", "auto-submitted", "mime-version", "content-type"),
        *(("x-peer", "x-mailfrom", "x-rcptto") if "X-Peer" in mail else ()),
    }
    assert postbox.taken[0].rcpt_tos == ["desk@example.org"]
    assert "victim" not in str(mail["To"])
    assert len(mail["Subject"]) <= 160


async def test_names_beyond_ascii(server: asyncio.Server, postbox: Postbox, tmp_path: Path) -> None:
    """Addresses and domains in other scripts work with a server that knows SMTPUTF8."""
    target = target_at(server, to=("użytkownik@example.org",), sender="watch@żółw.example")
    await send(delivery(), target, tmp_path)
    assert postbox.taken[0].rcpt_tos == ["użytkownik@example.org"]
    assert postbox.mails()[0]["Message-ID"] == "<dlv_9c21@xn--w-uga1v8h.example>"


@pytest.mark.parametrize(
    ("answer", "kind", "reason"),
    [
        pytest.param("451 later", Transient, Reason.RECEIVER_UNAVAILABLE, id="4xx"),
        pytest.param("552 too big", Permanent, Reason.RECEIVER_REFUSED, id="5xx"),
    ],
)
async def test_refused_data(
    server: asyncio.Server, postbox: Postbox, tmp_path: Path, answer: str, kind: type[Failure], reason: Reason
) -> None:
    """4xx is tried again, 5xx is parked."""
    postbox.data_answer = answer
    with pytest.raises(kind) as caught:
        await send(delivery(), target_at(server), tmp_path)
    assert caught.value.reason is reason


@pytest.mark.parametrize(
    ("answers", "attempts", "outcome"),
    [
        pytest.param({"a@example.org": "550 unknown"}, 1, "sent", id="one refused for good"),
        pytest.param({"a@example.org": "450 greylisted"}, 1, "later", id="one refused for now"),
        pytest.param({"a@example.org": "452 full"}, WAIT_FOR_ALL_ATTEMPTS + 1, "sent", id="one full for long"),
        pytest.param({"a@example.org": "550 no", "b@example.org": "450 no"}, 9, "later", id="none accepts, one may"),
        pytest.param({"a@example.org": "550 no", "b@example.org": "550 no"}, 1, "refused", id="none accepts"),
    ],
)
async def test_some_receivers_refused(
    server: asyncio.Server, postbox: Postbox, tmp_path: Path, answers: dict[str, str], attempts: int, outcome: str
) -> None:
    """Nobody gets a mail twice because another's mailbox waits, and nobody goes without for long."""
    postbox.rcpt_answers = answers
    target = target_at(server, to=("a@example.org", "b@example.org"))
    sending = send(delivery(attempts=attempts), target, tmp_path)
    if outcome == "sent":
        assert (await sending).endswith("not for 1 of 2 receivers")
        assert [envelope.rcpt_tos for envelope in postbox.taken] == [["b@example.org"]]
    else:
        with pytest.raises(Transient if outcome == "later" else Permanent):
            await sending
        assert postbox.taken == []


async def test_a_taken_mail_is_sent_whatever_goodbye_says(
    server: asyncio.Server, postbox: Postbox, tmp_path: Path
) -> None:
    """R5: an error after the server took the mail must not send it again."""
    postbox.quit_answer = "421 too tired to say goodbye"
    await send(delivery(), target_at(server), tmp_path)
    assert len(postbox.taken) == 1


async def test_logins(server: asyncio.Server, postbox: Postbox, tmp_path: Path) -> None:
    """S21: a login works, and a wrong one is parked without showing name or password."""
    await send(delivery(), target_at(server, username="canary-name", password="right"), tmp_path)
    assert len(postbox.taken) == 1
    wrong = target_at(server, username="canary-name", password="canary-password")
    with pytest.raises(Permanent, match="answered 535") as caught:
        await send(delivery(), wrong, tmp_path)
    assert "canary" not in f"{caught.value!r} {caught.value.__cause__!r} {wrong!r}"


async def test_a_server_without_starttls_is_not_trusted(server: asyncio.Server, tmp_path: Path) -> None:
    """Where encryption is asked for, nothing is sent without it."""
    with pytest.raises(Permanent, match="STARTTLS"):
        await send(delivery(), target_at(server, security="starttls"), tmp_path)


async def test_nobody_listens(tmp_path: Path) -> None:
    """A server that cannot be reached is tried again."""
    probe = await asyncio.start_server(lambda _r, _w: None, "127.0.0.1", 0)
    port = probe.sockets[0].getsockname()[1]
    probe.close()
    await probe.wait_closed()
    target = MailTarget(("a@example.org",), "b@example.org", "127.0.0.1", port, "none")
    with pytest.raises(Transient) as caught:
        await send(delivery(), target, tmp_path)
    assert caught.value.reason is Reason.CONNECTION_FAILED


async def test_a_silent_server_times_out(tmp_path: Path) -> None:
    """A server that takes the connection and says nothing does not hold the delivery for ever."""
    listening = await asyncio.start_server(_say_nothing, "127.0.0.1", 0)
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        target = MailTarget(("a@example.org",), "b@example.org", "127.0.0.1", port, "none", timeout_seconds=0.2)
        with pytest.raises(Transient) as caught:
            await send(delivery(), target, tmp_path)
    assert caught.value.reason is Reason.TIMED_OUT


async def _say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


@given(st.text(max_size=30))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    """S24: an address that is accepted makes a header of exactly itself."""
    try:
        address = address_of(text)
    except ValueError:
        return
    mail = compose(delivery(), MailTarget((text,), "watch@example.org", "localhost", 25))
    assert address.addr_spec == text
    assert "\n" not in str(mail["To"])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a@",
        "@b",
        "a b@c.org",
        "a@b.org\r\nBcc: x@y.org",
        "a@b.org, c@d.org",
        "A <a@b.org>",
        "a@b..org",
        "a\0@b",
    ],
)
def test_what_is_no_address(text: str) -> None:
    """S24: lists, names, line ends and halves are refused."""
    with pytest.raises(ValueError, match="it "):
        address_of(text)


def test_leaving_with_one_click() -> None:
    """RFC 8058: the address is whole in its header, and only one of https claims to take one click."""
    target = MailTarget(("desk@example.org",), "watch@example.org", "127.0.0.1", 25)
    secure = compose(
        replace(delivery(), site_url="https://watch.example", feed_key="k" * 32, leave_key="k" * 32), target
    )
    link = secure["List-Unsubscribe"]
    assert link.startswith("<https://watch.example/unsubscribe/3/channel/")
    assert secure["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    lines = secure.as_bytes().decode("ascii").splitlines()
    assert f"List-Unsubscribe: {link}" in lines
    plain = compose(replace(delivery(), site_url="http://127.0.0.1:8420", feed_key="k", leave_key="k"), target)
    assert plain["List-Unsubscribe"] is not None
    assert plain["List-Unsubscribe-Post"] is None
    assert compose(delivery(), target)["List-Unsubscribe"] is None


def test_a_long_headline_fits_a_mail() -> None:
    """S24: a headline of ten kilobytes makes no line longer than mail servers take."""
    target = MailTarget(("desk@example.org",), "watch@example.org", "127.0.0.1", 25)
    mail = compose(delivery(article_title="x" * 10_000, passage="y" * 10_000), target)
    assert max(map(len, mail.as_bytes().splitlines())) <= 998
