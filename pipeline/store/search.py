"""The words of all articles: which article holds them, side by side or not, and which words there are.

In: the folded words of an article; `Wanted`. Out: article ids, counts, words. Hides FTS5 and tsvector. Words come cut
and folded, so that a search finds what matching finds; no tokeniser of a database has a say. Trap: on PostgreSQL places
beyond the 16,383rd word of an article are one place (its limit), so a phrase there may be missed or found in pieces.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from sqlalchemy import Connection, text

from pipeline.store.dialects import bound, each, is_postgresql, with_each

SPELLINGS_LIMIT = 500  #: ways to write one phrase that are asked for
LONGEST = 60  #: characters of a word that is listed; what is longer is an address or a chain of letters
_LAST_PLACE = 16_383
_PLACES = 255  #: of one word that PostgreSQL keeps


@dataclass(frozen=True, slots=True)
class Wanted:
    """Words side by side: at each place the terms that may stand there; one that ends in `*` is a beginning."""

    places: tuple[tuple[str, ...], ...]
    column: str = ""  #: title, text, or empty for either


def add(tx: Connection, article_id: int, title: Sequence[str], body: Sequence[str]) -> None:
    """Index an article under its words; once for each article."""
    if is_postgresql(tx):
        _add_vector(tx, article_id, title, body)
    else:
        row = {"id": article_id, "title": " ".join(title), "body": " ".join(body)}
        tx.execute(_ADD_SQLITE, row)
    known = sorted({term for term in {*title, *body} if len(term) <= LONGEST})
    tx.execute(with_each(tx, _KNOWN, "TEXT"), {"values": bound(tx, known)})


def remove(tx: Connection, article_ids: Sequence[int]) -> None:
    """Forget the words of articles; which words there are stays known until `forget_unheld`."""
    column = "article_id" if is_postgresql(tx) else "rowid"
    each_id = each(tx, "BIGINT")
    tx.execute(text(f"DELETE FROM article_words WHERE {column} IN ({each_id})"), {"values": bound(tx, article_ids)})  # noqa: S608


def words_after(tx: Connection, after: str, limit: int) -> list[str]:
    """Give the next words that are known, in the order of the database."""
    return list(tx.execute(_NEXT_WORDS, {"after": after, "limit": limit}).scalars())


def unheld(tx: Connection, words: Iterable[str]) -> list[str]:
    """Give those of these words that no article holds."""
    wanted = ((word, _expression(tx, Wanted(((word,),)))) for word in words)
    if not is_postgresql(tx):
        return [word for word, asked in wanted if tx.execute(_HELD_SQLITE, {"q": asked}).first() is None]
    # For the first of many rows PostgreSQL would read the table, and for a word that nobody holds the whole of it.
    tx.execute(text("SET LOCAL enable_seqscan = off"))
    dead = [word for word, asked in wanted if tx.execute(_HELD_POSTGRESQL, {"q": asked}).first() is None]
    tx.execute(text("SET LOCAL enable_seqscan TO DEFAULT"))
    return dead


def forget_unheld(tx: Connection, words: Sequence[str]) -> int:
    """Forget those of these words that no article holds; gives how many."""
    if is_postgresql(tx):
        # An article that is being stored found its words known already, and nobody else sees it yet: wait for it.
        tx.execute(text("LOCK TABLE article_vocabulary IN SHARE ROW EXCLUSIVE MODE"))
    dead = unheld(tx, words)
    tx.execute(with_each(tx, _FORGET, "TEXT"), {"values": bound(tx, dead)})
    return len(dead)


def shrink(tx: Connection, pages: int) -> bool:
    """Give back the room of forgotten words, a bit of it; tells whether there is more. PostgreSQL does so by itself."""
    if is_postgresql(tx):
        return False
    changed = "SELECT total_changes()"
    before = tx.execute(text(changed)).scalar_one()
    tx.execute(text("INSERT INTO article_words (article_words, rank) VALUES ('merge', :pages)"), {"pages": pages})
    return int(tx.execute(text(changed)).scalar_one()) - int(before) > 1  # by FTS5's manual, less is "nothing to do"


def replace(tx: Connection, article_id: int, title: Sequence[str], body: Sequence[str]) -> None:
    """Index an article under other words than before."""
    remove(tx, [article_id])
    add(tx, article_id, title, body)


def search(tx: Connection, wanted: Wanted, since_id: int = 0) -> set[int]:
    """Give the ids, from `since_id` on, of articles that hold these words."""
    asked = _expression(tx, wanted)
    if not asked:
        return set()
    found = tx.execute(text(_FOUND_POSTGRESQL if is_postgresql(tx) else _FOUND_SQLITE), {"q": asked, "id": since_id})
    return set(found.scalars())


def terms_like(tx: Connection, pattern: str, shortest: int = 1, longest: int = 200) -> Iterator[str]:
    """Yield the terms of all articles that are written like an SQL pattern, with as many characters."""
    limits = {"pattern": pattern, "shortest": shortest, "longest": longest}
    head = pattern.split("%", maxsplit=1)[0].split("_", maxsplit=1)[0]
    if head:
        limits |= {"low": head, "high": head + "\U0010ffff"}
    found = tx.execute(text(_LIKE + (_FROM_TO if head else "")), limits)
    return iter(found.scalars())


def terms_from(tx: Connection, beginnings: Iterable[str], shortest: int, longest: int) -> Iterator[str]:
    """Yield the terms that begin with one of these letters, or with one beyond ASCII."""
    for low, high in [*((letter, chr(ord(letter) + 1)) for letter in sorted(set(beginnings))), ("{", "\U0010ffff")]:
        limits = {"pattern": "%", "shortest": shortest, "longest": longest, "low": low, "high": high}
        yield from tx.execute(text(_LIKE + _FROM_TO), limits).scalars()


def counts(tx: Connection, terms: Iterable[str]) -> dict[str, int]:
    """Count the articles that hold each term; one that none holds is absent."""
    found = {term: len(search(tx, Wanted(((term,),)))) for term in set(terms)}
    return {term: count for term, count in found.items() if count}


_FOUND_SQLITE = "SELECT rowid FROM article_words WHERE article_words MATCH :q AND rowid >= :id"
_FOUND_POSTGRESQL = "SELECT article_id FROM article_words WHERE words @@ CAST(:q AS tsquery) AND article_id >= :id"
_HELD_SQLITE = text("SELECT rowid FROM article_words WHERE article_words MATCH :q LIMIT 1")
_HELD_POSTGRESQL = text("SELECT article_id FROM article_words WHERE words @@ CAST(:q AS tsquery) LIMIT 1")
_ADD_SQLITE = text("INSERT INTO article_words (rowid, title, body) VALUES (:id, :title, :body)")
_KNOWN = """
    INSERT INTO article_vocabulary (term) SELECT value FROM ({each}) AS met WHERE true ORDER BY value
    ON CONFLICT DO NOTHING
