"""Trim an article's text at its head, where many pages repeat the headline.

In: the text, a paragraph a line, and the headline. Out: the text. Hides nothing; pure. Trap: counters at the foot look
like results and prices; dropping short last lines with figures cost more of the articles than it cleaned (measured
on real pages: recall 0.976 for 0.979, precision 0.955 either way).
"""

import re

_HEAD_LINES = 4  #: kicker, date, byline may stand before the headline
_SHORT_CHARACTERS = 80
_WORD = re.compile(r"\w+")


def trim_edges(text: str, title: str) -> str:
    """Drop the line that repeats the headline, with the short lines before it; a text of nothing else stays."""
    lines = text.split("\n")
    kept = _without_headline(lines, title)
    return "\n".join(kept or lines)


def _without_headline(lines: list[str], title: str) -> list[str]:
    wanted = _words(title)
    for index, line in enumerate(lines[:_HEAD_LINES]):
        if wanted and _words(line) == wanted:
            return lines[index + 1 :]
        if len(line) > _SHORT_CHARACTERS:
            break
    return lines


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
