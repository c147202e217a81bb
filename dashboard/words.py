"""How figures, times, links and passages are written on a page.

In: values of the records. Out: text, or pieces for the template to escape. Hides nothing; all pure.
Trap: nothing here returns markup. Templates escape everything, always.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit

STEPS = ((60, 1, "s"), (3600, 60, "min"), (86_400, 3600, "h"), (float("inf"), 86_400, "d"))


def span(seconds: float) -> str:
    """Write a length of time in its largest sensible unit: `12 s`, `3 min`, `5 h`, `9 d`."""
    whole = max(0, int(seconds))
    limit_and_unit = next(step for step in STEPS if whole < step[0])
    return f"{whole // limit_and_unit[1]} {limit_and_unit[2]}"


def seconds(length: float) -> str:
    """Write a length of time that is mostly short: `0.42 s`, from two minutes on as `span` does."""
    return f"{length:.2f} s" if length < 120 else span(length)


def ago(at: datetime | None, now: datetime) -> str:
    """Write how long ago `at` was; `never` for None, `now` within two seconds or if it lies ahead."""
    if at is None:
        return "never"
    seconds = (now - at).total_seconds()
    return "now" if seconds < 2 else f"{span(seconds)} ago"


def until(at: datetime | None, now: datetime) -> str:
    """Write when `at` comes: `due`, `in 3 min`; a dash for None."""
    if at is None:
        return "–"
    seconds = (at - now).total_seconds()
    return "due" if seconds <= 0 else f"in {span(seconds)}"


def clock(at: datetime) -> str:
    """Write an instant in full, in UTC."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def number(value: int) -> str:
    """Write a count with thin spaces between thousands."""
    return f"{value:,}".replace(",", "\u202f")


def compact(value: int) -> str:
    """Write a count short enough for a narrow column: in full below 100,000, then `123 k`, `1.23 M`."""
    if value < 100_000:
        return number(value)
    return f"{value / 1000:.0f} k" if value < 999_500 else f"{value / 1e6:.3g} M"


#: Parts of words of closed lists that are written in capitals.
ABBREVIATIONS = {"http": "HTTP", "tls": "TLS", "html": "HTML"}


def spoken(word: str) -> str:
    """Write a word of a closed list as words: `not_html` as `not HTML`."""
    return " ".join(ABBREVIATIONS.get(part, part) for part in word.split("_"))


def capitalized(text: str) -> str:
    """Begin a sentence with a capital and leave the rest as it is."""
    return text[:1].upper() + text[1:]


def counted(value: int, one: str, many: str = "") -> str:
    """Write a count with its noun: `1 outlet`, `3 outlets`."""
    return f"{number(value)} {one if value == 1 else many or one + 's'}"


def safe_link(url: str) -> str:
    """Give `url` back if it is a plain http or https address, else nothing: the template then shows text."""
    if any(ord(sign) <= 32 or sign == "\\" for sign in url):
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme.lower() in {"http", "https"} and parts.hostname else ""


def shown_address(url: str) -> str:
    """Write an address for reading: no scheme, no user and password, no query, where keys like to hide (S21)."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "(unreadable address)"
    return f"{host}{port}{parts.path.rstrip('/')}{'?…' if parts.query else ''}"


class Piece(NamedTuple):
    """A stretch of a passage."""

    text: str
    marked: bool


def marked(passage: str, words: Sequence[str]) -> list[Piece]:
    """Cut `passage` so that each of `words` is a marked piece of its own; capitals do not count.

    Whole words first; where a word never stands alone (scripts without spaces), wherever it stands.
    """
    found = sorted({place for word in words if word for place in _places(passage, word)}, key=_by_start_then_length)
    pieces: list[Piece] = []
    at = 0
    for start, end in found:
        if start < at:
            continue
        pieces.extend((Piece(passage[at:start], marked=False), Piece(passage[start:end], marked=True)))
        at = end
    pieces.append(Piece(passage[at:], marked=False))
    return [piece for piece in pieces if piece.text]


def _places(passage: str, word: str) -> Iterable[tuple[int, int]]:
    plain = re.escape(word)
    whole = [match.span() for match in re.finditer(rf"(?<!\w){plain}(?!\w)", passage, re.IGNORECASE)]
    return whole or [match.span() for match in re.finditer(plain, passage, re.IGNORECASE)]


def _by_start_then_length(place: tuple[int, int]) -> tuple[int, int]:
    return place[0], -place[1]
