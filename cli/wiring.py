"""Make the parts from the settings: the only place that knows both.

In: `Settings`. Out: the database, the transport's policy and the small policies that rooms below define.
Trap: services must import only what they need, so nothing heavy (extractor, dashboard) is made here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

from cli.version import VERSION
from config.reading import DEFAULT_FILE
from config.settings import Settings
from pipeline.errors import Unusable
from pipeline.feeds.schedule import PollPolicy
from pipeline.store.adding import Quota
from pipeline.store.database import Database
from pipeline.transport import Policy
from workers.feed_rules import FeedRules
from workers.limits import pace_of


def data_dir(settings: Settings) -> Path:
    """Give the data folder, made if it is not there; raises Unusable if it cannot be written."""
    folder = settings.storage.data_dir.absolute()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        TemporaryFile(dir=folder).close()  # of no name or its own, since all services look at once
    except OSError as error:
        raise Unusable(
            f"the data folder {folder} cannot be written ({error.strerror}); "
            "mend its permissions or name another one in storage.data_dir"
        ) from error
    return folder


def database_url(settings: Settings) -> str:
    """Give the address of the database: the one set, or SQLite in the data folder."""
    return settings.storage.database_url or f"sqlite:///{data_dir(settings) / 'storywatch.db'}"


@contextmanager
def open_database(settings: Settings) -> Iterator[Database]:
    """Open the database with its schema up to date."""
    database = Database.open(database_url(settings))
    try:
        database.migrate()
        yield database
    finally:
        database.close()


def user_agent(settings: Settings, *, is_bot: bool = False) -> str:
    """Give the name under which every request is made (F25); whoever fetches pages says that it is a bot."""
    kind = "bot; " if is_bot else ""
    return f"Storywatch/{VERSION} ({kind}+{settings.fetch.contact})"


def transport_policy(settings: Settings, *, is_bot: bool = False) -> Policy:
    """Give what holds for every request that leaves this machine."""
    return Policy(
        total_seconds=settings.fetch.total_seconds,
        ports=frozenset(settings.fetch.ports),
        allow_private=settings.fetch.allow_private,
        user_agent=user_agent(settings, is_bot=is_bot),
    )


def site_url(settings: Settings) -> str:
    """Give the address of the dashboard for links in messages: the one set, or that of this machine."""
    web = settings.web
    if web.public_url:
        return web.public_url.rstrip("/")
    if web.hosts:
        return f"{'https' if web.https else 'http'}://{web.hosts[0]}" + ("" if web.https else f":{web.port}")
    host = "127.0.0.1" if web.host in {"0.0.0.0", "::"} else web.host  # noqa: S104 - compared, not listened on
    return f"http://[{host}]:{web.port}" if ":" in host else f"http://{host}:{web.port}"


def poll_policy(settings: Settings) -> PollPolicy:
    """Give how feeds are polled."""
    return PollPolicy(
        interval_seconds=settings.feeds.interval_seconds,
        floor_seconds=settings.feeds.floor_seconds,
        ceiling_seconds=settings.feeds.ceiling_seconds,
        entry_limit=settings.feeds.entry_limit,
        adaptive=settings.feeds.adaptive,
        longest_seconds=settings.feeds.longest_seconds,
        pushed_seconds=settings.websub.poll_seconds,
        unconditional_seconds=settings.feeds.unconditional_seconds,
        feed_bytes=settings.fetch.feed_bytes,
        archive_pages=settings.feeds.archive_pages,
    )


def quota(settings: Settings) -> Quota:
    """Give how many feeds there may be."""
    return Quota(settings.feeds.limit, settings.feeds.host_limit)


def feed_rules(settings: Settings) -> FeedRules:
    """Give how feeds are searched, checked and added by hand."""
    return FeedRules(
        poll_policy(settings),
        quota(settings),
        transport_policy(settings),
        pace_of(settings),
        settings.feeds.import_hours,
    )


def folder_of(file: Path | None) -> Path:
    """Give the folder in which the files of the first start are looked for: the one of the settings file."""
    return file.parent if file else DEFAULT_FILE.parent
