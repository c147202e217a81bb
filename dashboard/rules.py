"""Who may come in: the decision alone, without a socket or a cookie.

In: a `Visit`, the facts of one request. Out: a `Verdict`. Hides nothing.
Trap: an address is the peer of the socket. A forwarding header never earns trust; it only takes it away,
because it shows that the loopback peer is a proxy and the visitor somebody else.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import urlsplit

from dashboard.bearer import NO_TOKEN, Bearing, Claim
from dashboard.may import SAFE_METHODS, Visitor, needed_of
from pipeline.alerts.links import FEED_FOLDER, UNSUBSCRIBE_FOLDER
from pipeline.model import Scope

#: Answered to anybody who can reach the port; nothing in them tells about the news or the version.
OPEN_PATHS = frozenset({"/livez", "/login"})
OPEN_FOLDERS = ("/static/",)
#: Where hubs ask and push (WebSub): anybody may, by any proxy; what they send is believed only if it is signed.
HUB_FOLDER = "/websub/"
#: Whoever knows the secret in the address may enter; a mail provider posts to the second from elsewhere (RFC 8058).
SECRET_FOLDERS = (FEED_FOLDER, UNSUBSCRIBE_FOLDER)
#: Read by machines: from this machine, or with a session or a token.
MACHINE_PATHS = frozenset({"/readyz", "/metrics"})
#: Forms whose own token stands in when a browser sends no usable Origin.
TOKEN_PATHS = frozenset({"/login", "/logout"})
#: Forms that change something, each with its session's token where there are sessions (`dashboard.frame`).
TOKEN_FOLDERS = (
    *("/queue/", "/feeds/", "/stories/", "/articles/", "/subscriptions/", "/alerts/", "/channels/"),
    *("/users/", "/account/"),
)

API_FOLDER = "/api/"
#: What only an admin's token may touch.
ADMIN_FOLDERS = ("/api/v1/tokens", "/api/v1/users", "/api/v1/opml/whole")
#: Names under which programs put tokens into addresses.
TOKEN_NAMES = frozenset({"token", "access_token", "api_key", "apikey", "key"})


class Verdict(StrEnum):
    """What the door says."""

    ENTER = "enter"
    WRONG_HOST = "wrong_host"
    AWAY = "away"
    FOREIGN = "foreign"
    SIGN_IN = "sign_in"
    WRONG_BEARER = "wrong_bearer"
    BEARER_IN_ADDRESS = "bearer_in_address"
    BEYOND_SCOPE = "beyond_scope"
    BEYOND_ROLE = "beyond_role"


class Sender(StrEnum):
    """From where a form or script sent a request, as far as the browser says."""

    SAME = "same"
    FOREIGN = "foreign"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Visit:
    """The facts of one request."""

    method: str
    path: str
    host: str  #: the Host header as sent
    peer: str  #: address of the socket's other end; empty if it has none
    forwarded: bool  #: a proxy's header is present
    origin: str | None
    fetch_site: str | None  #: Sec-Fetch-Site
    has_login: bool  #: whether anybody has to sign in here
    visitor: Visitor | None = None  #: who signed in
    bearing: Bearing = NO_TOKEN
    asked_names: frozenset[str] = frozenset()  #: of the address's query


def host_name(host: str) -> str:
    """Take the name out of a Host header, lower case, without port, brackets or a final dot; empty if malformed."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def is_address(name: str) -> bool:
    """Tell whether `name` is an IP address in its plain spelling."""
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def is_loopback(address: str) -> bool:
    """Tell whether `address` is this machine; IPv4 in IPv6 counts as the IPv4 that it is."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return (mapped or parsed).is_loopback


def is_known_host(host: str, names: Collection[str]) -> bool:
    """Refuse names that are not ours: a foreign name pointed at our address makes its page our origin (rebinding).

    An address in place of a name is safe, since a page of that origin came from that address itself.
    """
    name = host_name(host)
    if not name:
        return False
    return name == "localhost" or name.endswith(".localhost") or is_address(name) or name in names


def sender(visit: Visit) -> Sender:
    """Say where an unsafe request came from.

    `Origin: null` is what browsers send for our own forms too, because of `Referrer-Policy: no-referrer`
    (Fetch, "append a request Origin header"), so it decides nothing; Sec-Fetch-Site does, where it is sent.
    """
    if visit.fetch_site is not None:
        return Sender.SAME if visit.fetch_site == "same-origin" else Sender.FOREIGN
    if visit.origin is None or visit.origin == "null":
        return Sender.UNKNOWN
    return Sender.SAME if _netloc(visit.origin) == visit.host.lower() else Sender.FOREIGN


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def decide(visit: Visit, names: Collection[str]) -> Verdict:
    """Decide over one request; `names` are the host names we answer to besides localhost and addresses."""
    if not is_known_host(visit.host, names):
        return Verdict.WRONG_HOST
    if is_for_anybody(visit.path):
        return Verdict.ENTER
    if takes_token(visit.path) and (verdict := _decide_token(visit)):
        return verdict
    here = is_loopback(visit.peer) and not visit.forwarded
    if not visit.has_login and not here:
        return Verdict.AWAY
    if visit.path.startswith(SECRET_FOLDERS):
        return Verdict.ENTER
    if _is_foreign(visit):
        return Verdict.FOREIGN
    if not _may_enter(visit, here=here):
        return Verdict.SIGN_IN
    return Verdict.ENTER if _is_within_role(visit, visit.visitor) else Verdict.BEYOND_ROLE


def is_for_anybody(path: str) -> bool:
    """Tell whether it does not matter who asks, so that the store need not be asked either, be it busy or away."""
    return path == "/livez" or path.startswith(HUB_FOLDER)


def takes_token(path: str) -> bool:
    """Tell whether a program may come here with a token: the API, and what is watched from elsewhere (S28)."""
    return path.startswith(API_FOLDER) or path in MACHINE_PATHS


def _decide_token(visit: Visit) -> Verdict | None:
    """Decide over a request for the API by its token; None if it brings none, and then the rules of pages hold."""
    if visit.asked_names & TOKEN_NAMES:
        return Verdict.BEARER_IN_ADDRESS
    if visit.bearing.scope is None:
        return Verdict.WRONG_BEARER if visit.bearing.claim is Claim.WRONG else None
    if not visit.bearing.scope.covers(needed_scope(visit)):
        return Verdict.BEYOND_SCOPE
    return Verdict.ENTER if _is_within_role(visit, visit.bearing.visitor) else Verdict.BEYOND_ROLE


def needed_scope(visit: Visit) -> Scope:
    """Give the least scope a token needs for this request."""
    if visit.path.startswith(ADMIN_FOLDERS):
        return Scope.ADMIN
    return Scope.READ if visit.method in SAFE_METHODS else Scope.WRITE


def _is_within_role(visit: Visit, visitor: Visitor | None) -> bool:
    """Hold a request against the role of who asks; where nobody signs in, and on open pages, there is none."""
    return visitor is None or visitor.may(needed_of(visit.method, visit.path))


def _is_foreign(visit: Visit) -> bool:
    if visit.method in SAFE_METHODS:
        return False
    sent_by = sender(visit)
    has_token = visit.path in TOKEN_PATHS or (visit.has_login and visit.path.startswith(TOKEN_FOLDERS))
    return sent_by is Sender.FOREIGN or (sent_by is Sender.UNKNOWN and not has_token)


def _may_enter(visit: Visit, *, here: bool) -> bool:
    if not visit.has_login or visit.visitor is not None:
        return True
    if visit.path in OPEN_PATHS or visit.path.startswith(OPEN_FOLDERS):
        return True
    return here and visit.path in MACHINE_PATHS
