"""Web addresses as text: read, made absolute, brought to one spelling, grouped by owner.

In: whatever a feed, a page, a redirect or a user calls an address. Out: `WebUrl` or plain ASCII strings that
are safe to send, empty where there is no usable http(s) address. Hides idna (UTS #46) and tldextract, which
is held to the suffix list in its wheel: no network, no cache folder. Trap: a *spelling* is checked here, an
*address* is not; what a host name leads to is known only at the socket (pipeline.transport.guard).
"""

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import urljoin, urlsplit

import idna
import tldextract

DEFAULT_PORTS = {"http": 80, "https": 443}
SPELLINGS_KEPT = 2048  # each entry of a document is asked after several times while it is stored
LONGEST_URL = 8000  # RFC 9110, 4.1: what everybody should at least support; nobody needs more

# Only names that carry nothing but where a click came from: a wrong merge costs a story, a missed one a repeat.
TRACKING_PREFIXES = ("utm_", "mtm_", "hsa_", "at_custom", "at_link_", "fb_action_")
_TRACKING = """
    __s __twitter_impression _ga _gl _hsenc _hsmi at_bbc_team at_campaign at_format at_medium at_ptr_name dclid fbclid
    gbraid gclid gclsrc guccounter guce_referrer guce_referrer_sig igsh igshid mc_cid mc_eid mkt_tok msclkid
    ns_campaign ns_fee ns_linkname ns_mchannel ns_source oly_anon_id oly_enc_id pk_campaign pk_kwd pk_medium pk_source
    ref_src ref_url smid srsltid ttclid twclid vero_conv vero_id wbraid wt_mc wt_zmc xtor yclid
"""
TRACKING_NAMES = frozenset(_TRACKING.split())

_SPACE_AND_CONTROLS = "".join(map(chr, range(0x21)))
_LABEL = re.compile(r"[a-z0-9_-]{1,63}")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
# RFC 3986, 3.3 and 3.4: pchar and "/", and for queries "?"; brackets and bars are sent raw by browsers too.
_SENT_RAW_IN_PATH = re.compile(r"[^A-Za-z0-9._~!$&'()*+,;=:@/%|\[\]-]")
_SENT_RAW_IN_QUERY = re.compile(r"[^A-Za-z0-9._~!$&()*+,;=:@/?%|\[\]-]")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

_suffixes = tldextract.TLDExtract(
    cache_dir=None, suffix_list_urls=(), fallback_to_snapshot=True, include_psl_private_domains=True
)


@dataclass(frozen=True, slots=True)
class WebUrl:
    """An http(s) address taken apart, each part ASCII, escaped and ready to send; it has no user or password."""

    scheme: str
    host: str  #: lower case, IDNA; an IPv6 literal without brackets
    port: int  #: the default one filled in
    path: str  #: begins with "/", without dot segments
    query: str = ""
    fragment: str = ""

    @property
    def origin(self) -> tuple[str, str, int]:
        """Give what RFC 6454 compares: scheme, host, port."""
        return self.scheme, self.host, self.port

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}"
        query = f"?{self.query}" if self.query else ""
        fragment = f"#{self.fragment}" if self.fragment else ""
        return f"{self.scheme}://{host}{port}{self.path}{query}{fragment}"


@lru_cache(maxsize=SPELLINGS_KEPT)
def find_web_url(url: str) -> WebUrl | None:
    """Read an address; None unless it is absolute http(s) without user, password or backslash.

    A host that ends in a number must be a plain dotted IPv4 address, as in the URL Standard's "ends in a
    number" check: `127.1`, `0x7f000001` and `0177.0.0.1` mean different hosts to different programs.
    """
    plain = _PLAIN_URL.fullmatch(url)
    if plain is None or len(url) > LONGEST_URL or "/." in plain["path"]:
        return read_web_url(url)
    scheme = plain["scheme"]
    return WebUrl(scheme, plain["host"], DEFAULT_PORTS[scheme], plain["path"] or "/", plain["query"] or "")


# What most addresses are: every part as it is sent already. The host has a name at its end, so it is no number.
_PLAIN_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PLAIN_URL = re.compile(
    rf"(?P<scheme>https?)://(?P<host>(?:{_PLAIN_LABEL}\.){{1,3}}[a-z]{{2,30}})"
    r"(?P<path>(?:/[A-Za-z0-9._~!$&'()*+,;=:@/-]*)?)(?:\?(?P<query>[A-Za-z0-9._~!$&()*+,;=:@/-]*))?"
)


def read_web_url(url: str) -> WebUrl | None:
    """Read an address however it is written; see `find_web_url`, which knows a shorter way for most."""
    try:
        parts = urlsplit(url.strip(_SPACE_AND_CONTROLS))
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in DEFAULT_PORTS or port == 0 or len(url) > LONGEST_URL:
        return None
    if "@" in parts.netloc or "\\" in parts.netloc + parts.path:
        return None
    host = _host(parts.netloc, parts.hostname or "")
    if not host:
        return None
    path = _without_dots(_escaped(parts.path, _SENT_RAW_IN_PATH)) or "/"
    query, fragment = _escaped(parts.query, _SENT_RAW_IN_QUERY), _escaped(parts.fragment, _SENT_RAW_IN_QUERY)
    return WebUrl(parts.scheme, host, port or DEFAULT_PORTS[parts.scheme], path, query, fragment)


