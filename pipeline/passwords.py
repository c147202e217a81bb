"""Passwords: made, judged, kept as hashes and compared.

In: passwords. Out: argon2id hashes (RFC 9106) and answers. Hides argon2-cffi. Trap: one hash takes some 50 ms of a
core and 64 MB on purpose, so callers keep it off the event loop, out of transactions and bounded in number.
"""

import hmac
import secrets
from functools import cache
from hashlib import blake2b

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from pipeline.errors import Unusable

#: NIST SP 800-63B, 3.1.1.2: long rather than mixed; ours go with a throttle.
LEAST_LENGTH = 10
MOST_LENGTH = 200
_HASHER = PasswordHasher()
_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is taken for another


def check_password(password: str, name: str) -> None:
    """Raise Unusable for a password that would be guessed: short, the user's name and little more, a few signs."""
    if not LEAST_LENGTH <= len(password) <= MOST_LENGTH:
        raise Unusable(f"a password needs {LEAST_LENGTH} to {MOST_LENGTH} characters; several words are good ones")
    if len(password.lower().replace(name, "")) < LEAST_LENGTH and name in password.lower():
        raise Unusable(
            f"a password needs {LEAST_LENGTH} characters beside the user's name; several words are good ones"
        )
    if len(set(password)) < 5:
        raise Unusable("a password must not repeat a few signs; several words are good ones")


def fresh_password() -> str:
    """Make a password of 79 bits that can be read out over the telephone."""
    return "-".join("".join(secrets.choice(_SIGNS) for _ in range(4)) for _ in range(4))


def hash_password(password: str) -> str:
    """Give the hash of a password, with its salt and parameters."""
    return _HASHER.hash(_bytes(password))


def fits_hash(password: str, stored_hash: str | None) -> bool:
    """Tell whether a password belongs to a hash; without a hash it takes as long and fits nothing."""
    try:
        return _HASHER.verify(stored_hash or _nobodys_hash(), _bytes(password)) and stored_hash is not None
    except (VerificationError, InvalidHashError):
        return False


def is_weaker(stored_hash: str) -> bool:
    """Tell whether a hash was made with lesser parameters than new ones."""
    return _HASHER.check_needs_rehash(stored_hash)


def is_same(given: str, wanted: str) -> bool:
    """Compare two passwords in the same time whatever is given, its length included."""
    key = secrets.token_bytes(16)
    return hmac.compare_digest(blake2b(_bytes(given), key=key).digest(), blake2b(_bytes(wanted), key=key).digest())


@cache
def _nobodys_hash() -> str:
    return hash_password(secrets.token_urlsafe(32))


def _bytes(password: str) -> bytes:
    return password.encode(errors="surrogatepass")
