"""The keys of an article other than its terms and pairs, as far as some query lies under them.

In: an article's words, and which keys are asked for. Out: keys, spelled as `keys.py` spells them. Trap: keys of a term
are given only if they are asked for, since they are remembered; of an article, some may not be.
"""

from collections import Counter
from collections.abc import Callable, Container, Iterator

from pipeline.alerts.query.evaluate import domains_of, folders_of
from pipeline.alerts.query.fold import terms_of
from pipeline.alerts.query.keys import ANY, GRAM, Key, field_key, shortened
from pipeline.alerts.query.names import sound
from pipeline.alerts.query.stems import stem
from pipeline.alerts.query.words import ArticleWords
from pipeline.model import Matchable

_PATTERNS = "^$*~@"
_MARKS = _PATTERNS + "=:!"
_ROWS = ("author", "feed", "url")


class ArticleKeys:
    """Which special keys are asked for, and which of them an article holds; `asked` holds every key of the index."""

    def __init__(self, asked: Container[Key]) -> None:
        self._asked = asked
        self._counts: Counter[str] = Counter()  #: keys by kind

    def add(self, key: Key) -> None:
        """Note that a key is asked for that was not."""
        if isinstance(key, str) and key[0] in _MARKS:
            self._counts[_kind(key)] += 1

    def remove(self, key: Key) -> None:
        """Note that a key is no longer asked for."""
        if isinstance(key, str) and key[0] in _MARKS:
            self._counts[_kind(key)] -= 1
            if not self._counts[_kind(key)]:
                del self._counts[_kind(key)]

    def is_pattern(self, key: str) -> bool:
        """Whether terms other than the key itself may hold it."""
        return key[0] in _PATTERNS

    def of_article(self, words: ArticleWords) -> Iterator[str]:
        """Yield the special keys that an article holds beside those of its terms; some may not be asked for."""
        if not self._counts:
            return
        yield ANY
        for kind in [kind for kind in self._counts if kind[0] == "="]:
            yield from self._stems(words, kind)
        yield from self._of_fields(words)

    def of_term(self, term: str) -> tuple[str, ...]:
        """Give the special keys that a term holds and that are asked for."""
        return tuple({key for key in self._spelled(term) if key in self._asked}) if term and self._counts else ()

    def _spelled(self, term: str) -> Iterator[str]:
        """Yield every key that a term holds, of the kinds that are asked for."""
        for kind in self._counts:
            if kind[0] in "^$":
                size = int(kind[1:])
                if len(term) >= size:
                    yield "^" + term[:size] if kind[0] == "^" else "$" + term[-size:]
        if "*" in self._counts:
            yield from ("*" + term[at : at + GRAM] for at in range(len(term) - GRAM + 1))
        for kind in ("~", "~~"):
            if kind in self._counts:
                yield from (kind + left for left in shortened(term, len(kind)))
        if "@" in self._counts:
            yield "@" + sound(term)

    def _stems(self, words: ArticleWords, kind: str) -> Iterator[str]:
        """Yield stems by the rules that a kind names, `=de:`, or of the article's own language, `=:`."""
        language = kind[1:-1] or words.article.language
        yield from (kind + stem(term, language) for term in words.terms if term)

    def _of_fields(self, words: ArticleWords) -> Iterator[str]:
        article = words.article
        for field, values in _VALUES.items():
            if field in self._counts:
                yield from (field_key(field, value) for value in values(article))
        for field in _ROWS:
            if field in self._counts:
                yield from (field_key(field, term) for term in ("", *words.row(field).places))


def _kind(key: str) -> str:
    """Give what must be known of a key to look for its like: its mark, its length, or its field."""
    match key[0]:
        case "^" | "$":
            return f"{key[0]}{len(key) - 1}"
        case "~":
            return "~~" if key[1:2] == "~" else "~"
        case "=":
            return key[: key.index(":") + 1]
        case ":":
            return key.split(":")[1]
    return key[0]


def _sites(article: Matchable) -> set[str]:
    return {*domains_of(article), *terms_of(article.site), *terms_of(article.outlet)}


_VALUES: dict[str, Callable[[Matchable], set[str]]] = {
    "site": _sites,
    "folder": folders_of,
    "lang": lambda article: {article.language},
}