def is_web_url(url: str) -> bool:
    """Tell whether this is an absolute http(s) address that can be asked."""
    return find_web_url(url) is not None


def absolute(base: str, link: str) -> str:
    """Resolve a link against the address it stood in (RFC 3986, 5.2), fragment kept; empty if unusable."""
    link = link.strip(_SPACE_AND_CONTROLS)
    plain = _PLAIN_URL.fullmatch(link) if ";" not in link and len(link) <= LONGEST_URL else None
    if plain is not None and plain["path"] and plain["query"] != "" and "/." not in plain["path"]:
        return link  # nothing of it would be spelled otherwise
    try:
        joined = link if plain else urljoin(base, link)
    except ValueError:
        return ""
    found = find_web_url(joined)
    return str(found) if found else ""


@lru_cache(maxsize=SPELLINGS_KEPT)
def canonical(url: str) -> str:
    """Give the one spelling under which a page is known; empty if it is no usable http(s) address.

    Scheme and host in lower case, IDNA, no default port, no fragment, no dot segments, no needless escapes
    (RFC 3986, 6.2.2), no parameters that only track clicks. The other parameters keep their order: it has a
    meaning for some servers (repeated names, signed queries), and an outlet's own feeds write it one way, so
    sorting would risk a wrong page and join next to nothing.
    """
    found = find_web_url(url)
    if found is None:
        return ""
    if not (found.query or found.fragment or "%" in found.path):
        return str(found)
    kept = "&".join(pair for pair in found.query.split("&") if pair and not _tracks(pair))
    path = _without_dots(_plain(found.path))
    return str(replace(found, path=path, query=_plain(kept), fragment=""))


def registrable_host(url: str) -> str:
    """Give the domain its owner registered, the unit of politeness and of outlets; empty for no usable address.

    Suffixes that their owners rent out count (`one.github.io` and `two.github.io` are two). An IP literal, a
    name below `localhost`, a single label, a bare suffix and a name under no public suffix are each their own.
    """
    found = find_web_url(url)
    return _registrable(found.host) if found else ""


@lru_cache(maxsize=16_384)
def _registrable(host: str) -> str:
    if is_loopback_name(host) or _literal(host):
        return host
    return _suffixes.extract_str(host).top_domain_under_public_suffix or host


def is_loopback_name(host: str) -> bool:
    """Tell whether RFC 6761, 6.3 makes this name the local machine: `localhost` and everything below it."""
    return host == "localhost" or host.endswith(".localhost")


def _literal(host: str) -> bool:
    return ":" in host or bool(_NUMBER.fullmatch(host.rpartition(".")[2]))


def _host(netloc: str, hostname: str) -> str:
    """Give the host as it is sent; empty if it is none."""
    if netloc.startswith("["):
        return _ipv6(hostname)
    try:
        name = hostname if hostname.isascii() else idna.encode(hostname, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return _mapped_ipv4(hostname)
    name = name.lower().removesuffix(".")
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        return _ipv4(name)
    labels = name.split(".")
    return name if len(name) <= 253 and all(map(_LABEL.fullmatch, labels)) else ""


def _mapped_ipv4(hostname: str) -> str:
    """Read full-width and circled digits, which UTS #46 folds to an address that IDNA then refuses as a name."""
    try:
        return _ipv4(idna.uts46_remap(hostname))
    except idna.IDNAError:
        return ""


def _ipv4(text: str) -> str:
    try:
        return str(IPv4Address(text))
    except AddressValueError:
        return ""


def _ipv6(text: str) -> str:
    try:
        return "" if "%" in text else str(IPv6Address(text))
    except AddressValueError:
        return ""


def _escaped(text: str, unsafe: re.Pattern[str]) -> str:
    """Escape as UTF-8 what may not be sent raw, and a "%" that begins no escape; escapes stay as written."""
    text = unsafe.sub(lambda m: "".join(f"%{byte:02X}" for byte in m[0].encode("utf-8", "replace")), text)
    return re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", text) if "%" in text else text


def _plain(text: str) -> str:
    """Undo escapes of unreserved characters and write the others in upper case (RFC 3986, 6.2.2)."""
    return _ESCAPE.sub(_plain_escape, text) if "%" in text else text


def _plain_escape(match: re.Match[str]) -> str:
    byte = int(match[1], 16)
    return chr(byte) if byte in _UNRESERVED else match[0].upper()


def _without_dots(path: str) -> str:
    """Remove dot segments (RFC 3986, 5.2.4); a path that ends in one keeps its last slash."""
    if "/." not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    tail = "/" if segments[-1] in {".", ".."} and kept else ""
    return "/" + "/".join(kept) + tail


def _tracks(pair: str) -> bool:
    name = pair.partition("=")[0].lower()
    return name in TRACKING_NAMES or name.startswith(TRACKING_PREFIXES)
