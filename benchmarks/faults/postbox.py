"""The mail server on loopback, which can misbehave as mail servers do.

In: how to behave from then on. Out: a record of every mail by its Message-ID. Hides aiosmtpd. Trap: a mail counts as
taken when our yes was written; one cut off before that was read whole and may come again.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from enum import StrEnum

from aiosmtpd.smtp import SMTP, Envelope, Session

HANG_SECONDS = 600.0
GREY_SECONDS = 4.0  #: that a greylisting server wants between the first try and the one it takes


class MailMode(StrEnum):
    """How a mail is received."""

    SOUND = "sound"
    HANGING = "hanging"  #: read whole and never answered
    CUT = "cut"  #: the connection is reset before the mail comes
    CUT_AFTER = "cut after DATA"  #: read whole, and the connection reset instead of an answer
    LATER = "later"  #: 451 to the mail
    GREY = "grey"  #: 450 to a receiver, until some seconds after it was first named
    REFUSED = "refused"  #: 554 to the mail


@dataclass(slots=True)
class Postbox:
    """A mail server's mind; `opened` starts it."""

    port: int = 0
    mode: MailMode = MailMode.SOUND
    taken: list[str] = field(default_factory=list)  #: Message-IDs to which we said yes
    read: list[str] = field(default_factory=list)  #: those of all mails that came whole
    _first_named: dict[str, float] = field(default_factory=dict)
    _servers: set[SMTP] = field(default_factory=set)

    async def handle_RCPT(  # noqa: N802 - the name is aiosmtpd's
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take a receiver, or not yet."""
        self._servers.add(server)
        if self.mode is MailMode.CUT:
            _abort(server)
        first = self._first_named.setdefault(address, time.monotonic()) if self.mode is MailMode.GREY else 0.0
        if first and time.monotonic() - first < GREY_SECONDS:
            return "450 4.2.0 greylisted"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        """Read a mail, and answer in the mode of the hour."""
        message_id = str(message_from_bytes(envelope.original_content or b"")["Message-ID"])
        self.read.append(message_id)
        match self.mode:
            case MailMode.HANGING:
                await asyncio.sleep(HANG_SECONDS)
            case MailMode.CUT_AFTER:
                _abort(server)
            case MailMode.LATER:
                return "451 4.3.0 later"
            case MailMode.REFUSED:
                return "554 5.7.1 not this one"
            case _:
                self.taken.append(message_id)
        return "250 taken"

    def let_go(self) -> None:
        """Reset every connection, those that hang included."""
        for server in self._servers:
            _abort(server)
        self._servers.clear()

    def ids(self) -> set[str]:
        """Give what stands before the @ of every Message-ID taken: the ids of deliveries."""
        return {one.strip("<>").partition("@")[0] for one in self.taken}


def _abort(server: SMTP) -> None:
    if isinstance(server.transport, asyncio.WriteTransport):
        server.transport.abort()


@asynccontextmanager
async def opened() -> AsyncIterator[Postbox]:
    """Serve a postbox on a free port for the block."""
    postbox = Postbox()
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(lambda: SMTP(postbox, enable_SMTPUTF8=True), "127.0.0.1", 0)
    postbox.port = listening.sockets[0].getsockname()[1]
    try:
        yield postbox
    finally:
        listening.close()
        postbox.let_go()
