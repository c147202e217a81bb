"""Make safe lines of strangers' text: what every message does first.

In: titles, passages, names as they came. Out: one line without control characters or direction overrides. Hides
unicodedata. Pure. Trap: HTML and chat need escapes of their own on top of this.
"""

import re
import unicodedata
from datetime import UTC, datetime

LINE_LIMIT = 1_000  #: characters of a title or address in a text; a webhook gets them whole

#: Characters that turn the direction of what follows: a headline must not rewrite the line it stands in.
_DIRECTION = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C])
_SURROGATE = re.compile("[\ud800-\udfff]")


def clean_line(text: str) -> str:
    """Make one safe line: no control characters, no overrides, at most `LINE_LIMIT` long."""
    text = whole_characters(text[: LINE_LIMIT * 2]).translate(_DIRECTION)
    visible = "".join(" " if unicodedata.category(c) in {"Cc", "Zl", "Zp"} else c for c in text)
    return shortened(" ".join(visible.split()), LINE_LIMIT)


def whole_characters(text: str) -> str:
    """Put `U+FFFD` for half a surrogate pair, which no encoding can carry."""
    return _SURROGATE.sub("\ufffd", text)


def shortened(line: str, limit: int) -> str:
    """Cut a line, with a mark where it was cut."""
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def is_web_address(url: str) -> bool:
    """Tell whether an address may be made clickable."""
    return re.match(r"https?://", url) is not None


def instant(moment: datetime) -> str:
    """Write an instant as ISO 8601 in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def minute(moment: datetime) -> str:
    """Write an instant for people."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
