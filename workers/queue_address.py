"""Whether an address of the queue may be used.

In: the address from the settings. Out: `Unusable` with what to do. Hides nothing. Imports nothing of Redis, for `run`
asks this before it starts anything.
"""

from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

import structlog

from pipeline.errors import Unusable

log = structlog.get_logger(__name__)

SCHEMES = ("redis", "rediss", "unix")


def check_address(url: str, *, allow_insecure: bool) -> None:
    """Refuse an address over which others could read or write the queue (checklist S9).

    A socket file and loopback are this machine's own. Elsewhere both a password and TLS are asked for,
    unless `allow_insecure` says that the network in between is trusted.
    """
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES:
        raise Unusable(
            f"queue.url must begin with redis://, rediss:// or unix://, not with {parts.scheme or 'nothing'}"
        )
    lacks = [] if _is_local(parts) else _missing_guards(parts)
    if not lacks:
        return
    if not allow_insecure:
        raise Unusable(
            f"The queue at {parts.hostname} is on another machine and has no {' and no '.join(lacks)}: whoever reaches "
            "it could read and change the work. Use rediss://user:password@host:port, or set "
            "queue.allow_insecure = true if the network between is yours alone."
        )
    log.warning("queue_insecure", host=parts.hostname, lacks=lacks)


def _is_local(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    if parts.scheme == "unix" or host in {"", "localhost"}:
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _missing_guards(parts: SplitResult) -> list[str]:
    checks = {"password": bool(parts.password), "TLS": parts.scheme == "rediss"}
    return [name for name, held in checks.items() if not held]