"""
_NEXT_WORDS = text("SELECT term FROM article_vocabulary WHERE term > :after ORDER BY term LIMIT :limit")
_FORGET = "DELETE FROM article_vocabulary WHERE term IN ({each})"
_LIKE = "SELECT term FROM article_vocabulary WHERE term LIKE :pattern AND length(term) BETWEEN :shortest AND :longest"
_FROM_TO = " AND term >= :low AND term < :high"


def _expression(tx: Connection, wanted: Wanted) -> str:
    """Write what is wanted as the database takes it; a phrase with choices is written out in every way."""
    if not all(wanted.places):
        return ""
    ways = list(_ways(wanted.places))
    if is_postgresql(tx):
        weight = {"title": "A", "text": "D"}.get(wanted.column, "")
        return " | ".join(f"({' <-> '.join(_lexeme(term, weight) for term in way)})" for way in ways)
    column = {"title": "{title} : ", "text": "{body} : "}.get(wanted.column, "")
    return " OR ".join(column + " + ".join(_string(term) for term in way) for way in ways)


def _ways(places: tuple[tuple[str, ...], ...]) -> Iterable[tuple[str, ...]]:
    count = 1
    for terms in places:
        count *= len(terms)
    if len(places) == 1 or count <= SPELLINGS_LIMIT:
        return product(*places)
    raise ValueError("too many ways to write one phrase; the caller asks for its words one by one")


def can_be_asked(places: Sequence[Sequence[str]]) -> bool:
    """Tell whether `search` takes such a phrase."""
    count = 1
    for terms in places:
        count *= len(terms)
    beginnings_inside = any(term.endswith("*") for terms in places[:-1] for term in terms)
    return len(places) == 1 or (count <= SPELLINGS_LIMIT and not beginnings_inside)


def _string(term: str) -> str:
    return f'"{term[:-1]}" *' if term.endswith("*") else f'"{term}"'


def _lexeme(term: str, weight: str) -> str:
    begins = term.endswith("*")
    word = term.removesuffix("*").replace("\\", "\\\\").replace("'", "''")
    suffix = f":{'*' if begins else ''}{weight}" if begins or weight else ""
    return f"'{word}'{suffix}"


def _add_vector(tx: Connection, article_id: int, title: Sequence[str], body: Sequence[str]) -> None:
    places: dict[str, list[str]] = {}
    for start, letter, words in ((1, "A", title), (len(title) + 2, "", body)):
        for place, term in enumerate(words, start):
            at = places.setdefault(term[:500], [])
            if len(at) < _PLACES:
                at.append(f"{min(place, _LAST_PLACE)}{letter}")
    vector = " ".join(f"{_lexeme(term, '')}:{','.join(at)}" for term, at in places.items())
    statement = "INSERT INTO article_words (article_id, words) VALUES (:id, CAST(:vector AS tsvector))"
    tx.execute(text(statement), {"id": article_id, "vector": vector})
