"""Header fields in both directions; pure.

In: what a caller wants to send, what a server sent. Out: what can and may be sent at one hop, and `Fields`.
Hides nothing. Trap: what identifies a version or a person belongs to one address: conditional fields go to no
other URL, and no field of the caller goes to another origin (checklist F5, S4).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from pipeline.model import Validators
from pipeline.urls import WebUrl

CONDITIONAL = frozenset({"if-none-match", "if-modified-since", "if-match", "if-unmodified-since", "if-range"})
# Fields that tell the server nothing it could be sorry to have told; all others may be a credential.
_HARMLESS = CONDITIONAL | {"a-im", "accept", "accept-language", "cache-control", "from", "pragma", "user-agent"}
# What frames the message or names its target is ours alone to say.
_OURS = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "expect",
        "host",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class Fields(Mapping[str, str]):
    """Header fields by name in any case, frozen; repeated ones are joined by ", " (RFC 9110, 5.3)."""

    __slots__ = ("_fields",)

    def __init__(self, raw: Iterable[tuple[bytes, bytes]] = ()) -> None:
        fields: dict[str, tuple[str, str]] = {}
        for name, value in raw:
            shown, text = _text(name), _text(value)
            key = shown.lower()
            known = fields.get(key)
            fields[key] = (known[0], f"{known[1]}, {text}") if known else (shown, text)
        self._fields = fields

    def __getitem__(self, name: str) -> str:
        return self._fields[name.lower()][1]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._fields

    def __iter__(self) -> Iterator[str]:
        return (shown for shown, _ in self._fields.values())

    def __len__(self) -> int:
        return len(self._fields)

    def __repr__(self) -> str:
        return f"Fields({dict(self)!r})"


def _text(raw: bytes) -> str:
    """Read UTF-8, else Latin-1, which takes every byte (RFC 9110, 5.5 leaves it open)."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def sendable(headers: Mapping[str, str]) -> dict[str, str]:
    """Keep the fields that can be sent and are the caller's to send; the others are dropped (checklist S23).

    A stored validator with a line break in it must not stop a feed for ever, nor write a second field.
    """
    return {name: value.strip() for name, value in headers.items() if _can_be_sent(name, value)}


def _can_be_sent(name: str, value: str) -> bool:
    if not _is_callers(name):
        return False
    if value.isascii() and value.isprintable():
        return True
    if _CONTROL.search(value.strip()):
        return False
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


@lru_cache(maxsize=256)
def _is_callers(name: str) -> bool:
    return bool(_TOKEN.fullmatch(name)) and name.lower() not in _OURS


def carries_credentials(headers: Mapping[str, str]) -> bool:
    """Tell whether a field may be a secret: any that is not known to be harmless."""
    return any(name.lower() not in _HARMLESS for name in headers)


def headers_for_hop(headers: Mapping[str, str], first: WebUrl, hop: WebUrl) -> dict[str, str]:
    """Give the caller's fields that may go to `hop` when they were meant for `first`."""
    if not headers or hop.origin != first.origin:
        return {}
    same = (hop.path, hop.query) == (first.path, first.query)
    return {name: value for name, value in headers.items() if same or name.lower() not in CONDITIONAL}


def conditional_headers(validators: Validators, hop: str) -> dict[str, str]:
    """Give the conditional fields for the very address that sent the validators; none for any other."""
    if validators.url is None or validators.url != hop:
        return {}
    fields = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
    return sendable({name: value for name, value in fields.items() if value})
