"""What the misbehaving origin says to one request: `Answer`, and the bytes it becomes.

In: status, headers, body and the faults wanted. Out: the head and the body as they go over the wire. Hides
zlib, gzip and brotli. Trap: a body that goes out chunked or cut still has its full, coded length declared
unless `declared_length` says otherwise; lies must be asked for.
"""

import asyncio
import gzip
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

import brotli

Headers = tuple[tuple[str, str], ...] | list[tuple[str, str]]


def _deflate_raw(body: bytes) -> bytes:
    coder = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return coder.compress(body) + coder.flush()


CODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda body: gzip.compress(body, compresslevel=6, mtime=0),
    "deflate": zlib.compress,
    "deflate-raw": _deflate_raw,
    "br": lambda body: bytes(brotli.compress(body, quality=4)),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; with nothing set it is an empty, well-behaved 200 on a connection kept alive."""

    status: int = 200
    body: bytes | str = b""
    headers: Headers = ()
    encoding: str = ""  #: codes the body and says so: "gzip", "deflate", "deflate-raw" or "br"
    chunked: bool = False  #: Transfer-Encoding: chunked instead of Content-Length
    until_close: bool = False  #: neither: the body ends where the connection does
    declared_length: int | None = None  #: Content-Length to claim, true or not
    hold: asyncio.Event | None = None  #: answer only when this is set
    delay_seconds: float = 0  #: before the first byte
    header_delay_seconds: float = 0  #: between two bytes of the head
    chunk_bytes: int = 65_536  #: the body goes out in pieces of this size
    chunk_delay_seconds: float = 0  #: between two pieces
    cut_at: int | None = None  #: close the connection after so many bytes of the coded body
    close: bool = False  #: close the connection after the answer
    reset: bool = False  #: reset the connection instead of an answer
    silent: bool = False  #: never answer
    raw: bytes | None = None  #: send exactly these bytes, then close

    @classmethod
    def redirect(cls, target: str, status: int = 302) -> "Answer":
        """Point elsewhere."""
        return cls(status=status, headers=[("Location", target)])

    def coded_body(self) -> bytes:
        """Give the body as it goes over the wire, before chunking."""
        body = self.body.encode() if isinstance(self.body, str) else self.body
        return CODERS[self.encoding](body) if self.encoding else body

    def head(self, length: int) -> bytes:
        """Give status line and headers for a coded body of `length` bytes."""
        reason = HTTPStatus(self.status).phrase if self.status in set(HTTPStatus) else "Odd"
        lines = [f"HTTP/1.1 {self.status} {reason}"]
        lines += [f"{name}: {value}" for name, value in [*self.headers, *self._framing(length)]]
        return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape")

    def _framing(self, length: int) -> list[tuple[str, str]]:
        fields = []
        if self.encoding:
            fields.append(("Content-Encoding", self.encoding.removesuffix("-raw")))
        if self.close or self.until_close or self.cut_at is not None:
            fields.append(("Connection", "close"))
        if self.chunked:
            fields.append(("Transfer-Encoding", "chunked"))
        elif not self.until_close and self.status not in {204, 304}:
            declared = length if self.declared_length is None else self.declared_length
            fields.append(("Content-Length", str(declared)))
        return fields
