"""The one typed settings object.

In: the values that `config.reading` gathered from the file and the environment. Out: `Settings`, frozen.
Hides pydantic. Every field's description is its documentation (docs/settings.md is checked against it).
Trap: sections hold plain values only; whoever needs a network or a path object makes it at its edge.
"""

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator


def _network_or_host(value: str) -> str:
    """Accept `10.0.0.0/8`, `10.1.2.3` or a host name; refuse what looks like neither."""
    if "/" in value or value.replace(".", "").isdigit() or ":" in value:
        ip_network(value, strict=True)
    elif not value or any(c.isspace() for c in value):
        raise ValueError("must be a network such as 10.0.0.0/8, an address or a host name")
    return value.lower()


NetworkOrHost = Annotated[str, AfterValidator(_network_or_host)]


class Section(BaseModel):
    """A table of the settings file: frozen, and unknown names are mistakes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class StorageSettings(Section):
    """Where the work and the news are kept."""

    data_dir: Path = Field(Path("data"), description="Folder for the database, the queue's files and file channels.")
    database_url: str = Field(
        "",
        description="Empty for SQLite in the data folder; `postgresql://user:password@host/name` for PostgreSQL.",
    )


class QueueSettings(Section):
    """The queue that carries ids from the dispatcher to the workers."""

    url: str = Field(
        "",
        description="Empty starts the built-in Valkey; `redis://…`, `rediss://…` or `unix://…` uses yours.",
    )
    allow_insecure: bool = Field(
        False,
        description="Allow a server beyond this machine without password or TLS, on a network that is yours alone.",
    )
    high_water: int = Field(500, ge=1, description="Most jobs on the queue at once; the rest waits in the database.")


class FeedSettings(Section):
    """How feeds are polled."""

    interval_seconds: int = Field(3600, ge=1, description="Usual time between two polls of one feed.")
    floor_seconds: int = Field(
        1800, ge=1, description="Least time between two requests to one feed, whatever else says sooner."
    )
    ceiling_seconds: int = Field(86_400, ge=60, description="Longest time between two polls of a healthy feed.")
    adaptive: bool = Field(
        True,
        description="Poll each feed by its own rhythm: `interval_seconds` then holds for one entry an hour.",
    )
    longest_seconds: int = Field(14_400, ge=60, description="Longest time that a feed's own rhythm may make of it.")
    concurrency: int = Field(32, ge=1, le=1000, description="Feeds polled at once by one poller.")
    import_hours: int = Field(
        24, ge=0, description="At a feed's first poll, entries older than this are counted but not fetched."
    )
    entry_limit: int = Field(2000, ge=1, description="Most entries taken from one document.")
    archive_pages: int = Field(
        5, ge=0, le=100, description="Older pages of a feed that are read at its first poll and after a gap."
    )
    unconditional_seconds: int = Field(
        86_400,
        ge=0,
        description="What the wait grows to at a server without validators and freshness while it shows nothing new.",
    )
    limit: int = Field(100_000, ge=1, description="Most feeds.")
    host_limit: int = Field(1000, ge=1, description="Most feeds of one host.")


class WebsubSettings(Section):
    """Hubs that push what is new (WebSub)."""

    callback_url: str = Field(
        "", description="Public address of the dashboard, under which hubs reach `/websub/`; empty leaves hubs alone."
    )
    poll_seconds: int = Field(
        21_600, ge=300, le=86_400, description="Time between two polls of a feed that a trusted hub pushes."
    )

    @field_validator("callback_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        """Refuse what no hub could ask."""
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must be a whole address such as https://watch.example.org")
        return value


class FetchSettings(Section):
    """What holds for every request that leaves this machine."""

    contact: str = Field(
        "https://storywatch.invalid/contact",
        pattern=r"^[\x20-\x7e]+$",
        description="Address in the User-Agent under which site owners reach you. Set it.",
    )
    total_seconds: float = Field(30, gt=0, le=300, description="Longest time one request may take, redirects included.")
    page_bytes: int = Field(5_000_000, ge=1000, description="Largest page, decompressed.")
    feed_bytes: int = Field(10_000_000, ge=1000, description="Largest feed document, decompressed.")
    ports: tuple[int, ...] = Field((80, 443, 8080, 8443), description="Ports that may be asked.")
    allow_private: tuple[NetworkOrHost, ...] = Field(
        (),
        description="Networks, addresses or host names on private networks that may be asked all the same.",
    )
    host_gap_seconds: float = Field(1.0, ge=0, description="Least time between two starts at one host.")
    host_concurrency: int = Field(2, ge=1, le=32, description="Most requests at one host at once.")
    look_again_hours: tuple[Annotated[float, Field(gt=0, le=720)], ...] = Field(
        (1.0, 8.0),
        description="Hours after which the page of a new article is looked at again for edits; empty looks only where "
        "a feed changed.",
    )
    robots: bool = Field(True, description="Ask each site's robots.txt before a page of it, and keep to what it says.")


class WorkerSettings(Section):
    """How pages are worked on."""

    concurrency: int = Field(64, ge=1, le=1000, description="Jobs in flight in one worker process.")
    processes: int = Field(1, ge=1, le=64, description="Page worker processes that `storywatch run` starts.")
    extractors: int = Field(2, ge=1, le=64, description="Child processes of one page worker that extract text.")
    extract_seconds: float = Field(20, gt=0, le=300, description="Longest time one page may take to extract.")
    extract_megabytes: int = Field(1024, ge=256, description="Most memory one extracting child may use.")
    attempts: int = Field(5, ge=1, le=100, description="Tries to fetch one page before the feed's text is used.")


class StorySettings(Section):
    """How articles are grouped."""

    window_hours: int = Field(72, ge=1, description="How far back an article may find its story.")


class DeliverySettings(Section):
    """How alerts are handed over."""

    concurrency: int = Field(16, ge=1, le=1000, description="Deliveries in flight in one delivery worker.")
    attempts: int = Field(16, ge=1, le=100, description="Tries before a delivery is parked; 16 last 29 hours.")
    first_retry_seconds: float = Field(10, gt=0, description="Wait after the first failure; doubles, with jitter.")
    longest_retry_seconds: float = Field(21_600, gt=0, description="Longest wait between two tries.")
    give_up_hours: float = Field(
        72, gt=0, description="Age at which a delivery that fails is parked, however often tried."
    )


class OperatorSettings(Section):
    """Who is told when news stops coming in."""

    channels: tuple[str, ...] = Field(
        (),
        description="Channels that hear of incidents, by name; `storywatch coverage` shows them in any case.",
    )


class AlarmSettings(Section):
    """When the operator hears that something is wrong with the service itself; 0 switches an alarm off."""

    stuck_minutes: float = Field(
        3.5, ge=0, description="Work that could be done stands still: queues, releases, polls."
    )
    late_minutes: float = Field(60, ge=0, description="The first waiting entry or delivery has been due for so long.")
    feeds_late_minutes: float = Field(180, ge=0, description="A feed has been due for so long, and its host is free.")
    quiet_hours: float = Field(24, ge=0, description="No article came from any feed.")
    dead_letters: int = Field(1, ge=0, description="Parked deliveries of one channel.")
    failing_percent: float = Field(50, ge=0, le=100, description="Share of feeds, or of hosts, that fail.")
    disk_megabytes: int = Field(1000, ge=0, description="Room left on the disk of the data folder.")
    rest_minutes: float = Field(30, ge=0, description="A channel fails for so long, or says that it is gone.")
    silent_minutes: float = Field(2, ge=0, description="No process of a kind beats.")
    clock_seconds: float = Field(30, ge=0, description="Clocks of two machines, or of one and the database, differ.")


class RetentionSettings(Section):
    """How long things are kept, in days; 0 is for ever. That an entry was seen is never forgotten."""

    texts_days: int = Field(0, ge=0, description="Texts of articles; titles are kept, and found.")
    stories_days: int = Field(0, ge=0, description="Stories since their last article, with all articles and alerts.")
    alerts_days: int = Field(0, ge=0, description="Alerts of stories that are as old, and digests.")
    deliveries_days: int = Field(180, ge=0, description="Deliveries that ended, and delays with them.")
    entries_days: int = Field(90, ge=0, description="What the feed said in an entry that ended, beside its title.")
    events_days: int = Field(365, ge=0, description="Events of feeds, incidents that are over, last crashes of hosts.")
    samples_days: int = Field(7, ge=1, description="Samples of the queues, one a minute.")


class WebSettings(Section):
    """The dashboard."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8420, ge=0, le=65535, description="Port to listen on.")
    password: str = Field(
        "", description="Password of the user `admin` until he sets one of his own; see users.md.", repr=False
    )
    hosts: tuple[str, ...] = Field(
        (), description="Further host names under which the dashboard may be asked, such as `watch.example.org`."
    )
    public_url: str = Field(
        "",
        description="Address under which receivers of messages reach the dashboard, such as `https://watch.example.org`.",
    )
    requests_per_minute: int = Field(
        600, ge=1, description="Requests to the API that one token or user may make in a minute, as many at once."
    )
    checks_per_minute: int = Field(
        10, ge=1, description="Searches for feeds and checks of one that a token or user may start in a minute."
    )
    subscriptions_per_user: int = Field(1_000, ge=1, description="Subscriptions that one user may have.")
    https: bool = Field(
        False, description="Whether visitors reach it by https, through a proxy of yours; cookies then travel only so."
    )


