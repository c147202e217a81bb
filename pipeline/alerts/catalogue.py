"""The catalogue of an index: what lies under which key, and what of it an article brings up.

In: things with the keys under which they lie, and an article's words. Out: the candidates. Pure but for its own tables;
the index sees to it that one thread uses them at a time. What a word brings up is found out once and remembered, since
news repeats its words: one look a word then gives the shelf of pairs that begin with it, itself as a key, and the
patterns it fits. Trap: what is remembered names shelves and keys, so it is forgotten when one comes or goes.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, compress, islice
from typing import Generic, cast

from pipeline.alerts.query.article_keys import ArticleKeys
from pipeline.alerts.query.keys import Key
from pipeline.alerts.query.words import ArticleWords
from pipeline.alerts.shelves import Kept, Lying, Shelf, count, gather, put, take

REMEMBERED = 100_000  #: words; nearly all that a month's news of a language repeats
Brought = tuple[Shelf[Kept], tuple[str, ...]]  #: what lies under pairs, by the second word; and keys


class _Words(dict[str, Brought[Kept]], Generic[Kept]):
    """What each word brings up, found out the first time it is met; a word that brings nothing has an empty tuple."""

    def __init__(self, find: Callable[[str], Brought[Kept]]) -> None:
        super().__init__()
        self._find = find

    def __missing__(self, word: str) -> Brought[Kept]:
        if len(self) >= REMEMBERED:
            self.clear()
        found = self[word] = self._find(word)
        return found


class Catalogue(Generic[Kept]):
    """Things under their keys."""

    def __init__(self) -> None:
        self._by_key: Shelf[Kept] = {}
        self._by_pair: dict[str, Shelf[Kept]] = {}  #: by the first term, then by the second
        self._special = ArticleKeys(self._by_key)
        self._words: _Words[Kept] = _Words(self._brought)

    def __len__(self) -> int:
        return len(self._by_key) + len(self._by_pair)

    def file(self, keys: Iterable[Key], one: Kept) -> None:
        """Put something under each of its keys."""
        for key in keys:
            if isinstance(key, str):
                if put(self._by_key, key, one):
                    self._special.add(key)
                    self._forget(key)
            else:
                first, second = key
                if first not in self._by_pair:
                    self._by_pair[first] = {}
                    self._forget(first)
                put(self._by_pair[first], second, one)

    def unfile(self, keys: Iterable[Key], one: Kept) -> None:
        """Take something away from under each of its keys."""
        for key in keys:
            if isinstance(key, str):
                if take(self._by_key, key, one):
                    self._special.remove(key)
                    self._forget(key)
            else:
                first, second = key
                take(self._by_pair[first], second, one)
                if not self._by_pair[first]:
                    del self._by_pair[first]
                    self._forget(first)

    def count(self, key: str) -> int:
        """Count what lies under a key; on a crowded shelf, once for each of its further terms."""
        return count(self._by_key, key)

    def candidates(self, words: ArticleWords) -> set[Kept]:
        """Collect what lies under the article's own keys and may be met by its terms."""
        terms, found = words.terms, set[Kept]()
        for lying in self._under(words):
            gather(lying, terms, found)
        return found

    def _under(self, words: ArticleWords) -> Iterator[Lying[Kept]]:
        """Yield what lies under the article's keys; the walk along its words is most of what matching costs."""
        row = words.main.terms
        brought = [*map(self._words.__getitem__, row)]
        held = {key for key in self._special.of_article(words) if key in self._by_key}
        pairs: list[Lying[Kept]] = []
        followed = zip(brought, chain(islice(row, 1, None), ("",)), strict=True)
        for (seconds, keys), second in compress(followed, brought):
            if second in seconds:
                pairs.append(seconds[second])
            if keys:
                held.update(keys)
        return chain(map(self._by_key.__getitem__, held), pairs)

    def _brought(self, word: str) -> Brought[Kept]:
        seconds = self._by_pair.get(word, {})
        own = (word,) if word in self._by_key else ()
        keys = (*own, *self._special.of_term(word))
        return (seconds, keys) if seconds or keys else cast("Brought[Kept]", ())  # empty, so that `compress` skips it

    def _forget(self, key: str) -> None:
        """Forget what hangs on a key's being there: of one word, or of any if words fit the key."""
        if self._special.is_pattern(key):
            self._words.clear()
        else:
            self._words.pop(key, None)
