"""The door's decisions, as rows of data."""

import dataclasses

import pytest

from dashboard.may import OPERATOR, Visitor
from dashboard.rules import Sender, Verdict, Visit, decide, host_name, is_known_host, is_loopback, sender
from pipeline.model import Role

HOME = Visit(
    method="GET", path="/", host="127.0.0.1:8420", peer="127.0.0.1", forwarded=False, origin=None, fetch_site=None,
    has_login=False,
)  # fmt: skip
READER = Visitor(7, "ruth", Role.READER)
NAMES = frozenset({"watch.example.org"})
AWAY = "203.0.113.9"


def visit(**changes: object) -> Visit:
    return dataclasses.replace(HOME, **changes)  # type: ignore[arg-type]  # rows of data


@pytest.mark.parametrize(
    ("host", "known"),
    [
        pytest.param("localhost", True, id="localhost"),
        pytest.param("LOCALHOST:8420", True, id="case and port"),
        pytest.param("watch.localhost:1", True, id="below localhost"),
        pytest.param("127.0.0.1", True, id="loopback"),
        pytest.param("[::1]:8420", True, id="IPv6 loopback"),
        pytest.param("192.168.1.5:8420", True, id="an address cannot be rebound"),
        pytest.param("watch.example.org", True, id="named in web.hosts"),
        pytest.param("watch.example.org.", True, id="with the root's dot"),
        pytest.param("evil.example", False, id="foreign name"),
        pytest.param("localhost.evil.example", False, id="localhost as a prefix"),
        pytest.param("evillocalhost", False, id="localhost as a suffix"),
        pytest.param("127.0.0.1.evil.example", False, id="address as a prefix"),
        pytest.param("0x7f000001", False, id="odd spelling of an address"),
        pytest.param("", False, id="no host at all"),
        pytest.param("[::1", False, id="malformed"),
        pytest.param("evil.example@localhost", True, id="user part is not the host"),
        pytest.param("localhost@evil.example", False, id="host behind a user part"),
    ],
)
def test_only_our_own_names_are_answered(host: str, known: bool) -> None:
    """A name that somebody else pointed at our address is refused (DNS rebinding)."""
    assert is_known_host(host, NAMES) is known


@pytest.mark.parametrize(
    ("address", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("10.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("fe80::1%eth0", False),
        ("", False),
        ("localhost", False),
    ],
)
def test_loopback_is_told_by_the_peer_address(address: str, loopback: bool) -> None:
    """S28: only an address of this machine counts as this machine."""
    assert is_loopback(address) is loopback


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, Verdict.ENTER, id="this machine"),
        pytest.param({"peer": AWAY}, Verdict.AWAY, id="another machine"),
        pytest.param({"peer": ""}, Verdict.AWAY, id="unknown peer"),
        pytest.param({"forwarded": True}, Verdict.AWAY, id="through a proxy on this machine"),
        pytest.param({"peer": AWAY, "path": "/livez"}, Verdict.ENTER, id="livez is open"),
        pytest.param({"peer": AWAY, "path": "/static/a.css"}, Verdict.AWAY, id="static is not needed"),
        pytest.param({"host": "evil.example"}, Verdict.WRONG_HOST, id="rebound name"),
        pytest.param({"host": "evil.example", "path": "/livez"}, Verdict.WRONG_HOST, id="rebound name, livez"),
        pytest.param({"method": "POST"}, Verdict.FOREIGN, id="POST of unknown sender"),
        pytest.param({"method": "POST", "origin": "http://127.0.0.1:8420"}, Verdict.ENTER, id="POST of our page"),
        pytest.param({"method": "POST", "origin": "http://127.0.0.1:9"}, Verdict.FOREIGN, id="POST of another port"),
        pytest.param({"method": "POST", "fetch_site": "cross-site"}, Verdict.FOREIGN, id="POST across sites"),
        pytest.param({"method": "DELETE"}, Verdict.FOREIGN, id="any unsafe method"),
    ],
)
def test_without_a_password_only_this_machine_enters(changes: dict[str, object], expected: Verdict) -> None:
    """S13: nothing is served to anybody else before a password exists."""
    assert decide(visit(**changes), NAMES) is expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, Verdict.SIGN_IN, id="this machine is asked too"),
        pytest.param({"visitor": READER, "peer": AWAY}, Verdict.ENTER, id="signed in"),
        pytest.param({"path": "/login", "peer": AWAY}, Verdict.ENTER, id="login page"),
        pytest.param({"path": "/static/a.css", "peer": AWAY}, Verdict.ENTER, id="its style"),
        pytest.param({"path": "/static", "peer": AWAY}, Verdict.SIGN_IN, id="no folder below it"),
        pytest.param({"path": "/loginx"}, Verdict.SIGN_IN, id="only the very path"),
        pytest.param({"path": "/rq/"}, Verdict.SIGN_IN, id="queue pages"),
        pytest.param({"path": "/metrics"}, Verdict.ENTER, id="metrics from here"),
        pytest.param({"path": "/metrics", "peer": AWAY}, Verdict.SIGN_IN, id="metrics from elsewhere"),
        pytest.param({"path": "/metrics", "forwarded": True}, Verdict.SIGN_IN, id="metrics through a proxy here"),
        pytest.param({"path": "/readyz", "peer": AWAY}, Verdict.SIGN_IN, id="readyz from elsewhere"),
        pytest.param({"path": "/login", "method": "POST"}, Verdict.ENTER, id="login has its own token"),
        pytest.param({"path": "/login", "method": "POST", "origin": "http://evil.example"}, Verdict.FOREIGN, id="csrf"),
        pytest.param({"path": "/rq/x", "method": "POST", "visitor": OPERATOR}, Verdict.FOREIGN, id="rq has none"),
    ],
)
def test_with_a_password_everything_but_the_entrance_is_closed(changes: dict[str, object], expected: Verdict) -> None:
    """S13, S28: login, livez and static are open; metrics and readyz from this machine."""
    assert decide(visit(has_login=True, **changes), NAMES) is expected


@pytest.mark.parametrize(
    ("origin", "fetch_site", "expected"),
    [
        pytest.param(None, None, Sender.UNKNOWN, id="neither"),
        pytest.param("null", None, Sender.UNKNOWN, id="null, as our own forms send under no-referrer"),
        pytest.param("null", "same-origin", Sender.SAME, id="null, but the browser says same-origin"),
        pytest.param("http://127.0.0.1:8420", None, Sender.SAME, id="our origin"),
        pytest.param("https://127.0.0.1:8420", None, Sender.SAME, id="our origin, https ended by a proxy"),
        pytest.param("http://127.0.0.1", None, Sender.FOREIGN, id="another port"),
        pytest.param("http://127.0.0.1:8420.evil.example", None, Sender.FOREIGN, id="ours as a prefix"),
        pytest.param("http://[", None, Sender.FOREIGN, id="malformed"),
        pytest.param("http://127.0.0.1:8420", "same-site", Sender.FOREIGN, id="another port says same-site"),
        pytest.param("http://127.0.0.1:8420", "none", Sender.FOREIGN, id="typed by hand cannot post"),
    ],
)
def test_the_sender_of_a_form_is_told(origin: str | None, fetch_site: str | None, expected: Sender) -> None:
    """S14: what the browser says of the sender decides, and silence is not trust."""
    assert sender(visit(method="POST", origin=origin, fetch_site=fetch_site)) is expected


def test_host_names_lose_port_case_and_brackets() -> None:
    """Two spellings of one host are one host."""
    assert [host_name(host) for host in ("A.Example.:80", "[::1]:9", "")] == ["a.example", "::1", ""]
