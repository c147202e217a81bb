"""Cut the passage out of an article that shows why it matched.

In: title, text and the spans of a match. Out: one line of text, and the matched words as they stand. Pure.
Trap: a span counts characters of its own field; spans of the title show no place in the text.
"""

import re
from collections.abc import Iterable

from pipeline.alerts.query.fold import terms_of
from pipeline.model import Span

WINDOW = 240  #: characters, about two lines of a mail or three of a chat message
WORDS_LIMIT = 20  #: distinct matched words that a message names

_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'”’»)\]]*\s+|[。！？]|\n+")
_GAP = re.compile(r"\s")


def passage(title: str, text: str, spans: Iterable[Span], window: int = WINDOW) -> str:
    """Give about `window` characters of whole words around the first match in the text, cut ends marked by `…`.

    The window begins with the sentence of the match if that fits. If only the title matched, it is the beginning
    of the text; without a text it is the title.
    """
    first = min((span for span in spans if span.field == "text"), key=lambda span: span.start, default=None)
    if not text.strip():
        return _one_line(title[:window])
    start, end = (first.start, first.end) if first else (0, 0)
    left = _left_edge(text, start, end, window)
    right = _right_edge(text, left, max(end, left), window)
    shown = _one_line(text[left:right])
    before = "… " if text[:left].strip() and not _begins_sentence(text, left) else ""
    after = " …" if text[right:].strip() and not _ends_sentence(shown) else ""
    return f"{before}{shown}{after}"


def matched_words(title: str, text: str, spans: Iterable[Span]) -> tuple[str, ...]:
    """Give the matched words as they stand, in the order given, each once however it is written."""
    found: dict[tuple[str, ...], str] = {}
    for span in spans:
        word = (title if span.field == "title" else text)[span.start : span.end]
        found.setdefault(terms_of(word), _one_line(word))
        if len(found) == WORDS_LIMIT:
            break
    return tuple(found.values())


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _left_edge(text: str, start: int, end: int, window: int) -> int:
    """Find the start of the match's sentence, or a word's start if that is too far to fit."""
    room = max(window - (end - start), 0)
    reach = max(start - room * 2 // 3, 0)
    edges = [found.end() for found in _SENTENCE_END.finditer(text, reach, start)]
    if edges:
        return edges[-1]
    if reach == 0:
        return 0
    return _word_start(text, max(start - room // 2, 0), start)


def _word_start(text: str, reach: int, start: int) -> int:
    """Find the first word that begins in a stretch; in a script without spaces the stretch itself will do."""
    gap = _GAP.search(text, reach, start)
    return gap.end() if gap else reach


def _right_edge(text: str, left: int, end: int, window: int) -> int:
    """Find the end of the last word that fits; the match itself is never cut."""
    limit = max(left + window, end)
    if limit >= len(text) or text[limit].isspace():
        return min(limit, len(text))
    gaps = [found.start() for found in _GAP.finditer(text, end, limit)]
    return gaps[-1] if gaps else limit


def _begins_sentence(text: str, left: int) -> bool:
    return any(found.end() == left for found in _SENTENCE_END.finditer(text, max(left - 10, 0), left))


def _ends_sentence(shown: str) -> bool:
    return shown[-1:] in '.!?…。！？"”’»'
