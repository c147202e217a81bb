"""Decoding without a network: every coding in every cutting, bombs, and broken streams (checklist F27, S6)."""

import gzip
import tracemalloc
import zlib
from collections.abc import Callable
from functools import cache

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import Failure, Permanent, Transient
from pipeline.model import Reason
from pipeline.transport.decode import ADVERTISED, MEMBER_LIMIT, Body
from tests.origin.answer import CODERS

TEXT = b"Ein Schiff ist eingelaufen. " * 400
BOMB_BYTES = 100_000_000
CAP = 1_000_000


def decoded(content_encoding: str, data: bytes, *, max_bytes: int = 100_000, piece: int = 1000) -> bytes:
    """Feed a body in pieces and give what came out."""
    body = Body(content_encoding, max_bytes)
    for start in range(0, len(data), piece):
        body.feed(data[start : start + piece])
    return body.finish()


MATRIX = {
    "identity": ("", TEXT),
    "identity said": ("identity", TEXT),
    "gzip": ("gzip", CODERS["gzip"](TEXT)),
    "x-gzip in capitals": ("X-GZIP", CODERS["gzip"](TEXT)),
    "deflate": ("deflate", CODERS["deflate"](TEXT)),
    "deflate without its wrapper": ("deflate", CODERS["deflate-raw"](TEXT)),
    "br": ("br", CODERS["br"](TEXT)),
    "gzip not declared": ("", CODERS["gzip"](TEXT)),
    "gzip declared as identity": ("identity", CODERS["gzip"](TEXT)),
    "gzip declared, not done": ("gzip", TEXT),
    "a character set declared": ("utf-8", TEXT),
    "a character set declared, gzip done": ("UTF-8", CODERS["gzip"](TEXT)),
    "nonsense declared": ("none, ,binary", TEXT),
    "two members": ("gzip", CODERS["gzip"](TEXT[:500]) + CODERS["gzip"](TEXT[500:])),
    "padding after gzip": ("gzip", CODERS["gzip"](TEXT) + b"\0" * 3000),
    "gzip in gzip, both declared": ("gzip, gzip", CODERS["gzip"](CODERS["gzip"](TEXT))),
    "gzip in gzip, one declared": ("gzip", CODERS["gzip"](CODERS["gzip"](TEXT))),
    "br in gzip": ("br, gzip", CODERS["gzip"](CODERS["br"](TEXT))),
    "empty": ("", b""),
    "empty gzip": ("gzip", CODERS["gzip"](b"")),
    "nothing, said to be gzip": ("gzip", b""),
    "nothing, said to be br": ("br", b""),
    "nothing, said to be deflate": ("deflate", b""),
}


@pytest.mark.parametrize("piece", [1, 7, 100_000])
@pytest.mark.parametrize(("declared", "data"), MATRIX.values(), ids=MATRIX.keys())
def test_every_coding_in_every_cutting(declared: str, data: bytes, piece: int) -> None:
    """F27: declared or not, rightly or wrongly, the text comes out whatever the pieces are."""
    plain = TEXT if len(data) > 30 else b""
    assert decoded(declared, data, piece=piece) == plain


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=3000), st.sampled_from(sorted(CODERS)), st.integers(1, 500))
def test_what_was_coded_comes_back(plain: bytes, coding: str, piece: int) -> None:
    """Any bytes survive any coding and any cutting, unless they look like gzip themselves."""
    if not plain.startswith(b"\x1f"):
        assert decoded(coding.removesuffix("-raw"), CODERS[coding](plain), piece=piece) == plain


@settings(deadline=None, max_examples=200)
@given(
    st.sampled_from(["gzip", "deflate", "br", ""]),
    st.binary(max_size=200),
    st.sampled_from([b"", b"\x1f\x8b\x08", b"\x78\x9c"]),
)
def test_any_bytes_end_in_a_body_or_a_failure(coding: str, data: bytes, start: bytes) -> None:
    """Garbage raises nothing but failures with a reason."""
    try:
        decoded(coding, start + data, piece=50)
        reason = None
    except Failure as failure:
        reason = failure.reason
    assert reason in {None, Reason.BAD_ENCODING, Reason.TRUNCATED, Reason.TOO_LARGE}


