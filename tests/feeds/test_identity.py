"""What makes two entries of one feed the same."""

import pytest

from pipeline.feeds.identity import BROKEN_GUID_COUNT, LONGEST_IDENTITY, identities
from pipeline.feeds.raw import RawEntry

LINK = "https://gazette.example/live"


def test_guid_before_link() -> None:
    """F20: the guid is the key, byte for byte."""
    assert identities([RawEntry(guid="tag:1", link=LINK)]) == ["tag:1"]


def test_link_without_guid() -> None:
    """F20: without a guid it is the link."""
    assert identities([RawEntry(link=LINK, title="a")]) == [LINK]


def test_entries_that_share_a_link_are_told_apart() -> None:
    """F20: two entries, no guid, one link, two titles: two identities, the same in any order."""
    one, two = RawEntry(link=LINK, title="Flood"), RawEntry(link=LINK, title="Fire")
    first, second = identities([one, two])
    assert first != second
    assert LINK not in {first, second}
    assert identities([two, one]) == [second, first]


def test_the_date_tells_entries_of_one_title_apart() -> None:
    """F20: link and title shared, the date is left."""
    found = identities(
        [RawEntry(link=LINK, title="Live", date="10:00"), RawEntry(link=LINK, title="Live", date="11:00")]
    )
    assert len(set(found)) == 2


def test_neither_guid_nor_link() -> None:
    """F20: no entry is without identity; what it says identifies it."""
    one, two = identities([RawEntry(title="a", summary="b"), RawEntry(title="ab")])
    assert one.startswith("sha256:")
    assert one != two


@pytest.mark.parametrize("text", ["x" * (LONGEST_IDENTITY + 1), "https://e.example/" + "x" * 5000])
@pytest.mark.parametrize("member", ["guid", "link"])
def test_a_long_identity_is_hashed(member: str, text: str) -> None:
    """An index entry of PostgreSQL holds 2704 bytes."""
    (found,) = identities([RawEntry(**{member: text})])
    assert len(found) <= LONGEST_IDENTITY
    assert found != identities([RawEntry(**{member: text + "y"})])[0]


def test_a_repeated_guid_is_a_repeat() -> None:
    """F33: two entries under one guid are one entry."""
    assert len(set(identities([RawEntry(guid="1", link=LINK), RawEntry(guid="1", link=LINK + "?a")]))) == 1


def test_a_guid_that_every_entry_has_is_none() -> None:
    """F20: a generator that writes one guid everywhere loses no entry."""
    entries = [RawEntry(guid="0", link=f"{LINK}/{n}") for n in range(BROKEN_GUID_COUNT)]
    assert identities(entries) == [entry.link for entry in entries]
