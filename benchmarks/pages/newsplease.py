"""news-please over the same pages of the same origin: fetch and extract, nothing stored, nothing grouped.

In: addresses. Out: `Timed`, or None if it cannot be installed. Hides its virtual environment. It is given what makes it
fast: processes that stay, each with one page at a time, no pictures, no storage. Trap: it would ask the network
for other things; its program leads every name below `localhost` to this machine and refuses every other.
"""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

from benchmarks.pages.timed import Timed
from benchmarks.rivals import rival_python

VERSION = "1.6.16"
PROGRAM = """
import json, logging, socket, sys, time, warnings
from concurrent.futures import ProcessPoolExecutor
warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)
known = socket.getaddrinfo
def local_only(host, *rest, **named):
    name = host.decode() if isinstance(host, bytes) else host
    if name != "127.0.0.1" and not name.endswith(".localhost"):
        raise socket.gaierror(f"{name} is not of this machine")
    return known("127.0.0.1", *rest, **named)
socket.getaddrinfo = local_only
from newsplease import NewsPlease
def read(url):
    began = time.process_time()
    try:
        article = NewsPlease.from_url(url, request_args={"timeout": 60}, fetch_images=False)
        has_text = bool(article and article.maintext)
    except Exception:
        has_text = False
    return has_text, time.process_time() - began
if __name__ == "__main__":
    urls, processes = json.load(open(sys.argv[1])), int(sys.argv[2])
    with ProcessPoolExecutor(processes) as pool:
        list(pool.map(read, urls[:1] * 4 * processes))
        began = time.perf_counter()
        done = list(pool.map(read, urls))
        seconds = time.perf_counter() - began
    print(json.dumps([sum(has for has, _ in done), seconds, sum(cpu for _, cpu in done)]))
"""


def newsplease_python() -> Path | None:
    """Install it if it is not yet there."""
    return rival_python("news-please", VERSION)


async def newsplease(python: Path, folder: Path, urls: Sequence[str], processes: int) -> Timed:
    """Let it read all pages once; the origin runs in our event loop meanwhile."""
    program, listed = folder / "newsplease_program.py", folder / "urls.json"
    program.write_text(PROGRAM, encoding="utf-8")
    listed.write_text(json.dumps(urls), encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        python, program, listed, str(processes), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"news-please {VERSION} ended with exit status {process.returncode}")
    text_count, seconds, cpu_seconds = json.loads(output.splitlines()[-1])
    return Timed(len(urls), text_count, seconds, cpu_seconds)
