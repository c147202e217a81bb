"""Blot out what opens something in an address: for logs, lists, pages, exports and errors (checklist S21).

In: an address, or a text that may hold some. Out: the same with `***` in place of secrets. Hides what a secret looks
like. Trap: the masked address is for reading only, it leads nowhere; whoever asks, compares or stores takes the real
one. A name of a parameter gives most secrets away; private feeds often put theirs into the path, where only its
look tells it: long, and mixed of letters and digits as no word is.
"""

import re
from urllib.parse import quote, unquote, urlsplit

MASK = "***"

# Whole parts of a parameter's name, split at everything that is no letter: `api_key`, `X-Auth-Token`, `accessToken`.
_NAMES = """
    accesstoken apikey appkey auth authorization authtoken credential credentials hmac jwt key passwd password
    passphrase pass privatetoken pwd pw secret sec session sessionid sid sig signature ticket token tok userkey
"""
_TELLING = frozenset(_NAMES.split())
_HARMLESS_NAME = re.compile(r"(?:^|_)(?:id|ids|v|page|lang|format|q|query|topic|tag|category|since|until)$|channel")
_LOOKS_SECRET_LENGTH = 16
_WORD = re.compile(r"[A-Za-z]+|[0-9]+")
_ADDRESS = re.compile(r"https?://[^\s\"'<>\\^`{|}]+", re.IGNORECASE)
_USERINFO = re.compile(r"(?<=://)[^/?#\s]*@")


def masked_url(url: str) -> str:
    """Give an address with user, password, and every part that looks like a key blotted out."""
    try:
        parts = urlsplit(url)
        userinfo, at, host = parts.netloc.rpartition("@")
    except ValueError:
        stem, mark, _query = _USERINFO.sub(f"{MASK}@", url).partition("?")
        return stem + (f"?{MASK}" if mark else "")
    netloc = f"{MASK}@{host}" if at and userinfo else host
    path = "/".join(_masked_segment(segment) for segment in parts.path.split("/"))
    shown = f"{parts.scheme}://{netloc}{path}" if parts.netloc else f"{parts.scheme}:{path}" if parts.scheme else path
    query = "&".join(_masked_pair(pair) for pair in parts.query.split("&")) if parts.query else ""
    fragment = _masked_pair(parts.fragment) if parts.fragment else ""
    return shown + (f"?{query}" if query else "") + (f"#{fragment}" if fragment else "")


def has_secret(url: str) -> bool:
    """Tell whether something of an address would be blotted out."""
    return MASK in masked_url(url) and MASK not in url


def masked_text(text: str) -> str:
    """Give a text with every address in it masked."""
    return _ADDRESS.sub(_masked_address, text) if "://" in text else text


def _masked_address(found: re.Match[str]) -> str:
    """Mask one address of a text; signs that close the sentence around it are none of it."""
    address = found[0]
    core = address.rstrip(".,;:!?")
    if core.count(")") > core.count("("):
        core = core.removesuffix(")")
    return masked_url(core) + address[len(core) :]


def _masked_pair(pair: str) -> str:
    name, equals, value = pair.partition("=")
    if not equals:
        return _masked_segment(pair)
    if _is_telling(unquote(name)) and value:
        return f"{name}={MASK}"
    harmless = _HARMLESS_NAME.search(unquote(name).lower())
    return pair if harmless or not _looks_secret(unquote(value)) else f"{name}={MASK}"


def _is_telling(name: str) -> bool:
    folded = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    parts = re.split(r"[^a-z]+", folded)
    return any(part in _TELLING for part in (*parts, folded.replace("_", "").replace("-", "")))


def _masked_segment(segment: str) -> str:
    if "@" in segment and ":" in segment:
        return MASK
    stem, dot, suffix = segment.rpartition(".")
    whole = unquote(stem if dot and len(suffix) <= 5 else segment)
    if not _looks_secret(whole):
        return segment
    return f"{MASK}.{quote(suffix)}" if dot and len(suffix) <= 5 else MASK


def _looks_secret(value: str) -> bool:
    """Tell a random key from words and numbers: long, without a separator for long, letters and digits mixed.

    Words of a title change between letters and digits once or twice at most (`covid19-update-2026`); a key of 16
    signs does so about six times.
    """
    longest = max(re.split(r"[^A-Za-z0-9_~-]+", value), key=len)
    if len(longest) < _LOOKS_SECRET_LENGTH:
        return False
    runs = _WORD.findall(longest)
    digits = sum(run.isdigit() for run in runs)
    mixed_case = len(re.findall(r"[a-z][A-Z]", longest))
    return (digits >= 3 and len(runs) - digits >= 3) or mixed_case >= 4