def zeros(begin: Callable[[], "zlib._Compress"]) -> bytes:
    """Compress a bomb without ever holding it."""
    coder = begin()
    block = bytes(1_000_000)
    parts = [coder.compress(block) for _ in range(BOMB_BYTES // len(block))]
    return b"".join([*parts, coder.flush()])


@cache
def gzip_bomb() -> bytes:
    return zeros(lambda: zlib.compressobj(wbits=zlib.MAX_WBITS | 16))


def many_members() -> bytes:
    return gzip.compress(bytes(500_000)) * 200


BOMBS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "gzip": ("gzip", gzip_bomb),
    "gzip not declared": ("", gzip_bomb),
    "zlib": ("deflate", lambda: zeros(zlib.compressobj)),
    "bare deflate": ("deflate", lambda: zeros(lambda: zlib.compressobj(wbits=-zlib.MAX_WBITS))),
    "br": ("br", lambda: bytes(brotli.compress(bytes(BOMB_BYTES), quality=1))),
    "many members": ("gzip", many_members),
    "gzip in gzip": ("gzip", lambda: gzip.compress(gzip_bomb())),
    "gzip in gzip in gzip, declared": ("gzip, gzip", lambda: gzip.compress(gzip.compress(gzip_bomb()))),
    "gzip in br": ("gzip, br", lambda: bytes(brotli.compress(gzip_bomb()))),
}


@pytest.mark.parametrize(("declared", "make"), BOMBS.values(), ids=BOMBS.keys())
@pytest.mark.parametrize("piece", [1000, 10_000_000], ids=["in pieces", "at once"])
def test_bombs_stop_at_the_cap(declared: str, make: Callable[[], bytes], piece: int) -> None:
    """S6: 100 MB from a small body end at the cap, and memory stays near it, however they are wrapped."""
    bomb = make()
    tracemalloc.start()
    try:
        with pytest.raises(Permanent) as caught:
            decoded(declared, bomb, max_bytes=CAP, piece=piece)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert caught.value.reason == Reason.TOO_LARGE
    assert peak < 6 * CAP + 2 * len(bomb)


def test_a_flood_of_coded_bytes_without_text_ends() -> None:
    """S6: a body that gives no text at all is bounded by what came over the wire, members by their number."""
    empty = gzip.compress(b"", mtime=0)
    with pytest.raises(Permanent) as caught:
        decoded("gzip", empty * (MEMBER_LIMIT + 1), max_bytes=10_000_000)
    assert caught.value.reason == Reason.BAD_ENCODING
    empty_stored_block = b"\x00\x00\x00\xff\xff"  # RFC 1951, 3.2.4
    flood = empty[:10] + empty_stored_block * 100_000
    with pytest.raises(Permanent) as caught:
        decoded("gzip", flood, max_bytes=1000)
    assert caught.value.reason == Reason.TOO_LARGE


@pytest.mark.parametrize("excess", [0, 1])
@pytest.mark.parametrize("coding", ["", "gzip", "deflate", "br"])
def test_the_cap_is_exact(coding: str, excess: int) -> None:
    """S6: a body of exactly the cap is taken, one byte more is not, in every coding."""
    plain = TEXT[: 5000 + excess]
    data = CODERS[coding](plain) if coding else plain
    if excess:
        with pytest.raises(Permanent):
            decoded(coding, data, max_bytes=5000)
    else:
        assert decoded(coding, data, max_bytes=5000) == plain


@pytest.mark.parametrize("missing", [1, 8, 20])
@pytest.mark.parametrize("coding", ["gzip", "deflate", "deflate-raw", "br"])
def test_a_cut_stream_is_truncated(coding: str, missing: int) -> None:
    """A coded body without its end is not taken for a whole one, though its framing was."""
    with pytest.raises(Transient) as caught:
        decoded(coding.removesuffix("-raw"), CODERS[coding](TEXT)[:-missing])
    assert caught.value.reason == Reason.TRUNCATED


def test_a_broken_stream_may_be_tried_again() -> None:
    """Damage on the way is not for ever; a wrong checksum is damage."""
    coded = bytearray(CODERS["gzip"](TEXT))
    coded[-6] ^= 0xFF
    with pytest.raises(Transient) as caught:
        decoded("gzip", bytes(coded))
    assert caught.value.reason == Reason.BAD_ENCODING


@pytest.mark.parametrize("declared", ["zstd", "compress", "gzip, zstd", "gzip, gzip, gzip", "br, br, br"])
def test_codings_never_offered_are_refused(declared: str) -> None:
    """F27: what was not advertised is not guessed at."""
    with pytest.raises(Permanent) as caught:
        Body(declared, 1000)
    assert caught.value.reason == Reason.BAD_ENCODING


def test_all_that_is_advertised_is_decoded() -> None:
    """F27: the offer and the decoders agree."""
    for coding in ADVERTISED.split(", "):
        assert decoded(coding, CODERS[coding](TEXT)) == TEXT
