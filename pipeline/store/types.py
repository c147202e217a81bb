"""Column types that keep promises on both databases.

In: Python values of `pipeline.model`. Out: the same values again. Hides the differences between SQLite and
PostgreSQL in instants, bytes and text. Trap: text loses control bytes and lone surrogates here, so a text that
is compared in Python with a stored one must go through `clean_text` first. The types whose values the drivers take as
they are give their own function as processor: a poll passes a hundred values, and SQLAlchemy's wrapper costs as much
as what it wraps.
"""

import re
import struct
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import blake2b
from typing import Any, TypeVar

from sqlalchemy import BigInteger, Integer, LargeBinary, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from pipeline.store.json_text import dump, load

E = TypeVar("E", bound=StrEnum)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

# PostgreSQL refuses NUL, no driver can encode a lone surrogate, and the other C0 bytes mean nothing in prose.
_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")

#: Row numbers: SQLite fills in only a column declared as plain INTEGER.
RowId = BigInteger().with_variant(Integer, "sqlite")


def clean_text(text: str) -> str:
    """Drop what no text column may hold: C0 bytes except tab and line ends, DEL, lone surrogates."""
    return text if text.isprintable() else _UNSTORABLE.sub("", text)


def key_of(text: str) -> bytes:
    """Give 16 bytes that stand for a text in a unique index, whatever its length.

    PostgreSQL refuses an index entry above a third of a page (2704 bytes), and feeds have longer guids and URLs.
    """
    return blake2b(clean_text(text).encode(), digest_size=16).digest()


def microseconds(instant: datetime) -> int:
    """Count microseconds since 1970, exactly; a naive instant raises ValueError."""
    if instant.tzinfo is None:
        raise ValueError(f"an instant needs a zone: {instant!r}")
    return (instant - EPOCH) // MICROSECOND


def _from_instant(instant: datetime | None) -> int | None:
    return None if instant is None else microseconds(instant)


def _to_instant(number: int | None) -> datetime | None:
    return None if number is None else EPOCH + number * MICROSECOND


def _cleaned(text: str | None) -> str | None:
    return text if text is None or text.isprintable() else _UNSTORABLE.sub("", text)


class Instant(TypeDecorator[datetime]):
    """An aware instant, kept as microseconds since 1970 in UTC; a naive one is refused with ValueError."""

    impl = BigInteger
    cache_ok = True

    def bind_processor(self, _dialect: Dialect) -> Callable[[datetime | None], int | None]:
        """Give the function that writes."""
        return _from_instant

    def result_processor(self, _dialect: Dialect, _coltype: object) -> Callable[[int | None], datetime | None]:
        """Give the function that reads, in UTC."""
        return _to_instant


class CleanText(TypeDecorator[str]):
    """Text for people: `clean_text` is applied to whatever is written or compared."""

    impl = Text
    cache_ok = True

    def bind_processor(self, _dialect: Dialect) -> Callable[[str | None], str | None]:
        """Give the function that cleans on the way in."""
        return _cleaned


class Word(TypeDecorator[E]):
    """A member of one StrEnum, kept as its value; a value the enum does not know raises ValueError."""

    impl = Text
    cache_ok = True

    def __init__(self, members: type[E]) -> None:
        super().__init__()
        self.members = members

    def bind_processor(self, _dialect: Dialect) -> Callable[[E | None], str | None]:
        """Give the function that writes the member's value."""
        members = self.members

        def written(value: E | None) -> str | None:
            if type(value) is members:  # as almost always; asking the enum takes longer than all the rest
                return value.value
            return None if value is None else members(value).value

        return written

    def result_processor(self, _dialect: Dialect, _coltype: object) -> Callable[[str | None], E | None]:
        """Give the function that gives the member back."""
        members = self.members
        return lambda value: None if value is None else members(value)


class Words(TypeDecorator[StrEnum]):
    """A member of one of several StrEnums that share no value; otherwise like `Word`."""

    impl = Text
    cache_ok = True

    def __init__(self, *enums: type[StrEnum]) -> None:
        super().__init__()
        self.enums = enums

    def bind_processor(self, _dialect: Dialect) -> Callable[[StrEnum | None], str | None]:
        """Give the function that writes the member's value."""
        member = self._member
        return lambda value: None if value is None else member(value).value

    def result_processor(self, _dialect: Dialect, _coltype: object) -> Callable[[str | None], StrEnum | None]:
        """Give the function that gives the member back."""
        member = self._member
        return lambda value: None if value is None else member(value)

    def _member(self, value: str) -> StrEnum:
        for enum in self.enums:
            if value in enum._value2member_map_:
                return enum(value)
        raise ValueError(f"{value!r} is none of these words")


class HeaderText(TypeDecorator[str]):
    """A header's value byte for byte: the undecodable bytes that HTTP clients keep as surrogates included."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> bytes | None:
        """Write the bytes the server sent."""
        return None if value is None else value.encode("utf-8", "surrogateescape")

    def process_result_value(self, value: bytes | None, _dialect: Dialect) -> str | None:
        """Give the very same text back."""
        return None if value is None else bytes(value).decode("utf-8", "surrogateescape")


def _dumped(value: Any) -> str | None:
    return None if value is None else dump(value)


def _loaded(text: str | None) -> Any:
    return None if text is None else load(text)


def _listed(text: str | None) -> tuple[Any, ...]:
    return () if text == "[]" or text is None else tuple(load(text))


class Json(TypeDecorator[Any]):
    """Lists and mappings of plain values, kept as JSON text, in which control bytes are escaped."""

    impl = Text
    cache_ok = True

    def bind_processor(self, _dialect: Dialect) -> Callable[[Any], str | None]:
        """Give the function that writes compact JSON; a tuple becomes a list."""
        return _dumped

    def result_processor(self, _dialect: Dialect, _coltype: object) -> Callable[[str | None], Any]:
        """Give the function that reads it back."""
        return _loaded


class JsonList(Json):
    """A list of plain values, read back as a tuple; most are empty."""

    cache_ok = True

    def result_processor(self, _dialect: Dialect, _coltype: object) -> Callable[[str | None], tuple[Any, ...]]:
        """Give the function that reads it back."""
        return _listed


class _Numbers(TypeDecorator[Sequence[int]]):
    """Numbers of one width, packed little-endian in their order; one that does not fit raises struct.error."""

    impl = LargeBinary
    cache_ok = True
    width: int
    letter: str

    def process_bind_param(self, value: Sequence[int] | None, _dialect: Dialect) -> bytes | None:
        """Pack."""
        return None if value is None else struct.pack(f"<{len(value)}{self.letter}", *value)

    def process_result_value(self, value: bytes | None, _dialect: Dialect) -> tuple[int, ...] | None:
        """Unpack to a tuple."""
        return None if value is None else struct.unpack(f"<{len(value) // self.width}{self.letter}", value)


class Unsigned32(_Numbers):
    """Unsigned 32-bit numbers."""

    cache_ok = True
    width, letter = 4, "I"


class Signed64(_Numbers):
    """Signed 64-bit numbers."""

    cache_ok = True
    width, letter = 8, "q"
