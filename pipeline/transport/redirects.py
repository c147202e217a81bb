"""Where an answer sends us next; pure.

In: an answer's status and Location, and the hops so far. Out: the next address, or None where the answer is
final. Hides nothing. Trap: the rules of the address itself (private networks, ports) are not here but at the
socket, where each hop is dialled under the same guard as the first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import quote

from pipeline.errors import Permanent
from pipeline.model import Reason
from pipeline.transport.headers import Fields, carries_credentials
from pipeline.urls import WebUrl, absolute, find_web_url

REDIRECTS = frozenset({301, 302, 303, 307, 308})


def parse_url(url: str) -> WebUrl:
    """Read an address to ask, without its fragment (checklist F15); Permanent(URL_REFUSED) if it cannot be asked."""
    found = find_web_url(url)
    if found is None:
        raise Permanent(Reason.URL_REFUSED, f"not an address this service asks: {url[:200]!r}")
    return replace(found, fragment="")


def find_target(at: WebUrl, status: int, fields: Fields) -> WebUrl | None:
    """Find where an answer points; None if it is final, Permanent(URL_REFUSED) if it points to no web address."""
    location = fields.get("Location", "").strip()
    if status not in REDIRECTS or not location:
        return None
    target = absolute(str(at), location)
    if not target:
        raise Permanent(Reason.URL_REFUSED, f"redirected to what is no web address: {quote(location[:200])}")
    return parse_url(target)


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
