"""Damaged documents at every door through which foreign text comes in."""

import pytest

from benchmarks.fuzz.entry_points import ENTRY_POINTS, EntryPoint
from benchmarks.fuzz.rounds import fuzz, fuzz_one
from pipeline.errors import Permanent
from pipeline.model import Reason

DOCUMENTS = {"page": 40}
MOST = 250


@pytest.mark.parametrize("point", ENTRY_POINTS, ids=lambda point: point.name)
def test_damaged_documents_get_a_value_or_an_error_of_ours(point: EntryPoint) -> None:
    """S8, S17, S30: whatever a reader is given, it answers within its time, and raises nothing but our own errors."""
    report = fuzz(point, point.seeds, seconds=120, most=DOCUMENTS.get(point.name, MOST), seed=7)
    assert report.documents == DOCUMENTS.get(point.name, MOST)
    assert {one.place: one.error for one in report.findings.values()} == {}


FOUND = [
    ("feed", b'<?xml version="1.0" ' + b'encoding="UTF-8" ' * 2_000),
    ("feed", b'<?xml version="1.0" ' + b'encoding="UTF-8" ' * 2_000 + b"?><rss><channel/></rss>"),
    ("opml", b'<opml><body><&#xD800;a b="2&#55296;"/><outline xmlUrl="https://a.example/&#xdfff;"/></body></opml>'),
    ("rules", b"[[subscription]]\nname = " + b"[" * 5_000),
    ("rules", b"[[subscription]]\nname = " + b"9" * 5_000),
]


@pytest.mark.parametrize(("name", "document"), FOUND)
def test_what_fuzzing_found_stays_mended(name: str, document: bytes) -> None:
    """S30: documents that kept a reader busy for minutes, or made it raise what is not ours."""
    (point,) = (one for one in ENTRY_POINTS if one.name == name)
    assert fuzz_one(point, document).findings == {}


def _loop(_document: bytes) -> None:
    while True:
        pass


def _break(_document: bytes) -> None:
    raise LookupError("not ours")


def _refuse(_document: bytes) -> None:
    raise Permanent(Reason.NOT_A_FEED, "ours")


@pytest.mark.parametrize(("read", "finds"), [(_loop, "too slow"), (_break, "LookupError"), (_refuse, "")])
def test_the_referee_sees_what_it_looks_for(read: object, finds: str) -> None:
    """A reader that loops and one that raises what is not ours are findings; one that refuses is none."""
    assert callable(read)
    report = fuzz(EntryPoint("it", read, (b"seed",), 0.05), (b"seed",), seconds=120, most=2, seed=1)
    assert [finds in place for place in report.findings] == ([True] if finds else [])
