"""Every kind of question, asked of random articles: the index finds what a naive reading of query and text finds.

The referee shares nothing with the product but the rule how text is cut into words: it goes through the words one by
one, compares spellings by brute force, and tries every stretch of words.
"""

import fnmatch
from collections.abc import Callable
from dataclasses import dataclass
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.alerts import SubscriptionIndex
from pipeline.model import Matchable, Span, Subscription

WORDS = ("kursk", "kurks", "kurskaya", "border", "borders", "orban", "us", "selenskyj", "zelensky", "sanction")
SPELLINGS = {
    "kursk": ("Kursk", "KURSK"),
    "orban": ("Orbán", "Orban", "ORBAN"),
    "us": ("US", "us"),
    "zelensky": ("Zelensky", "Zelenský"),
}
SITES = ("gazette.example", "news.gazette.example", "herald.example")
GAPS = (" ", ", ", "-", " — ")


@dataclass(frozen=True)
class Asked:
    """One question: how it is written, and what it means."""

    text: str
    kind: str
    value: object = None
    parts: "tuple[Asked, ...]" = ()


def leaf_of(kind: str, field: str, word: str, other: str) -> Asked:
    prefix = f"{field}:" if field else ""
    if kind == "near":
        return Asked(f"{prefix}{word} NEAR/2 {prefix}{other}", "near", (field, word, other))
    if kind == "proximity":
        return Asked(f'{prefix}"{word} {other}"~1', "near1", (field, word, other))
    written, tests = RUNS[kind](word, other)
    return Asked(prefix + written, "run", (field, tests))


Run = tuple[str, list[tuple[str, str]]]
RUNS: dict[str, Callable[[str, str], Run]] = {
    "word": lambda a, _: (a, [("word", a)]),
    "phrase": lambda a, b: (f'"{a} {b}"', [("word", a), ("word", b)]),
    "any": lambda a, b: (f'"{a} * {b}"', [("word", a), ("any", ""), ("word", b)]),
    "head": lambda a, _: (f"{a[:4]}*", [("glob", f"{a[:4]}*")]),
    "tail": lambda a, _: (f"*{a[-4:]}", [("glob", f"*{a[-4:]}")]),
    "one": lambda a, _: (f"{a[:4]}?{a[5:]}", [("glob", f"{a[:4]}?{a[5:]}")]),
    "fuzzy": lambda a, _: (f"{a}~1", [("fuzzy", a)]),
    "case": lambda a, _: (f"case:{a.upper()}", [("capitals", a)]),
}


LONG = st.sampled_from([word for word in WORDS if len(word) > 4])
LEAF = st.one_of(
    st.builds(
        leaf_of,
        st.sampled_from(["word", "phrase", "any", "case", "near", "proximity"]),
        st.sampled_from(["", "title", "text"]),
        st.sampled_from(WORDS),
        st.sampled_from(WORDS),
    ),
    st.builds(leaf_of, st.sampled_from(["head", "tail", "one", "fuzzy"]), st.sampled_from(["", "title"]), LONG, LONG),
    st.sampled_from(SITES).map(lambda site: Asked(f"site:{site}", "site", site)),
    st.sampled_from(["de", "en"]).map(lambda code: Asked(f"lang:{code}", "lang", code)),
)
QUERY = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        inner.map(lambda part: Asked(f"NOT ({part.text})", "not", None, (part,))),
        st.lists(inner, min_size=2, max_size=3).map(
            lambda parts: Asked(" AND ".join(f"({p.text})" for p in parts), "and", None, tuple(parts))
        ),
        st.lists(inner, min_size=2, max_size=3).map(
            lambda parts: Asked(" OR ".join(f"({p.text})" for p in parts), "or", None, tuple(parts))
        ),
    ),
    max_leaves=6,
)


@dataclass(frozen=True)
class Cut:
    """A field as written, with each word's spelling and place."""

    text: str
    words: tuple[tuple[str, int, int], ...]  #: as it stands, from, to


@st.composite
def cuts(draw: st.DrawFn) -> Cut:
    text, words = "", []
    for word in draw(st.lists(st.sampled_from(WORDS), max_size=9)):
        text += draw(st.sampled_from(GAPS)) if text else ""
        spelled = draw(st.sampled_from(SPELLINGS.get(word, (word,))))
        words.append((spelled, len(text), len(text) + len(spelled)))
        text += spelled
    return Cut(text, tuple(words))


@dataclass(frozen=True)
class Piece:
    """An article of the referee's."""

    title: Cut
    text: Cut
    site: str
    language: str

    def matchable(self) -> Matchable:
        url = f"https://{self.site}/a"
        return Matchable(self.title.text, self.text.text, outlet="gazette.example", language=self.language, url=url)


PIECE = st.builds(Piece, cuts(), cuts(), st.sampled_from(SITES), st.sampled_from(["de", "en", ""]))


def plain(word: str) -> str:
    return word.lower().replace("á", "a").replace("ý", "y")


