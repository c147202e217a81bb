"""Damage a document: flip, cut, repeat, splice, and put in what parsers stumble over.

In: seeds and a random source. Out: damaged bytes, never longer than `LONGEST_BYTES`. Hides nothing. Trap: the same
random source gives the same damage, so a finding can be played again by its number.
"""

import random
from collections.abc import Callable, Sequence

LONGEST_BYTES = 200_000
MOST_STEPS = 6
LONGEST_REPEAT = 3_000

#: Pieces with a meaning to some reader: markup, escapes, numbers at the edges, characters outside the plane.
PIECES: tuple[bytes, ...] = (
    b"<", b">", b"</", b"/>", b"<![CDATA[", b"]]>", b"<!--", b"-->", b"<?xml version='1.0' encoding='utf-16'?>",
    b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"&b;", b"&#0;", b"&#x10FFFF;", b"&#xD800;", b"&amp;amp;", b"\x00", b"\xff\xfe",
    b"\xef\xbb\xbf", b"\xed\xa0\x80", "\u202e\u0130\u1e9e\ufffd".encode(), "\U0001f680".encode(), b"\r", b"\x1b",
    b"\x85", b"9" * 400, b"-1", b"1e999", b"NaN", b"null", b"[", b"{", b'"', b"\\u", b"\\ud800", b"(", b")", b" AND ",
    b" OR ", b" NOT ", b" NEAR/", b"~9", b"^", b"*", b"?", b"/(a+)+$/", b"title:", b"date:", b"9999-12-31T23:59:60Z",
    b"0000-00-00", b"Thu, 32 Foo 99999 25:61:61 +9999", b"http://[::1", b"http://a:99999999/", b"xml:base='http://['",
    b"=", b"'''", b"[[subscription]]", b"<script>", b"<table><tr><td>", b"<base href='http://[x'>",
)  # fmt: skip

Step = Callable[[bytes, Sequence[bytes], random.Random], bytes]


def damaged(seeds: Sequence[bytes], dice: random.Random) -> bytes:
    """Take a seed and damage it in a few ways."""
    document = dice.choice(seeds)
    for _ in range(dice.randint(1, MOST_STEPS)):
        document = dice.choice(STEPS)(document, seeds, dice)[:LONGEST_BYTES]
    return document


def _span(document: bytes, dice: random.Random) -> tuple[int, int]:
    start = dice.randint(0, len(document))
    return start, min(len(document), start + int(dice.paretovariate(0.5)))


def _flip(document: bytes, _seeds: Sequence[bytes], dice: random.Random) -> bytes:
    if not document:
        return bytes([dice.randrange(256)])
    at = dice.randrange(len(document))
    return document[:at] + bytes([dice.randrange(256)]) + document[at + 1 :]


def _remove(document: bytes, _seeds: Sequence[bytes], dice: random.Random) -> bytes:
    start, end = _span(document, dice)
    return document[:start] + document[end:]


def _cut(document: bytes, _seeds: Sequence[bytes], dice: random.Random) -> bytes:
    return document[: dice.randint(0, len(document))]


def _repeat(document: bytes, _seeds: Sequence[bytes], dice: random.Random) -> bytes:
    start, end = _span(document, dice)
    piece = document[start : min(end, start + 200)]
    return document[:start] + piece * dice.randint(2, LONGEST_REPEAT) + document[end:]


def _put_in(document: bytes, _seeds: Sequence[bytes], dice: random.Random) -> bytes:
    at = dice.randint(0, len(document))
    return document[:at] + dice.choice(PIECES) * dice.choice((1, 1, 1, 2, 500)) + document[at:]


def _splice(document: bytes, seeds: Sequence[bytes], dice: random.Random) -> bytes:
    other = dice.choice(seeds)
    start, end = _span(other, dice)
    at = dice.randint(0, len(document))
    return document[:at] + other[start:end] + document[at:]


STEPS: tuple[Step, ...] = (_flip, _flip, _remove, _cut, _repeat, _put_in, _put_in, _splice)