class LogSettings(Section):
    """What is written to standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level that is written.")
    format: Literal["auto", "json", "text"] = Field(
        "auto", description="`json` lines, `text` for reading, `auto` by whether a person is looking."
    )


class ConsoleChannel(Section):
    """Alerts on standard output of the delivery worker."""

    type: Literal["console"]


class FileChannel(Section):
    """Alerts appended to a file, one JSON object a line."""

    type: Literal["file"]
    path: Path = Field(description="File to append to; relative to the data folder.")


class WebhookChannel(Section):
    """Alerts posted as JSON, signed as Standard Webhooks asks."""

    type: Literal["webhook"]
    url: str = Field(description="Address that receives the POST.", repr=False)
    secret: str = Field(description="Signing secret, `whsec_` and base64 of 24 to 64 bytes.", repr=False)
    second_secret: str = Field(
        "", description="A second live secret while one replaces the other: messages carry both signatures.", repr=False
    )


class HubChannel(Section):
    """A WebSub hub, told when the feed of a subscription has changed."""

    type: Literal["hub"]
    url: str = Field(description="Address of the hub.", repr=False)


class ChatChannel(Section):
    """A chat service."""

    type: Literal["chat"]
    url: str = Field(description="Address of the service as apprise writes it.", repr=False)


class EmailChannel(Section):
    """Alerts by e-mail."""

    type: Literal["email"]
    to: tuple[str, ...] = Field(min_length=1, description="Receivers.")
    sender: str = Field(description="From address.")
    smtp_host: str = Field(description="Mail server.")
    smtp_port: int = Field(587, ge=1, le=65535, description="Port of the mail server.")
    security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="`starttls`, `tls` from the start, or `none` on a trusted network."
    )
    username: str = Field("", description="Login at the mail server; empty for none.")
    password: str = Field("", description="Password at the mail server.", repr=False)


ChannelSettings = Annotated[
    ConsoleChannel | FileChannel | WebhookChannel | HubChannel | ChatChannel | EmailChannel, Field(discriminator="type")
]


class Settings(Section):
    """All settings."""

    storage: StorageSettings = StorageSettings()
    queue: QueueSettings = QueueSettings()
    feeds: FeedSettings = FeedSettings()
    websub: WebsubSettings = WebsubSettings()
    fetch: FetchSettings = FetchSettings()
    worker: WorkerSettings = WorkerSettings()
    stories: StorySettings = StorySettings()
    delivery: DeliverySettings = DeliverySettings()
    operator: OperatorSettings = OperatorSettings()
    alarms: AlarmSettings = AlarmSettings()
    retention: RetentionSettings = RetentionSettings()
    web: WebSettings = WebSettings()
    log: LogSettings = LogSettings()
    channels: dict[str, ChannelSettings] = Field(
        {"alerts": FileChannel(type="file", path=Path("alerts.jsonl"))},
        description="Where alerts go, by name; subscriptions name them.",
    )