def passes(test: tuple[str, str], spelled: str) -> bool:
    kind, wanted = test
    word = plain(spelled)
    match kind:
        case "any":
            return True
        case "glob":
            return fnmatch.fnmatchcase(word, wanted)
        case "fuzzy":
            return word == wanted or word in one_mistake(wanted)
        case "capitals":
            return word == wanted and spelled == spelled.upper()
    return word == wanted


def one_mistake(word: str) -> set[str]:
    letters = "abcdefghijklmnopqrstuvwxyz"
    halves = [(word[:n], word[n:]) for n in range(len(word) + 1)]
    found = {a + b[1:] for a, b in halves if b} | {a + c + b for a, b in halves for c in letters}
    found |= {a + c + b[1:] for a, b in halves if b for c in letters}
    return found | {a + b[1] + b[0] + b[2:] for a, b in halves if len(b) > 1}


def shown(query: Asked, piece: Piece) -> set[Span] | None:
    """Give the places that show why a query is met, or None if it is not."""
    match query.kind:
        case "not":
            return set() if shown(query.parts[0], piece) is None else None
        case "and":
            found = [shown(part, piece) for part in query.parts]
            return None if None in found else {span for spans in found for span in spans or ()}
        case "or":
            some = [spans for part in query.parts if (spans := shown(part, piece)) is not None]
            return {span for spans in some for span in spans} if some else None
        case "site":
            return set() if f".{piece.site}".endswith(f".{query.value}") or query.value == "gazette.example" else None
        case "lang":
            return set() if piece.language == query.value else None
        case "run":
            return of_run(query.value, piece)  # type: ignore[arg-type]
    return of_near(query.value, 2 if query.kind == "near" else 1, piece)  # type: ignore[arg-type]


def fields_of(field: str, piece: Piece) -> list[tuple[str, Cut]]:
    both = [("title", piece.title), ("text", piece.text)]
    return [(name, cut) for name, cut in both if field in {"", name}]


def of_run(value: tuple[str, list[tuple[str, str]]], piece: Piece) -> set[Span] | None:
    field, tests = value
    found = set()
    for name, cut in fields_of(field, piece):
        for start in range(len(cut.words) - len(tests) + 1):
            run = cut.words[start : start + len(tests)]
            if all(passes(test, word) for test, (word, _, _) in zip(tests, run, strict=True)):
                found.add(Span(name, run[0][1], run[-1][2]))
    return found or None


def of_near(value: tuple[str, str, str], distance: int, piece: Piece) -> set[Span] | None:
    field, first, second = value
    found = set()
    for name, cut in fields_of(field, piece):
        for start in range(len(cut.words)):
            stretch = cut.words[start : start + distance + 2]
            held = [word for word in stretch if plain(word[0]) in {first, second}]
            counts = {word: sum(plain(one[0]) == word for one in held) for word in (first, second)}
            if counts[first] and counts[second] and (first != second or counts[first] > 1):
                found |= {Span(name, start_at, end) for _, start_at, end in held}
    return found or None


def joined(spans: set[Span]) -> tuple[Span, ...]:
    """Order places and join those that overlap."""
    result: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.field != "title", s.start, s.end)):
        if result and result[-1].field == span.field and span.start < result[-1].end:
            result[-1] = Span(span.field, result[-1].start, max(result[-1].end, span.end))
        else:
            result.append(span)
    return tuple(result)


def excludes_only(query: Asked) -> bool:
    """Whether the query would be met by an article in which nothing is found."""
    match query.kind:
        case "not":
            return not excludes_only(query.parts[0])
        case "and":
            return all(excludes_only(part) for part in query.parts)
        case "or":
            return any(excludes_only(part) for part in query.parts)
    return False


def positive(query: Asked, *, negated: bool = False) -> Asked:
    """Push negations down, as the product does before it shows places."""
    if query.kind == "not":
        return positive(query.parts[0], negated=not negated)
    if query.kind in {"and", "or"}:
        kind = query.kind if not negated else {"and": "or", "or": "and"}[query.kind]
        return Asked(query.text, kind, None, tuple(positive(part, negated=negated) for part in query.parts))
    return Asked(query.text, "not", None, (query,)) if negated else query


@given(st.lists(QUERY, min_size=1, max_size=6), PIECE, st.sampled_from([1, 16]))
@settings(max_examples=300, deadline=None)
def test_the_index_agrees_with_a_naive_referee(asked: list[Asked], piece: Piece, most: int) -> None:
    """Which subscriptions are met, and at which places, is what a naive reading says; the rest is refused."""
    with patch("pipeline.alerts.shelves.CROWDED", most):
        index = SubscriptionIndex(Subscription(n, "", query.text, ()) for n, query in enumerate(asked))
    assert set(index.broken) == {n for n, query in enumerate(asked) if excludes_only(query)}
    expected = {
        n: joined(spans)
        for n, query in enumerate(asked)
        if n not in index.broken and (spans := shown(positive(query), piece)) is not None
    }
    assert {match.subscription_id: match.spans for match in index.match(piece.matchable())} == expected
    assert index.met(piece.matchable()) == sorted(expected)
