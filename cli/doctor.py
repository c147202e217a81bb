"""Checks of an installation, one after the other, each with what to do where it fails.

In: the settings. Out: `Finding`s. Trap: it looks and changes nothing, except that it makes a data folder that is
not there yet; it may run beside a live instance.
"""

import sqlite3
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from cli.queue_wiring import open_queue, queue_url
from cli.wiring import data_dir, database_url
from config.settings import Settings
from dashboard.serving import check_listening
from pipeline.articles.shut_in import lacking
from pipeline.errors import QueueUnavailable, StorywatchError
from pipeline.feeds.parsers import check_parsers
from pipeline.store import counts, processes, users
from pipeline.store.counts import Overview
from pipeline.store.database import Database
from pipeline.store.processes import Process
from workers.channels import channel_targets
from workers.queue_address import check_address
from workers.server import check_server

KINDS = ("poller", "dispatcher", "worker", "deliverer")
DEAD_AFTER = timedelta(seconds=30)  #: as the sweeper sees it


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check."""

    check: str
    ok: bool
    what: str  #: what was found, and what to do where it is not ok


def findings(settings: Settings) -> Iterator[Finding]:
    """Check everything, in the order in which faults explain each other."""
    yield Finding("python", True, f"{sys.version.split()[0]}, SQLite of the system {sqlite3.sqlite_version}")
    yield _checked("XML parsers", check_parsers)
    yield _sandbox()
    yield _checked("data folder", lambda: str(data_dir(settings)))
    yield _checked("channels", lambda: ", ".join(channel_targets(settings.channels, data_dir(settings))))
    yield _checked("dashboard", lambda: _web(settings))
    yield _contact(settings)
    yield _checked("database", lambda: _database(settings))
    yield _checked("queue", lambda: _queue(settings))
    yield from _services(settings)


def alive(settings: Settings, kind: str, now: datetime) -> bool:
    """Tell whether a process of that kind beats; raises StoreUnavailable."""
    database = Database.open(database_url(settings))
    try:
        with database.read() as tx:
            return bool(beating(processes.list_all(tx), kind, now))
    finally:
        database.close()


def beating(known: list[Process], kind: str, now: datetime) -> list[Process]:
    """Give the processes of a kind whose last beat is young."""
    return [process for process in known if process.kind == kind and now - process.beat_at < DEAD_AFTER]


def _checked(name: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(name, True, look())
    except StorywatchError as error:
        return Finding(name, False, str(error))


def _web(settings: Settings) -> str:
    check_listening(settings.web, has_users=_has_users(settings))
    return f"http://{settings.web.host}:{settings.web.port}/"


def _has_users(settings: Settings) -> bool:
    """Tell whether somebody may sign in; a database that does not answer is another check's matter."""
    if settings.web.password:
        return True
    database = Database.open(database_url(settings))
    try:
        database.migrate()
        with database.read() as tx:
            return users.any_exists(tx)
    except StorywatchError:
        return False
    finally:
        database.close()


def _contact(settings: Settings) -> Finding:
    if ".invalid" in settings.fetch.contact:
        return Finding("contact", False, "set fetch.contact, so that the owners of the sites you poll can reach you")
    return Finding("contact", True, settings.fetch.contact)


def _sandbox() -> Finding:
    """Say what the child that reads pages is left with; an older kernel is no fault of the installation."""
    lacks = "; ".join(lacking())
    return Finding("shutting in", True, f"the kernel has no {lacks}" if lacks else "by Landlock and seccomp")


def _database(settings: Settings) -> str:
    url = database_url(settings)
    database = Database.open(url)
    try:
        database.migrate()
        with database.read() as tx:
            seen = counts.overview(tx, datetime.now(UTC))
    finally:
        database.close()
    kind = "SQLite" if url.startswith("sqlite") else "PostgreSQL"
    return f"{kind}: {sum(seen.feeds.values())} feeds, {seen.article_count} articles, {seen.alert_count} alerts"


def _queue(settings: Settings) -> str:
    check_address(queue_url(settings), allow_insecure=settings.queue.allow_insecure)
    connection = open_queue(settings)
    try:
        check_server(connection)
    except QueueUnavailable:
        if settings.queue.url:
            raise
        return "the built-in Valkey, which runs while `storywatch run` does"
    finally:
        connection.close()
    return "answers"


def _services(settings: Settings) -> Iterator[Finding]:
    """Say which services beat; none at all means only that nothing was started."""
    try:
        database = Database.open(database_url(settings))
        try:
            with database.read() as tx:
                known, seen = _look(tx)
        finally:
            database.close()
    except StorywatchError:
        return
    now = datetime.now(UTC)
    running = {kind: len(beating(known, kind, now)) for kind in KINDS}
    if not any(running.values()):
        yield Finding("services", True, "none runs; `storywatch run` starts them")
        return
    for kind, count in running.items():
        yield Finding(
            kind,
            count > 0,
            f"{count} alive" if count else f"none is alive; start one (`storywatch run` or `{_command(kind)}`)",
        )
    yield _parked(seen)


def _look(tx: Connection) -> tuple[list[Process], Overview]:
    return processes.list_all(tx), counts.overview(tx, datetime.now(UTC))


def _command(kind: str) -> str:
    commands = {"poller": "poll", "dispatcher": "dispatch", "worker": "work pages", "deliverer": "work deliveries"}
    return f"storywatch {commands[kind]}"


def _parked(seen: Overview) -> Finding:
    count = sum(number for state, number in seen.deliveries.items() if state == "parked")
    if count:
        return Finding("deliveries", False, f"{count} are parked: their channel refused them; see the dashboard")
    return Finding("deliveries", True, "none is parked")
