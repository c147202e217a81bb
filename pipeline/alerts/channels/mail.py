"""Send an alert by e-mail.

In: a delivery and a mail server. Out: the answer in words, or Transient or Permanent. Hides email and smtplib.
Trap: a mail accepted by the server must count as sent whatever happens while saying goodbye, or it is sent twice.
The server is the operator's own choice, so it may lie on a private network.
"""

import contextlib
import re
import smtplib
import ssl
from collections.abc import Iterator, Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime

from pipeline.alerts.channels.targets import MailTarget
from pipeline.alerts.items import subscription_of
from pipeline.alerts.links import unsubscribe_link
from pipeline.alerts.message import html_text, plain_text, subject, told_at
from pipeline.errors import Permanent, Transient
from pipeline.model import DeliveryTask, Reason

#: While some receivers are refused for the moment (greylisting, full mailbox), so many attempts wait for all;
#: later ones go to those who accept, so that one full mailbox does not keep the alert from the others.
WAIT_FOR_ALL_ATTEMPTS = 3

_NAME = re.compile(r"[^@\s()<>\[\]:;,\\\".]+(\.[^@\s()<>\[\]:;,\\\".]+)*")  #: RFC 5322, dot-atom
_NAME_LIMIT = 64  #: RFC 5321, 4.5.3.1.1
_DOMAIN = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")

_LINE_LIMIT = 900  #: RFC 5322, 2.1.1 allows 998

_Refusals = Mapping[str, tuple[int, bytes]]  #: receiver -> SMTP code and text


def address_of(written: str) -> Address:
    """Read an address such as `desk@example.org`; raises ValueError if it is not one.

    Letters of all scripts are fine (RFC 6531); quoted names and address literals are not.
    """
    if any(c.isspace() or not c.isprintable() for c in written):
        raise ValueError("it has spaces or control characters")
    name, _, domain = written.rpartition("@")
    if not _NAME.fullmatch(name) or len(name) > _NAME_LIMIT or not _is_domain(domain):
        raise ValueError("it does not look like name@example.org")
    return Address(username=name, domain=domain)


def _is_domain(domain: str) -> bool:
    try:
        return _DOMAIN.fullmatch(_ascii_domain(domain)) is not None
    except ValueError:
        return False


def compose(task: DeliveryTask, target: MailTarget) -> EmailMessage:
    """Compose the mail: the same, Message-ID and Date included, at every attempt."""
    sender = address_of(target.sender)
    receivers = [address_of(receiver) for receiver in target.to]
    policy = SMTP if _is_plain(target) else SMTPUTF8
    # Not every server takes 8-bit bodies; and Python would fold a long address in a header into encoded words.
    mail = EmailMessage(policy=policy.clone(cte_type="7bit", max_line_length=_LINE_LIMIT))
    mail["From"] = Address("Storywatch", sender.username, sender.domain)
    mail["To"] = receivers
    mail["Subject"] = subject(task).replace("=?", "= ?")  # a title must not pass as an encoded word
    mail["Date"] = format_datetime(told_at(task))
    mail["Message-ID"] = f"<{task.public_id}@{_ascii_domain(sender.domain)}>"
    _let_leave(mail, task)
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers, please
    mail.set_content(plain_text(task))
    mail.add_alternative(html_text(task), subtype="html")
    return mail


def _let_leave(mail: EmailMessage, task: DeliveryTask) -> None:
    """Name the address at which receivers leave; with one click where it is https, as RFC 8058, 3.1 asks."""
    link = unsubscribe_link(task, subscription_of(task)[0])
    if link:
        mail["List-Unsubscribe"] = f"<{link}>"
    if link.startswith("https://"):
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"


