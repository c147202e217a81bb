"""From the bytes on the wire to the body, never more than asked for.

In: Content-Encoding and the coded bytes, piece by piece. Out: the plain bytes. Hides zlib and brotli. Trap:
the cap must hold *inside* the decoder: 600 KB of gzip are 600 MB of body, so every call passes on how many
bytes may still come out, and nested codings are each held to it.
"""

import zlib
from typing import Protocol

import brotli

from pipeline.errors import Permanent, Transient
from pipeline.model import Reason

ADVERTISED = "gzip, deflate, br"
CODING_LIMIT = 2  # gzip upon gzip happens by mistake; more is an attack
MEMBER_LIMIT = 1024  # gzip members in one body (RFC 1952, 2.2); each costs a copy of the rest of its piece
WIRE_ALLOWANCE_BYTES = 65_536  # coded bytes may exceed plain ones by headers and stored blocks, not by more

_GZIP_MAGIC = b"\x1f\x8b\x08"
_UNREADABLE = frozenset({"zstd", "compress", "x-compress", "dcb", "dcz"})  # registered, not advertised


class Coding(Protocol):
    """One layer of a body."""

    def feed(self, data: bytes, room: int) -> bytes:
        """Take coded bytes and give plain ones; Permanent(TOO_LARGE) when more than `room` would come out."""
        ...

    def finish(self) -> bytes:
        """End the layer: give what was held back, Transient(TRUNCATED) if its end is missing."""
        ...


class _Inflater(Protocol):
    """What `zlib.decompressobj` gives."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class Body:
    """A body being received: feed it pieces, then finish it; `plain` holds what came out so far."""

    def __init__(self, content_encoding: str, max_bytes: int) -> None:
        self.plain = bytearray()
        self._max_bytes = max_bytes
        self._wire_bytes = 0
        self._layers = layers_of(content_encoding)

    def feed(self, data: bytes) -> None:
        """Take one piece from the wire; Permanent(TOO_LARGE) beyond the cap, before or after decoding."""
        self._wire_bytes += len(data)
        if self._wire_bytes > self._max_bytes + WIRE_ALLOWANCE_BYTES:
            raise too_large(self._max_bytes)
        self._pass_on(data, self._layers)

    def finish(self) -> bytes:
        """Give the whole body; Transient(TRUNCATED) if a layer's end is missing."""
        for index, layer in enumerate(self._layers):
            self._pass_on(layer.finish(), self._layers[index + 1 :])
        return bytes(self.plain)

    def _pass_on(self, data: bytes, layers: list[Coding]) -> None:
        room = self._max_bytes - len(self.plain)
        for layer in layers:
            data = layer.feed(data, max(room, 0))
        if len(data) > room:
            raise too_large(self._max_bytes)
        self.plain += data


def layers_of(content_encoding: str) -> list[Coding]:
    """Give the layers to take off, outermost first; what is no coding (`utf-8`, `none`) is none.

    The last layer takes off a gzip that nobody declared. Permanent(BAD_ENCODING) for a coding that was never
    advertised and for too many of them.
    """
    names = [name.strip().lower().removeprefix("x-") for name in content_encoding.split(",")]
    if unreadable := _UNREADABLE.intersection(names):
        raise Permanent(Reason.BAD_ENCODING, f"coded as {min(unreadable)}, which was not offered")
    declared = [name for name in names if name in _CODINGS]
    if len(declared) > CODING_LIMIT:
        raise Permanent(Reason.BAD_ENCODING, f"coded {len(declared)} times over")
    return [*(_CODINGS[name]() for name in reversed(declared)), Gzip()]


def too_large(max_bytes: int) -> Permanent:
    """Make the failure of a body beyond its cap."""
    return Permanent(Reason.TOO_LARGE, f"more than {max_bytes} bytes")


class Gzip:
    """gzip with any number of members (RFC 1952); bytes that do not begin like gzip pass untouched."""

    def __init__(self) -> None:
        self._start = b""
        self._passes = False
        self._members = 0
        self._member: _Inflater | None = None

    def feed(self, data: bytes, room: int) -> bytes:
        """Take coded bytes, give plain ones."""
        if self._passes:
            return data
        if self._member is None:
            data = self._start = self._start + data
            if len(data) < len(_GZIP_MAGIC) and _GZIP_MAGIC.startswith(data):
                return b""
            if not data.startswith(_GZIP_MAGIC):
                self._passes, self._start = True, b""
                return data
            self._start = b""
            self._member = self._next_member()
        return self._inflate(self._member, data, room)

    def finish(self) -> bytes:
        """End the layer."""
        if self._member is not None and not self._member.eof:
            raise truncated("gzip")
        return self._start

    def _inflate(self, member: _Inflater, data: bytes, room: int) -> bytes:
        plain = _inflated(member, data, room)
        while member.eof and (rest := member.unused_data):
            if not _GZIP_MAGIC.startswith(rest[: len(_GZIP_MAGIC)]):
                break  # padding after the last member, which gzip(1) ignores too
            member = self._member = self._next_member()
            plain += _inflated(member, rest, room - len(plain))
        return plain

    def _next_member(self) -> _Inflater:
        self._members += 1
        if self._members > MEMBER_LIMIT:
            raise Permanent(Reason.BAD_ENCODING, "too many gzip members")
        return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)


class Deflate:
    """`deflate` as RFC 9110, 8.4.1.2 means it (zlib), and as some servers send it (bare, RFC 1951)."""

    def __init__(self) -> None:
        self._start = b""
        self._stream: _Inflater | None = None

    def feed(self, data: bytes, room: int) -> bytes:
        """Take coded bytes, give plain ones."""
        if self._stream is None:
            data = self._start = self._start + data
            if len(data) < 2:
                return b""
            # RFC 1950, 2.2: method 8, and the first two bytes are a multiple of 31.
            wrapped = data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0
            self._stream = zlib.decompressobj(wbits=zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)
            self._start = b""
        return _inflated(self._stream, data, room)

    def finish(self) -> bytes:
        """End the layer."""
        if self._start or (self._stream is not None and not self._stream.eof):
            raise truncated("deflate")
        return b""


class Brotli:
    """`br`, RFC 7932."""

    def __init__(self) -> None:
        self._stream = brotli.Decompressor()
        self._begun = False

    def feed(self, data: bytes, room: int) -> bytes:
        """Take coded bytes, give plain ones."""
        if not data or self._stream.is_finished():
            return b""
        self._begun = True
        try:
            # The limit stops growth at whole output blocks; what it leaves inside shows in can_accept_more_data.
            plain = self._stream.process(data, output_buffer_limit=room + 1)
        except brotli.error as error:
            raise Transient(Reason.BAD_ENCODING, "broken br") from error
        if len(plain) > room or not self._stream.can_accept_more_data():
            raise too_large(room)
        return plain

    def finish(self) -> bytes:
        """End the layer."""
        if self._begun and not self._stream.is_finished():
            raise truncated("br")
        return b""


_CODINGS: dict[str, type[Gzip] | type[Deflate] | type[Brotli]] = {"gzip": Gzip, "deflate": Deflate, "br": Brotli}


def _inflated(stream: _Inflater, data: bytes, room: int) -> bytes:
    try:
        plain = stream.decompress(data, room + 1)
    except zlib.error as error:
        raise Transient(Reason.BAD_ENCODING, f"broken compression: {error}") from error
    if len(plain) > room:
        raise too_large(room)
    return plain


def truncated(what: str) -> Transient:
    """Make the failure of a body whose end is missing."""
    return Transient(Reason.TRUNCATED, f"the end of the {what} body is missing")
