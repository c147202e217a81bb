"""Which addresses and ports may be asked; pure.

In: the owner's `Policy`. Out: `Rules`, which answer for one address at a time. Hides ipaddress. Trap:
`is_global` of ipaddress is not the question here: it changed between Python versions and is true for NAT64,
6to4, multicast and `::127.0.0.1`, so the IANA special-purpose registries (RFC 6890) are spelled out.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Self

from pipeline.model import Reason
from pipeline.urls import find_web_url

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_SPECIAL_V4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network, RFC 791
        "10.0.0.0/8",  # private, RFC 1918
        "100.64.0.0/10",  # shared by carriers, RFC 6598; ipaddress calls it not private
        "127.0.0.0/8",  # loopback, RFC 1122
        "169.254.0.0/16",  # link-local, RFC 3927; cloud metadata lives here
        "172.16.0.0/12",  # private, RFC 1918
        "192.0.0.0/24",  # protocol assignments, RFC 6890
        "192.0.2.0/24",  # documentation, RFC 5737
        "192.88.99.0/24",  # 6to4 relays, RFC 7526
        "192.168.0.0/16",  # private, RFC 1918
        "198.18.0.0/15",  # benchmarks, RFC 2544
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/3",  # multicast, reserved and broadcast, RFC 1112
    )
)
_GLOBAL_UNICAST_V6 = IPv6Network("2000::/3")  # RFC 4291, 2.4: nothing else is handed out to sites
_SPECIAL_V6 = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments with Teredo, RFC 2928 and 4380: it may wrap a private IPv4
        "2001:db8::/32",  # documentation, RFC 3849
        "2002::/16",  # 6to4, RFC 3056: wraps an IPv4
        "3fff::/20",  # documentation, RFC 9637
    )
)


@dataclass(frozen=True)
class Policy:
    """What the owner lets this machine ask, and how long it may take."""

    total_seconds: float  #: one request, redirects and body included
    ports: frozenset[int]
    allow_private: tuple[str, ...]  #: networks, addresses or host names; there any port may be asked
    user_agent: str
    redirect_limit: int = 5
    least_rate: int = 100  #: bytes a second that a body must bring on average, once `rate_grace_seconds` have passed
    rate_grace_seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class Rules:
    """A policy ready to answer for addresses; `names` hold for the name asked, whatever it leads to."""

    ports: frozenset[int]
    networks: tuple[Network, ...]
    names: frozenset[str]

    @classmethod
    def of(cls, policy: Policy) -> Self:
        """Sort the owner's list into networks and names; ValueError for an entry that is neither."""
        networks, names = [], []
        for entry in policy.allow_private:
            network = _find_network(entry)
            if network is not None:
                networks.append(network)
            else:
                names.append(_name(entry))
        return cls(policy.ports, tuple(networks), frozenset(names))

    def refusal(self, host: str, address: str, port: int) -> Reason | None:
        """Say why `address`, found for the name `host`, may not be dialled at `port`; None if it may.

        What the owner listed is free of the port list too: whoever names a private host knows its ports.
        """
        dialled = unwrapped(ip_address(address))
        if host in self.names or any(dialled in network for network in self.networks):
            return None
        if not is_public(dialled):
            return Reason.ADDRESS_DENIED
        return None if port in self.ports else Reason.URL_REFUSED


def is_public(address: Address) -> bool:
    """Tell whether an address belongs to the public internet; anything unsure does not."""
    address = unwrapped(address)
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _SPECIAL_V4)
    return address in _GLOBAL_UNICAST_V6 and not any(address in network for network in _SPECIAL_V6)


def unwrapped(address: Address) -> Address:
    """Give the IPv4 address that the kernel dials for an IPv4-mapped one (RFC 4291, 2.5.5.2), else itself."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _find_network(entry: str) -> Network | None:
    try:
        return ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        return None


def _name(entry: str) -> str:
    found = find_web_url(f"http://{entry}/")
    if found is None or ":" in entry or str(found) != f"http://{found.host}/":
        raise ValueError(f"{entry!r} is no network such as 10.0.0.0/8, no address and no host name")
    return found.host
