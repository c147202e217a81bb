"""One server elsewhere: its address, a token, and what it answers.

In: a method, a path, values. Out: what the API answered, or Unusable with its own words. Hides the transport. Trap: a
token sent in the clear is anybody's, so plain http is for this machine only, unless somebody insists.
"""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from cli.version import VERSION
from pipeline.errors import Failure, StorywatchError, Unusable
from pipeline.model import Response
from pipeline.transport import Policy, Transport
from pipeline.urls import find_web_url

LARGEST_ANSWER = 50_000_000
SECONDS = 60.0
TEXT_TYPES = ("text/plain", "text/x-opml")  #: of files
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", "[::1]"})


class Refused(StorywatchError):
    """The server does not answer, or cannot do it just now."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where to ask, and by which token."""

    url: str
    token: str

    def ask(
        self, method: str, path: str, *, query: dict[str, object] | None = None, body: object = None, text: str = ""
    ) -> Any:
        """Ask once, with JSON or a text; gives the JSON that came, None for an answer without one.

        Raises Unusable and Refused.
        """
        asked = {name: value for name, value in (query or {}).items() if value is not None}
        address = f"{self.url}/api/v1{path}" + (f"?{urlencode(asked)}" if asked else "")
        sent = text.encode() if body is None else json.dumps(body).encode()
        return _read(self._answer(method, address, sent, is_json=body is not None), self.url)

    def ask_text(self, path: str) -> str:
        """Ask for a file's text. Raises Unusable and Refused."""
        response = self._answer("GET", f"{self.url}/api/v1{path}", b"")
        if response.status >= 400 or not response.headers.get("content-type", "").startswith(TEXT_TYPES):
            _read(response, self.url)
            raise Refused(f"{self.url} answers, but not as Storywatch does: look at the address")
        return response.body.decode("utf-8", "replace")

    def _answer(self, method: str, address: str, sent: bytes, *, is_json: bool = False) -> Response:
        try:
            return asyncio.run(self._ask(method, address, sent, is_json=is_json))
        except Failure as failure:
            raise Refused(f"{self.url} does not answer: {failure}") from failure

    async def _ask(self, method: str, address: str, sent: bytes, *, is_json: bool) -> Response:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        async with Transport(_policy(self.url)) as transport:
            if method == "GET":
                return await transport.get(
                    address, headers=headers, max_bytes=LARGEST_ANSWER, accept="application/json"
                )
            headers |= {"Content-Type": "application/json" if is_json else "text/plain"} if sent else {}
            return await transport.send(method, address, headers=headers, body=sent, max_bytes=LARGEST_ANSWER)


def server_at(url: str, token_file: Path | None, *, insecure: bool) -> Server:
    """Give the server; raises Unusable for an address or a file that cannot be used."""
    found = find_web_url(url)
    if found is None or found.query:
        raise Unusable(f"{url!r} is no address of a server; write https://watch.example.org")
    if found.scheme == "http" and found.host not in LOOPBACK and not insecure:
        raise Unusable(f"{url} is not https, and the token would be read on the way; say --insecure if that may be")
    return Server(str(found).rstrip("/"), _token(token_file))


def _token(file: Path | None) -> str:
    if file is None:
        return ""
    try:
        token = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Unusable(f"the token cannot be read from {file}: {error}") from error
    if not token or not token.isascii() or any(letter.isspace() for letter in token):
        raise Unusable(f"{file} holds no token; `storywatch tokens add NAME` on the server prints one")
    return token


def _policy(url: str) -> Policy:
    """Allow this one host whatever network it is in: whoever asks has named it."""
    found = find_web_url(url)
    hosts = (found.host,) if found else ()
    return Policy(total_seconds=SECONDS, ports=frozenset(), allow_private=hosts, user_agent=f"Storywatch/{VERSION}")


def _read(response: Response, url: str) -> Any:
    try:
        told = json.loads(response.body) if response.body else None
    except ValueError:
        raise Refused(f"{url} answers, but not as Storywatch does: look at the address") from None
    if response.status < 400:
        return told
    words = told if isinstance(told, dict) else {}
    said = ": ".join(str(words[name]) for name in ("error", "detail") if words.get(name)) or f"status {response.status}"
    hint = " Give a token with --token-file." if response.status == 401 else ""
    kind = Refused if response.status >= 500 or response.status == 429 else Unusable
    raise kind(f"{url}: {said}{hint}")
