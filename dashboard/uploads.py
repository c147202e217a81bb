"""A file that a person sends from a form, and how much any request may send.

In: a request with `multipart/form-data`. Out: the form's fields and the file's bytes. Hides python-multipart, by
Starlette. Trap: the parser itself knows no cap for files, so the body is read up to ours first, and slowly sent ones
end after `UPLOAD_SECONDS`.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.errors import Unusable

UPLOAD_BYTES = 10_000_000  #: a list of 50,000 feeds has about 8 MB
BODY_BYTES = 12_000_000  #: of any request of the API: a file, or as much in JSON
UPLOAD_SECONDS = 60.0
FIELD_LIMIT = 10
FIELD_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Upload:
    """What came with a form."""

    fields: Mapping[str, str]
    body: bytes  #: of the file; empty if none was chosen


async def read_upload(request: Request) -> Upload:
    """Read a form with one file; raises Unusable for what is too large, too slow or no such form."""
    try:
        async with asyncio.timeout(UPLOAD_SECONDS):
            body = await read_body(request)
            parser = MultiPartParser(
                request.headers, _once(body), max_files=1, max_fields=FIELD_LIMIT, max_part_size=FIELD_BYTES
            )
            return await _upload(parser)
    except TimeoutError as error:
        raise Unusable(f"the file did not come within {UPLOAD_SECONDS:g} seconds; try again") from error
    except (MultiPartException, ClientDisconnect, KeyError) as error:
        raise Unusable("the form could not be read; choose the file again") from error


async def read_body(request: Request) -> bytes:
    """Read the body of a request up to the cap; raises Unusable beyond it."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > UPLOAD_BYTES:
            raise Unusable(f"the file is larger than {UPLOAD_BYTES // 1_000_000} MB; split it, or use the command line")
    return bytes(body)


async def _once(body: bytes) -> AsyncGenerator[bytes, None]:
    yield body


async def _upload(parser: MultiPartParser) -> Upload:
    form = await parser.parse()
    try:
        fields = {name: value for name, value in form.multi_items() if isinstance(value, str)}
        files = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
        return Upload(fields, await files[0].read() if files else b"")
    finally:
        await form.close()


class Capped:
    """An application to which no request sends more than `BODY_BYTES`: JSON is read whole before it is looked at."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; whoever reads beyond the cap gets 413."""
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > BODY_BYTES:
                raise HTTPException(413, f"More than {BODY_BYTES // 1_000_000} MB was sent")
            return message

        await self._app(scope, counted, send)
