"""The address rules as a table, in both families (checklist S2, S20)."""

from ipaddress import ip_address

import pytest

from pipeline.model import Reason
from pipeline.transport.policy import Rules, is_public
from tests.transport.support import policy

PRIVATE = {
    "this network": "0.0.0.0",  # noqa: S104 - an address to refuse, nothing binds to it
    "any of this network": "0.1.2.3",
    "private 10": "10.1.2.3",
    "carrier": "100.64.0.1",
    "carrier end": "100.127.255.255",
    "loopback": "127.0.0.1",
    "loopback end": "127.255.255.254",
    "metadata": "169.254.169.254",
    "private 172": "172.31.255.255",
    "protocol assignments": "192.0.0.8",
    "documentation 1": "192.0.2.1",
    "6to4 relay": "192.88.99.1",
    "private 192": "192.168.1.1",
    "benchmark": "198.19.255.255",
    "documentation 2": "198.51.100.1",
    "documentation 3": "203.0.113.9",
    "multicast": "224.0.0.1",
    "multicast end": "239.255.255.255",
    "reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
    "v6 unspecified": "::",
    "v6 loopback": "::1",
    "v6 compatible": "::127.0.0.1",
    "v6 compatible public": "::8.8.8.8",
    "v6 mapped loopback": "::ffff:127.0.0.1",
    "v6 mapped carrier": "::ffff:100.64.0.1",
    "v6 translated": "::ffff:0:127.0.0.1",
    "nat64": "64:ff9b::7f00:1",
    "nat64 public": "64:ff9b::808:808",
    "nat64 local": "64:ff9b:1::1",
    "discard": "100::1",
    "teredo": "2001:0:7f00:1::1",
    "v6 benchmark": "2001:2::1",
    "orchid": "2001:20::1",
    "v6 documentation": "2001:db8::1",
    "6to4 loopback": "2002:7f00:1::",
    "6to4 public": "2002:808:808::1",
    "v6 new documentation": "3fff::1",
    "segment routing": "5f00::1",
    "unique local": "fc00::1",
    "unique local d": "fd12:3456::1",
    "link-local": "fe80::1",
    "link-local scoped": "fe80::1%1",
    "site-local": "fec0::1",
    "v6 multicast": "ff02::1",
    "not handed out": "4000::1",
}

PUBLIC = {
    "plain": "8.8.8.8",
    "below carrier": "100.63.255.255",
    "above carrier": "100.128.0.1",
    "beside private": "172.32.0.1",
    "beside assignments": "192.0.1.1",
    "last before multicast": "223.255.255.255",
    "v6": "2606:4700:4700::1111",
    "v6 above the assignments": "2001:200::1",
    "v6 europe": "2a00:1450:4001::1",
    "v6 mapped public": "::ffff:8.8.8.8",
    "v6 below documentation": "2001:db7:ffff::1",
}

ALLOWED = {
    "network": (("10.0.0.0/8",), "wiki.example", "10.9.9.9"),
    "address": (("10.1.2.3",), "wiki.example", "10.1.2.3"),
    "mapped address": (("10.1.2.3",), "wiki.example", "::ffff:10.1.2.3"),
    "v6 network": (("fd00::/8",), "wiki.example", "fd12::1"),
    "v6 in brackets": (("[fd12::1]",), "wiki.example", "fd12::1"),
    "name": (("wiki.lan",), "wiki.lan", "192.168.0.7"),
    "name in capitals": (("Wiki.LAN",), "wiki.lan", "192.168.0.7"),
    "second entry": (("10.0.0.0/8", "wiki.lan"), "wiki.lan", "fd12::1"),
}

STILL_DENIED = {
    "other network": (("10.0.0.0/8",), "wiki.example", "11.0.0.1", Reason.URL_REFUSED),
    "beside the address": (("10.1.2.3",), "wiki.example", "10.1.2.4", Reason.ADDRESS_DENIED),
    "address of a listed name under another": (("wiki.lan",), "evil.example", "192.168.0.7", Reason.ADDRESS_DENIED),
    "name below the listed one": (("wiki.lan",), "a.wiki.lan", "192.168.0.7", Reason.ADDRESS_DENIED),
    "no name": (("wiki.lan",), "", "127.0.0.1", Reason.ADDRESS_DENIED),
}


@pytest.mark.parametrize("address", PRIVATE.values(), ids=PRIVATE.keys())
def test_special_addresses_are_not_public(address: str) -> None:
    """S2: what is not plainly the public internet is denied, also where ipaddress calls it global."""
    assert not is_public(ip_address(address))
    assert Rules.of(policy()).refusal("news.example", address, 80) == Reason.ADDRESS_DENIED


@pytest.mark.parametrize("address", PUBLIC.values(), ids=PUBLIC.keys())
def test_public_addresses_may_be_asked(address: str) -> None:
    """S2: the edges of every denied block are drawn right, and only listed ports are asked."""
    rules = Rules.of(policy())
    assert is_public(ip_address(address))
    assert rules.refusal("news.example", address, 443) is None
    assert rules.refusal("news.example", address, 22) == Reason.URL_REFUSED


@pytest.mark.parametrize(("allowed", "host", "address"), ALLOWED.values(), ids=ALLOWED.keys())
def test_the_owner_opens_private_targets(allowed: tuple[str, ...], host: str, address: str) -> None:
    """S20: what the owner listed may be asked, at any port."""
    assert Rules.of(policy(allow_private=allowed)).refusal(host, address, 4711) is None


@pytest.mark.parametrize(("allowed", "host", "address", "reason"), STILL_DENIED.values(), ids=STILL_DENIED.keys())
def test_nothing_beside_the_list_opens(allowed: tuple[str, ...], host: str, address: str, reason: Reason) -> None:
    """S20: an entry opens what it names and nothing else."""
    assert Rules.of(policy(allow_private=allowed)).refusal(host, address, 4711) == reason


@pytest.mark.parametrize("entry", ["", "a b", "http://wiki.lan", "wiki.lan:80", "10.0.0.0/99", "wiki.lan/x", "127.1"])
def test_an_entry_without_meaning_is_refused(entry: str) -> None:
    """A slip in the list is an error at start, not an open door or a silent nothing."""
    with pytest.raises(ValueError, match="host name"):
        Rules.of(policy(allow_private=(entry,)))
