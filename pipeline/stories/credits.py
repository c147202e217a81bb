"""Find the news agencies that a text credits: an outlet that prints an agency's text adds reach, not a source.

In: an article's text. Out: names of agencies as agencies.txt has them. Hides that file. Trap: a text that speaks of an
agency does not credit it; so only the beginning and the end count, and there only the forms that credits take: in
brackets or between strokes, after a © or a word for source, before a dash, or with "contributed to this report".
"""

import re
from pathlib import Path

_AGENCIES = Path(__file__).with_name("agencies.txt")
_HEAD, _TAIL = 140, 200  # characters in which a credit stands: a dateline with city and date, a last line
_SOURCE = r"(?:[Ss]ource|SOURCE|[Qq]uelle|[Ff]uente|[Ff]onte|[Ии]сточник|المصدر|来源|來源)"


def _read() -> dict[str, str]:
    """Give the agency of each form."""
    lines = [line.strip() for line in _AGENCIES.read_text(encoding="utf-8").splitlines()]
    rows = [[form.strip() for form in line.split("|")] for line in lines if line and not line.startswith("#")]
    return {form: row[0] for row in rows for form in row}


_NAMES = _read()
_NAME = "|".join(re.escape(form) for form in sorted(_NAMES, key=len, reverse=True))
_LIST = rf"(?:{_NAME})(?:\s*[/,&+]\s*(?:{_NAME}))*"
_IN_BRACKETS = rf"[(\[/（]\s*(?P<{{0}}>{_LIST})\s*[)\]/）]"
_AT_HEAD = re.compile(
    "|".join(
        (
            _IN_BRACKETS.format("bracket"),
            rf"(?:^|[.,]\s*)(?P<dash>{_LIST})\s*[-–—]\s",
            rf"\d[^.]{{0,12}}\s[-–—]\s*(?P<after>{_LIST})\s*\.",
            rf"^(?P<chinese>{_LIST})[^\s，。]{{0,12}}\d+日",
        )
    )
)
_AT_TAIL = re.compile(
    "|".join(
        (
            _IN_BRACKETS.format("bracket"),
            rf"(?:©|\(c\)|{_SOURCE}\s*[:：])\s*(?:\d{{4}}\s*)?(?P<source>{_LIST})(?!\w)",
            rf"(?<!\w)(?P<contributed>{_NAME}) contributed to this report",
            rf"(?:^|\n)[\s—–-]*(?P<line>{_LIST})\s*\.?\s*$",
        )
    )
)


def credited(text: str) -> tuple[str, ...]:
    """Name the agencies whose credit stands at the beginning or the end, each once, sorted."""
    stripped = text.strip()
    found = [*_AT_HEAD.finditer(stripped[:_HEAD]), *_AT_TAIL.finditer(stripped[-_TAIL:])]
    lists = [next(group for group in match.groups() if group) for match in found]
    forms = [form for each in lists for form in re.findall(_NAME, each)]
    return tuple(sorted({_NAMES[form] for form in forms}))
