"""The settings under which the demo runs.

In: a folder and the ports. Out: a folder `config` with settings, feeds and subscriptions, as a user would have it.
Trap: the newsroom publishes every few seconds from one address, so politeness is turned down here and nowhere else.
"""

from collections.abc import Mapping
from pathlib import Path

from demo.content import TEASER_WORD, load_content, subscriptions_toml
from demo.opml import newsroom_opml
from pipeline.errors import Unusable

SETTINGS = """\
[storage]
data_dir = "{data_dir}"

[feeds]
interval_seconds = 5
floor_seconds = 4
adaptive = false

[fetch]
ports = [{newsroom_port}]
allow_private = ["127.0.0.0/8", "localhost"]
host_gap_seconds = 0.05
host_concurrency = 8

[web]
port = {dashboard_port}

[channels.alerts]
type = "file"
path = "alerts.jsonl"
"""
#: Settings of the user's own that do no harm to a demo.
KEPT = ("STORYWATCH_LOG__",)


def demo_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Give the environment without settings of a real installation, which the demo must not touch."""
    return {
        name: value for name, value in environ.items() if not name.startswith("STORYWATCH_") or name.startswith(KEPT)
    }


def write_demo_config(folder: Path, newsroom_port: int, dashboard_port: int) -> Path:
    """Write the settings, feeds and subscriptions; gives the settings file. Raises Unusable if it cannot."""
    config = folder / "config" / "storywatch.toml"
    settings = SETTINGS.format(
        data_dir=_quoted(folder.absolute() / "data"), newsroom_port=newsroom_port, dashboard_port=dashboard_port
    )
    try:
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(settings, encoding="utf-8")
        (config.parent / "feeds.opml").write_bytes(newsroom_opml(newsroom_port))
        (config.parent / "subscriptions.toml").write_text(subscriptions_toml(), encoding="utf-8")
    except OSError as error:
        raise Unusable(f"the folder {folder} cannot be written ({error.strerror}); name another with --keep") from error
    return config


def greeting(newsroom_port: int) -> list[str]:
    """Say what is to be seen."""
    content = load_content()
    first = next(iter(content.outlets.values()))
    return [
        f"Newsroom   {len(content.outlets)} fictional outlets, such as {first.root(newsroom_port)}/",
        f"'{TEASER_WORD}' stands in teasers beside the articles only: its subscription must stay silent.",
    ]


def _quoted(path: Path) -> str:
    return str(path).replace("\\", "\\\\").replace('"', '\\"')
