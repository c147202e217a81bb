"""A real Chromium, driven over its DevTools protocol."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",  # in a container that memory is small
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
)
PATIENCE_SECONDS = 90.0
PAUSE_SECONDS = 0.05


class Tab:
    """One tab; whatever its pages complain about is in `complaints`."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._count = 0
        self._closing: list[asyncio.Task[Any]] = []  #: dialogs being closed
        self.complaints: list[str] = []

    async def listen(self) -> None:
        """Sort what the browser says into answers and complaints, until it closes."""
        async for message in self._socket:
            said = message.json()
            if "id" in said:
                self._answers.pop(said["id"]).set_result(said.get("result", said))
            elif said["method"] in {"Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown"}:
                self.complaints.append(str(said["params"]))
            elif said["method"] == "Page.javascriptDialogOpening":
                self.complaints.append(f"dialog: {said['params']['message']}")
                self._closing.append(asyncio.create_task(self.tell("Page.handleJavaScriptDialog", accept=True)))

    async def tell(self, method: str, **params: Any) -> Any:
        """Send a command and give its result."""
        self._count += 1
        self._answers[self._count] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": self._count, "method": method, "params": params})
        return await asyncio.wait_for(self._answers[self._count], PATIENCE_SECONDS)

    async def value(self, script: str) -> Any:
        """Evaluate a script in the page."""
        found = await self.tell("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        return found["result"].get("value")

    async def until(self, script: str) -> None:
        """Wait until a script gives something true."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await self.value(script):  # noqa: ASYNC110 a page sets no event of ours
                await asyncio.sleep(PAUSE_SECONDS)

    async def open(self, url: str) -> None:
        """Open a page, with all it loads."""
        await self.tell("Page.navigate", url=url)
        await self.until("document.readyState === 'complete' && location.href !== 'about:blank'")


@asynccontextmanager
async def browsing(profile: Path) -> AsyncIterator[Tab]:
    """Start a browser with a profile of its own, and end it."""
    command = (CHROMIUM or "", *OPTIONS, f"--user-data-dir={profile}", "about:blank")
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
    try:
        async with aiohttp.ClientSession() as session, session.ws_connect(await _address(session, profile)) as socket:
            tab = Tab(socket)
            listening = asyncio.create_task(tab.listen())
            for domain in ("Page", "Runtime", "Log"):
                await tab.tell(f"{domain}.enable")
            yield tab
            listening.cancel()
    finally:
        process.terminate()
        await process.wait()


async def _address(session: aiohttp.ClientSession, profile: Path) -> str:
    """Find the first tab, as soon as the browser has written down where it listens."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (port := _port(profile)):  # noqa: ASYNC110 another process writes the file
            await asyncio.sleep(PAUSE_SECONDS)
        while True:
            tabs = await (await session.get(f"http://127.0.0.1:{port}/json")).json()
            for tab in tabs:
                if tab["type"] == "page":
                    return str(tab["webSocketDebuggerUrl"])
            await asyncio.sleep(PAUSE_SECONDS)


def _port(profile: Path) -> str:
    written = profile / "DevToolsActivePort"
    return written.read_text().split()[0] if written.exists() and written.read_text().strip() else ""
