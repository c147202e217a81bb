"""Channels of the settings become targets, or all their mistakes are named without their secrets."""

import base64
from pathlib import Path

import pytest

from config.settings import ConsoleChannel, EmailChannel, FileChannel, Settings, WebhookChannel
from pipeline.alerts.channels import ConsoleTarget, FileTarget, MailTarget, WebhookTarget
from pipeline.errors import BadSettings
from workers.channels import channel_targets

SECRET = "whsec_" + base64.b64encode(b"x" * 32).decode()


def test_each_kind_has_its_target(tmp_path: Path) -> None:
    """Nothing of the settings is lost on the way."""
    channels = {
        "screen": ConsoleChannel(type="console"),
        "file": FileChannel(type="file", path=Path("a/b.jsonl")),
        "hook": WebhookChannel(type="webhook", url="https://hooks.example/x", secret=SECRET),
        "mail": EmailChannel(
            type="email", to=("a@example.org",), sender="b@example.org", smtp_host="mx.example", smtp_port=465,
            security="tls", username="u", password="p",
        ),
    }  # fmt: skip
    assert channel_targets(channels, tmp_path) == {
        "screen": ConsoleTarget(),
        "file": FileTarget(Path("a/b.jsonl")),
        "hook": WebhookTarget("https://hooks.example/x", SECRET),
        "mail": MailTarget(("a@example.org",), "b@example.org", "mx.example", 465, "tls", "u", "p"),
    }


def test_the_default_settings_are_usable(tmp_path: Path) -> None:
    """A fresh installation has one channel, and it works."""
    assert channel_targets(Settings().channels, tmp_path) == {"alerts": FileTarget(Path("alerts.jsonl"))}


def test_all_mistakes_at_once_without_secrets(tmp_path: Path) -> None:
    """S21: each channel that cannot work is named; no address or secret is shown."""
    channels = {
        "escapes": FileChannel(type="file", path=Path("../../etc/x")),
        "scheme": WebhookChannel(type="webhook", url="ftp://canary.example/canary", secret=SECRET),
        "nonsense": WebhookChannel(type="webhook", url="https://[canary", secret=SECRET),
        "secret": WebhookChannel(type="webhook", url="https://hooks.example/", secret="whsec_canary"),
        "sender": EmailChannel(type="email", to=("a@example.org",), sender="nobody", smtp_host="mx.example"),
        "receiver": EmailChannel(type="email", to=("a@b.org\nBcc: c@d.org",), sender="a@b.org", smtp_host="mx.example"),
        "host": EmailChannel(type="email", to=("a@b.org",), sender="a@b.org", smtp_host=""),
    }
    with pytest.raises(BadSettings) as caught:
        channel_targets(channels, tmp_path)
    assert [problem.split(":")[0] for problem in caught.value.problems] == [f"channels.{name}" for name in channels]
    assert "canary" not in str(caught.value)
