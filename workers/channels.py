"""Turn the channels of the settings into targets that alerts can be handed to.

In: `Settings.channels`. Out: targets by name. Trap: settings check types; that a secret decodes, an address is
one and a path stays in the data folder is checked here, all channels at once and before the first alert.
"""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from config.settings import (
    ChannelSettings,
    ChatChannel,
    ConsoleChannel,
    EmailChannel,
    FileChannel,
    HubChannel,
    WebhookChannel,
)
from pipeline.alerts.channels import ChatTarget, ConsoleTarget, FileTarget, HubTarget, MailTarget, Target, WebhookTarget
from pipeline.alerts.channels.chat import SCHEMES
from pipeline.alerts.channels.mail import address_of
from pipeline.alerts.channels.webhook import secret_bytes
from pipeline.errors import BadSettings


def channel_targets(channels: Mapping[str, ChannelSettings], data_dir: Path) -> dict[str, Target]:
    """Give each channel's target; a relative file path stays relative to the data folder.

    Raises BadSettings with one sentence for each mistake, none of which shows a secret.
    """
    targets: dict[str, Target] = {}
    problems: list[str] = []
    for name, channel in channels.items():
        try:
            targets[name] = _target(channel, data_dir)
        except ValueError as error:
            problems.append(f"channels.{name}: {error}")
    if problems:
        raise BadSettings(problems)
    return targets


def _target(channel: ChannelSettings, data_dir: Path) -> Target:
    """Make one target; raises ValueError, worded for the operator."""
    match channel:
        case ConsoleChannel():
            return ConsoleTarget()
        case FileChannel():
            return FileTarget(_checked_path(channel.path, data_dir))
        case WebhookChannel():
            return _webhook(channel)
        case ChatChannel():
            return _chat(channel)
        case HubChannel():
            _check_url(channel.url)
            return HubTarget(channel.url)
        case EmailChannel():
            return _mail(channel)


def _checked_path(path: Path, data_dir: Path) -> Path:
    """Give a path as it is if it is absolute or stays in the data folder."""
    folder = data_dir.resolve()
    if path.is_absolute() or (folder / path).resolve().is_relative_to(folder):
        return path
    raise ValueError(f"path '{path}' leaves the data folder; write it from the root to put the file elsewhere")


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ValueError("url must be a whole address such as https://example.org/hook")


def _webhook(channel: WebhookChannel) -> WebhookTarget:
    _check_url(channel.url)
    secret_bytes(channel.secret)
    if channel.second_secret:
        secret_bytes(channel.second_secret)
    return WebhookTarget(channel.url, channel.secret, channel.second_secret)


def _chat(channel: ChatChannel) -> ChatTarget:
    """Check the kind of service; whether apprise can read the rest shows at the first alert, as loading it is slow."""
    scheme = channel.url.partition(":")[0].lower()
    if scheme not in SCHEMES:
        raise ValueError(f"'{scheme[:20]}' is not among the services: {', '.join(sorted(SCHEMES))}")
    return ChatTarget(channel.url)


def _mail(channel: EmailChannel) -> MailTarget:
    for address in (channel.sender, *channel.to):
        try:
            address_of(address)
        except ValueError as error:
            raise ValueError(f"'{address}' is no e-mail address: {error}") from None
    if not channel.smtp_host or any(c.isspace() for c in channel.smtp_host):
        raise ValueError("smtp_host must be the mail server's name")
    return MailTarget(
        to=channel.to,
        sender=channel.sender,
        host=channel.smtp_host,
        port=channel.smtp_port,
        security=channel.security,
        username=channel.username,
        password=channel.password,
    )