def send_alert(task: DeliveryTask, target: MailTarget) -> str:
    """Send one alert; blocks up to the target's timeout at each step.

    Raises Transient for connections, 4xx answers and TLS, Permanent(RECEIVER_REFUSED) for 5xx and bad logins.
    """
    mail = compose(task, target)
    with _translated(target):
        server = _connected(target)
        try:
            refused = _transmit(server, mail, target, wait_for_all=task.attempts <= WAIT_FOR_ALL_ATTEMPTS)
        finally:
            _leave(server)
    accepted = f"{target.shown} accepted it"
    return f"{accepted}, but not for {len(refused)} of {len(target.to)} receivers" if refused else accepted


def _connected(target: MailTarget) -> smtplib.SMTP:
    """Connect, secure and log in."""
    context = ssl.create_default_context()
    if target.security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            target.host, target.port, timeout=target.timeout_seconds, context=context
        )
    else:
        server = smtplib.SMTP(target.host, target.port, timeout=target.timeout_seconds)
    try:
        if target.security == "starttls":
            server.starttls(context=context)
        if target.username:
            server.login(target.username, target.password)
    except BaseException:
        server.close()
        raise
    return server


def _transmit(server: smtplib.SMTP, mail: EmailMessage, target: MailTarget, *, wait_for_all: bool) -> _Refusals:
    """Name the receivers one by one, then send; gives those that were refused."""
    server.ehlo_or_helo_if_needed()
    options = [] if _is_plain(target) else ["SMTPUTF8"]
    _expect_ok(server.mail(target.sender, options))
    answers = {receiver: server.rcpt(receiver) for receiver in target.to}
    refused = {receiver: answer for receiver, answer in answers.items() if answer[0] not in {250, 251}}
    waiting = [answer for answer in refused.values() if answer[0] < 500]
    if len(refused) == len(target.to) or (waiting and wait_for_all):
        _expect_ok((waiting or list(refused.values()))[0])
    _expect_ok(server.data(mail.as_bytes()))
    return refused


def _expect_ok(answer: tuple[int, bytes]) -> None:
    if answer[0] != 250:
        raise smtplib.SMTPResponseException(*answer)


def _leave(server: smtplib.SMTP) -> None:
    with contextlib.suppress(smtplib.SMTPException, OSError):
        server.quit()
    server.close()


@contextlib.contextmanager
def _translated(target: MailTarget) -> Iterator[None]:
    """Turn what smtplib raises into the error tree; answers are shown by code only, they may repeat a login."""
    try:
        yield
    except smtplib.SMTPResponseException as error:
        said = f"{target.shown} answered {error.smtp_code}"
        if 400 <= error.smtp_code < 500 or error.smtp_code < 0:
            raise Transient(Reason.RECEIVER_UNAVAILABLE, said) from None
        raise Permanent(Reason.RECEIVER_REFUSED, said) from None
    except (smtplib.SMTPNotSupportedError, UnicodeEncodeError) as error:
        raise Permanent(Reason.RECEIVER_REFUSED, f"{target.shown} lacks what is needed: {error}") from None
    except smtplib.SMTPException as error:
        raise Transient(_reason_of(error.__context__), f"{target.shown}: {type(error).__name__}") from None
    except OSError as error:
        raise Transient(_reason_of(error), f"{target.shown}: {error.strerror or type(error).__name__}") from None


def _reason_of(error: BaseException | None) -> Reason:
    """Tell why a connection ended; smtplib wraps a timeout while reading into its own exception."""
    if isinstance(error, ssl.SSLError):
        return Reason.TLS_FAILED
    return Reason.TIMED_OUT if isinstance(error, TimeoutError) else Reason.CONNECTION_FAILED


def _is_plain(target: MailTarget) -> bool:
    """Whether all addresses are ASCII; others need a server with SMTPUTF8 (RFC 6531)."""
    return all(address.isascii() for address in (target.sender, *target.to))


def _ascii_domain(domain: str) -> str:
    """Write a domain as the ASCII that a Message-ID needs; raises ValueError if there is no such form."""
    return domain.encode("idna").decode()
