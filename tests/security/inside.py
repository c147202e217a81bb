"""Run the whole product inside a network namespace of its own, among canaries, and report what was touched.

In: a folder of its own, as the only argument. Out: one JSON object: `touched`, `asked`, `control`, `shown` and whether
all was tried. Hides `ip` and `mount`. Trap: it makes every address of the namespace local and mounts its own hosts
file; outside of `unshare --net --mount` it must never run, and refuses to.
"""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from sqlalchemy import func, select

from pipeline.model import EntryState
from pipeline.store.database import Database
from pipeline.store.tables import deliveries, entries, feeds
from tests.cli.instance import started, storywatch
from tests.security.attacks import BAIT, HOSTS, TARGETS, answer, write_configuration
from tests.security.canaries import PUBLIC, Seen, listen

PORT = 8420
MOST_SECONDS = 150
OPEN = (EntryState.WAITING, EntryState.QUEUED, EntryState.FETCHING)
COMMANDS = (
    ("feeds", "check", "http://evil.example/feed/to/2"),
    ("feeds", "check", "http://10.1.2.3/feed"),
    ("feeds", "add", "http://evil.example/site"),
    ("feeds", "list"),
    ("feeds", "export"),
    ("channels", "list"),
)
PAGES = ("/", "/feeds", "/stories", "/queue", "/alerts", "/subscriptions", "/metrics", "/api/v1/feeds")
CONTROL = ("10.1.2.3", "169.254.169.254", "fd00::1")  #: dialled by ourselves, to see that canaries sing


def main() -> None:
    """Attack, wait until all was tried, report."""
    folder = Path(sys.argv[1])
    _shut_in(folder)
    seen = Seen()
    servers = listen(answer, seen)
    control = _touch_ourselves(seen)
    write_configuration(folder / "config", PORT)
    with started("run", cwd=folder, data_dir=folder / "data") as instance:
        instance.wait_for_text(rf"http://127\.0\.0\.1:{PORT}")
        said = {" ".join(words): _say(folder, words) for words in COMMANDS}
        is_settled = _wait(folder, seen)
        shown = {path: _open(path) for path in PAGES} | {"log": instance.output} | said
    for server in servers:
        server.shutdown()
    report = {"touched": seen.touched, "asked": seen.asked, "control": control, "is_settled": is_settled}
    print(json.dumps(report | {"shown": shown}))  # noqa: T201 - the report


def _shut_in(folder: Path) -> None:
    """Make all addresses local, and names come from our file alone."""
    if [name for _, name in socket.if_nameindex()] != ["lo"]:
        sys.exit("this is no network namespace of its own")
    for words in ("link set lo up", "route add local 0.0.0.0/0 dev lo", "-6 route add local ::/0 dev lo"):
        subprocess.run(["ip", *words.split()], check=True)  # noqa: S603, S607 - three fixed commands
    hosts, resolver = folder / "hosts", folder / "resolv.conf"
    hosts.write_text(HOSTS, encoding="ascii")
    resolver.write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n", encoding="ascii")
    for file, place in ((hosts, "/etc/hosts"), (resolver, "/etc/resolv.conf")):
        subprocess.run(["mount", "--bind", str(file), os.path.realpath(place)], check=True)  # noqa: S603, S607


def _touch_ourselves(seen: Seen) -> list[str]:
    """Dial some canaries, and give what they sang; then all is quiet again."""
    for address in (*CONTROL, PUBLIC):
        socket.create_connection((address, 80), 5).close()
    deadline = time.monotonic() + 30
    while len(seen.touched) < len(CONTROL) and time.monotonic() < deadline:
        time.sleep(0.01)
    sung = sorted(seen.touched)
    seen.touched.clear()
    return sung


def _say(folder: Path, words: tuple[str, ...]) -> str:
    ended = storywatch(*words, cwd=folder)
    return f"{ended.stdout}\n{ended.stderr}\nexit code {ended.returncode}"


def _open(path: str) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{PORT}{path}", timeout=60) as answer:
            return str(answer.read(), "utf-8")
    except urllib.error.HTTPError as error:
        return f"{error.code} {error.read().decode()}"


def _wait(folder: Path, seen: Seen) -> bool:
    """Wait until every bait was taken and every feed, entry and delivery tried; tells whether that came."""
    database = Database.open(f"sqlite:///{folder / 'data' / 'storywatch.db'}")
    deadline = time.monotonic() + MOST_SECONDS
    try:
        while not (is_settled := _is_settled(database, seen)) and time.monotonic() < deadline:
            time.sleep(0.2)
    finally:
        database.close()
    return is_settled


def _is_settled(database: Database, seen: Seen) -> bool:
    if not seen.asked.keys() >= set(BAIT):
        return False
    untried = (
        select(func.count()).select_from(feeds).where(feeds.c.last_attempt_at.is_(None)),
        select(func.count()).select_from(entries).where(entries.c.state.in_(OPEN)),
        select(func.count()).select_from(deliveries).where(deliveries.c.attempts == 0),
    )
    with database.read() as tx:
        has_feeds = tx.execute(select(func.count()).select_from(feeds)).scalar_one() > len(TARGETS)
        return has_feeds and not any(tx.execute(each).scalar_one() for each in untried)


if __name__ == "__main__":
    main()
