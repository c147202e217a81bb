"""The one way out of this machine: a guarded HTTP client.

In: addresses from feeds, pages and settings, none of them trusted. Out: `Response` records within their caps.
Hides aiohttp, zlib, brotli and the resolver. Trap: a guard for names is no guard; the address is judged at
the socket, on every connection (docs in guard.py).
"""

from pipeline.transport.client import Transport
from pipeline.transport.headers import Fields
from pipeline.transport.looking import AddressWord, addresses_of
from pipeline.transport.policy import Policy, is_public
from pipeline.transport.status import failure_of_status, find_retry_after

__all__ = [
    "AddressWord",
    "Fields",
    "Policy",
    "Transport",
    "addresses_of",
    "failure_of_status",
    "find_retry_after",
    "is_public",
]
