"""Tell in which language a text is, and which words of a language are so common that they say little.

In: a text, and what was said of it. Out: an ISO 639-1 code or nothing; words of a language. Hides stopwordsiso. A
script that one language is written in tells it by itself; among the others the common words decide, each counting more
the fewer languages have it. Pure. Trap: languages whose list is short (Estonian, Ukrainian) lose against relatives with
a long one, so they are told by their own letters or not at all; and nothing is said of a few words.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from math import log
from operator import itemgetter

import stopwordsiso

_HEAD = 2_000  # characters looked at
_MOST_WORDS = 200
_FEWEST_FOUND = 4  # common words; of fewer, names of bands and films make a language
_CLEARLY = 1.3  # times as much as the next
_TWICE = 2.0  # times the weight of what was said: that is not believed
_MANY = 20.0  # weight that it takes beside; some eight words that few languages have
_FEWEST_LISTED = 150  # words; a shorter list loses against a relative's longer one
_FEWEST_LETTERS = 3  # of a script or a letter that one language has
_WORD = re.compile(r"[^\W\d_]+")
_ALIASES = {"nb": "no", "nn": "no", "in": "id", "iw": "he"}
#: Languages by characters that only they are written with, in this order: kana before Han.
_LETTERS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (language, re.compile(f"[{letters}]"))
    for language, letters in (
        ("ja", "\u3040-\u30ff"),
        ("ko", "\uac00-\ud7af"),
        ("zh", "\u4e00-\u9fff"),
        ("th", "\u0e00-\u0e7f"),
        ("he", "\u0590-\u05ff"),
        ("el", "\u0370-\u03ff"),
        ("hy", "\u0530-\u058f"),
        ("ka", "\u10a0-\u10ff"),
        ("bn", "\u0980-\u09ff"),
        ("pa", "\u0a00-\u0a7f"),
        ("gu", "\u0a80-\u0aff"),
        ("ta", "\u0b80-\u0bff"),
        ("te", "\u0c00-\u0c7f"),
        ("kn", "\u0c80-\u0cff"),
        ("ml", "\u0d00-\u0d7f"),
        ("si", "\u0d80-\u0dff"),
        ("lo", "\u0e80-\u0eff"),
        ("my", "\u1000-\u109f"),
        ("km", "\u1780-\u17ff"),
        ("am", "\u1200-\u137f"),
        ("kk", "әғқңұ"),
        ("be", "ў"),
        ("uk", "їєґ"),
        ("mk", "ѓќѕ"),
        ("sr", "ђћџљњј"),
    )
)
#: Those of whole scripts, of which half of the letters must be; the others have letters of their own in Cyrillic.
_SCRIPTS = frozenset(language for language, _ in _LETTERS[:20])
_SHARE_OF_KANA = 0.1  # of the letters; the others are Han
_FOREIGN = re.compile("[\u0370-\uffff]")  # beyond Latin


def believed(said: str, text: str) -> str:
    """Give the language that was said of a text, unless it clearly is another; what it is if none was said.

    Of 896 real pages that say their language, 36 are in another: their program's default stands in them.
    """
    head = text[:_HEAD].casefold()
    by_letters = _by_letters(head)
    weights = {} if by_letters else _weighed(head)
    found = by_letters or _clearest(weights)
    known = _ALIASES.get(said, said)
    if not said or not found or found == known:
        return said or found
    if by_letters:
        return found if found in _SCRIPTS and known in _comparable() | _SCRIPTS else said
    least = max(_MANY, _TWICE * weights.get(known, 0.0))
    return found if known in _comparable() and weights[found] >= least else said


def common_words(language: str) -> frozenset[str]:
    """Give words, in lower case, that many texts of a language hold whatever they speak of; none if none are known."""
    known = _ALIASES.get(language, language)
    return frozenset(stopwordsiso.stopwords(known)) if stopwordsiso.has_lang(known) else frozenset()


def _by_letters(head: str) -> str:
    if len(_FOREIGN.findall(head)) < _FEWEST_LETTERS:
        return ""
    letter_count = sum(map(len, _WORD.findall(head)))
    for language, letters in _LETTERS:
        least = letter_count * _SHARE_OF_KANA if language == "ja" else letter_count / 2 if language in _SCRIPTS else 0
        if len(letters.findall(head)) >= max(_FEWEST_LETTERS, least):
            return language
    return ""


def _clearest(weights: Mapping[str, float]) -> str:
    first, second = [*sorted(weights.items(), key=itemgetter(1), reverse=True)[:2], ("", 0.0), ("", 0.0)][:2]
    return first[0] if first[1] >= _CLEARLY * second[1] else ""


def _weighed(head: str) -> Mapping[str, float]:
    """Add up the weights of the common words that a text holds, by language; nothing if they are too few."""
    spoken = _languages_of_words()
    found = [spoken[word] for word in _WORD.findall(head)[:_MOST_WORDS] if word in spoken]
    if len(found) < _FEWEST_FOUND:
        return {}
    weights: defaultdict[str, float] = defaultdict(float)
    for languages in found:
        weight = log(len(_comparable()) / len(languages))
        for language in languages:
            weights[language] += weight
    return weights


@cache
def _comparable() -> frozenset[str]:
    """Name the languages that words tell from others."""
    lists = {language: len(stopwordsiso.stopwords(language)) for language in stopwordsiso.langs()}
    return frozenset(language for language, count in lists.items() if count >= _FEWEST_LISTED) - _SCRIPTS


@cache
def _languages_of_words() -> Mapping[str, tuple[str, ...]]:
    """Give the languages of each common word; the tuples are shared, so that all of it takes few MB."""
    found: dict[str, tuple[str, ...]] = {}
    shared: dict[tuple[str, ...], tuple[str, ...]] = {}
    for language in sorted(_comparable()):
        for word in {part for line in stopwordsiso.stopwords(language) for part in _WORD.findall(line.casefold())}:
            languages = (*found.get(word, ()), language)
            found[word] = shared.setdefault(languages, languages)
    return found
