"""What the extractor and its children say to each other, as bytes.

In and out: a page to extract, or what was extracted, as length-prefixed frames. Hides the wire form: JSON and raw
text, never pickle, because a child reads hostile pages and must not be able to make its parent run anything.
Trap: both sides must be of one version; they always start from the same files.
"""

import json
import struct
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any, BinaryIO

from pipeline.articles.hint import Hint
from pipeline.model import Extract, Reason

_LENGTHS = struct.Struct(">II")
_LARGEST_FRAME_BYTES = 256 * 1024 * 1024
_INSTANTS = ("published_at", "modified_at")
READY = b"+"  #: the child's first byte: it has loaded what it needs


class BadFrame(Exception):
    """The other side broke off, or said what no frame is."""


def pack_page(html: str, url: str, hint: Hint) -> bytes:
    """Make the frame that asks for one page."""
    head = json.dumps(
        {"url": url, "title": hint.title, "summary": hint.summary, "repeated": list(hint.repeated.items())}
    ).encode()
    body = html.encode("utf-8", "replace")
    return _LENGTHS.pack(len(head), len(body)) + head + body


def read_page(source: BinaryIO) -> tuple[str, str, Hint] | None:
    """Read the next page to extract; None when the other side has no more."""
    lengths = source.read(_LENGTHS.size)
    if not lengths:
        return None
    head_length, body_length = _LENGTHS.unpack(lengths)
    head = json.loads(source.read(head_length))
    html = source.read(body_length).decode("utf-8")
    return html, head["url"], Hint(head["title"], head["summary"], dict(head["repeated"]))


def pack_extract(extract: Extract) -> bytes:
    """Make the frame that answers with what was extracted."""
    instants = {name: found.isoformat() if (found := getattr(extract, name)) else "" for name in _INSTANTS}
    said = asdict(extract) | instants | {"kind": extract.kind or ""}
    head = json.dumps(said).encode()
    return _LENGTHS.pack(len(head), 0) + head


async def read_extract(read_exactly: Callable[[int], Awaitable[bytes]]) -> Extract:
    """Read an answer; raises BadFrame if it is none."""
    length, nothing = _LENGTHS.unpack(await read_exactly(_LENGTHS.size))
    if nothing or length > _LARGEST_FRAME_BYTES:
        raise BadFrame(f"an answer of {length} and {nothing} bytes")
    return _extract(await read_exactly(length))


def _extract(head: bytes) -> Extract:
    try:
        answer: dict[str, Any] = json.loads(head)
        kind, marks, sources = answer.pop("kind"), answer.pop("marks"), answer.pop("sources")
        read: dict[str, Any] = {name: str(value) for name, value in answer.items()}
        read |= {name: datetime.fromisoformat(said) if (said := answer[name]) else None for name in _INSTANTS}
        return Extract(
            **read,
            kind=Reason(kind) if kind else None,
            marks=tuple(int(mark) for mark in marks),
            sources={str(name): str(source) for name, source in sources.items()},
        )
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise BadFrame("an answer that is no extract") from error
