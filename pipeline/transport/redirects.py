"""Where an answer sends us next; pure.

In: an answer's status and Location, and the hops so far. Out: the next address, or None where the answer is
final. Hides nothing. Trap: the rules of the address itself (private networks, ports) are not here but at the
socket, where each hop is dialled under the same guard as the first.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from pipeline.errors import Permanent
from pipeline.model import Reason
from pipeline.transport.headers import carries_credentials
from pipeline.urls import WebUrl, absolute, find_web_url

REDIRECTS = frozenset({301, 302, 303, 307, 308})


def parse_url(url: str) -> WebUrl:
    """Read an address to ask, without its fragment (checklist F15); Permanent(URL_REFUSED) if it cannot be asked."""
    found = find_web_url(url)
    if found is None:
        raise Permanent(Reason.URL_REFUSED, f"not an address this service asks: {url[:200]!r}")
    return replace(found, fragment="") if found.fragment else found


def find_target(at: WebUrl, status: int, raw_headers: Iterable[tuple[bytes, bytes]]) -> WebUrl | None:
    """Find where an answer points; None if it is final, Permanent(URL_REFUSED) if it points to no web address."""
    if status not in REDIRECTS:
        return None
    location = next((_location(value) for name, value in raw_headers if name.lower() == b"location"), "")
    if not location:
        return None
    target = absolute(str(at), location)
    if not target:
        raise Permanent(Reason.URL_REFUSED, f"redirected to what is no web address: {location[:200]!r}")
    return parse_url(target)


def _location(raw: bytes) -> str:
    """Read UTF-8; other bytes are escaped as they are, for they name a path in the server's own character set."""
    try:
        return raw.decode("utf-8").strip()
    except UnicodeDecodeError:
        return "".join(chr(byte) if byte < 0x80 else f"%{byte:02X}" for byte in raw).strip()


def check_hop(seen: Sequence[WebUrl], target: WebUrl, limit: int, headers: Mapping[str, str]) -> None:
    """Let a hop pass, or raise Permanent: TOO_MANY_REDIRECTS for loops and chains, URL_REFUSED for a lost TLS.

    `seen` are the addresses asked so far, the first one first; `headers` are what the caller gave for that one.
    Leaving https is borne, as browsers bear it, but not when the caller gave something that may be a secret:
    somebody who reads along would learn what the secret opens.
    """
    if target in seen or len(seen) > limit:
        raise Permanent(Reason.TOO_MANY_REDIRECTS, f"{len(seen)} redirects, the last to {target}")
    if seen[-1].scheme == "https" and target.scheme == "http" and carries_credentials(headers):
        raise Permanent(Reason.URL_REFUSED, f"redirected from https to {target}, with credentials given")
