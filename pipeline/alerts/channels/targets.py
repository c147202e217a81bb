"""Where alerts may go, as plain records; settings become these in `workers.channels`.

In: nothing. Out: `Target`. Trap: addresses and passwords are left out of `repr`, so that no log or
traceback shows them; `shown` is what may be shown.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class WebhookTarget:
    """A receiver of signed POSTs; a secret is `whsec_` and base64 of 24 to 64 bytes, the second one may be empty."""

    url: str = field(repr=False)
    secret: str = field(repr=False)
    second_secret: str = field(default="", repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Give those that are live; a receiver accepts a message signed with any of them."""
        return (self.secret, self.second_secret) if self.second_secret else (self.secret,)

    @property
    def shown(self) -> str:
        """Scheme, host and port only: path and query often are the password."""
        parts = urlsplit(self.url)
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{parts.hostname}{port}"


@dataclass(frozen=True, slots=True)
class HubTarget:
    """A WebSub hub that is told when the subscription's feed has changed."""

    url: str = field(repr=False)

    @property
    def shown(self) -> str:
        """Scheme, host and port only."""
        return WebhookTarget(self.url, "").shown


@dataclass(frozen=True, slots=True)
class ChatTarget:
    """A chat service, as apprise writes its address, which holds its password."""

    url: str = field(repr=False)

    @property
    def shown(self) -> str:
        """The kind of service only."""
        return self.url.partition(":")[0].lower()


@dataclass(frozen=True, slots=True)
class MailTarget:
    """Receivers of e-mail, and the mail server that takes it."""

    to: tuple[str, ...]
    sender: str
    host: str
    port: int
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    timeout_seconds: float = 30

    @property
    def shown(self) -> str:
        """The mail server."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class FileTarget:
    """A file that grows by one JSON line an alert; a relative path lies in the data folder."""

    path: Path


@dataclass(frozen=True, slots=True)
class ConsoleTarget:
    """Standard output of the delivering process."""


Target = WebhookTarget | HubTarget | ChatTarget | MailTarget | FileTarget | ConsoleTarget


def address_of_target(target: Target) -> str:
    """Give what tells one receiver from another, secrets included: to compare, never to show."""
    match target:
        case WebhookTarget() | HubTarget() | ChatTarget():
            return target.url
        case MailTarget():
            return f"{target.host}:{target.port} {' '.join(target.to)}"
        case FileTarget():
            return str(target.path)
        case ConsoleTarget():
            return "console"
