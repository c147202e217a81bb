"""Take from the beginning of an article's text what stands above it: the headline, the kicker before it.

In: the text and the titles that page and feed know. Out: the text from its first own line on. Hides nothing; pure.
Trap: a title may also be the first line of a poem or of a short note; a text that is nothing else keeps it.
"""

import re
from collections.abc import Iterable

_LOOKED_AT = 4  # lines from the top
_KICKER_CHARACTERS = 80
_NOT_WORD = re.compile(r"[\W_]+")
_SENTENCE_END = re.compile(r"""[.!?。！？؟।։。]["'”’»」』)\]]*$""")


def without_headline(text: str, titles: Iterable[str]) -> str:
    """Cut the lines down to the headline, if it stands near the top below nothing but kickers."""
    known = {plain for plain in map(_plain, titles) if plain}
    lines = text.split("\n")
    for index, line in enumerate(lines[:_LOOKED_AT]):
        if _plain(line) in known:
            return "\n".join(lines[index + 1 :]) or text
        if len(line) > _KICKER_CHARACTERS or _SENTENCE_END.search(line):
            return text
    return text


def _plain(text: str) -> str:
    return _NOT_WORD.sub("", text.casefold())
