"""`storywatch init`: write the files that a user edits into a folder; never over one that is there."""

import base64
import secrets
from importlib import resources
from pathlib import Path
from typing import Annotated

import typer

from cli.output import note, out
from pipeline.errors import Unusable

FILES = ("storywatch.toml", "feeds.opml", "subscriptions.toml")


def init(folder: Annotated[Path, typer.Argument(help="Folder to write to.")] = Path("config")) -> None:
    """Write storywatch.toml, feeds.opml and subscriptions.toml; files that exist are left alone."""
    for name in FILES:
        target = folder / name
        if target.exists():
            note(f"{target} is there already and was left as it is")
            continue
        _write(target, resources.files("config").joinpath(name).read_bytes())
        out.print(f"wrote {target}")
    out.print(f"a fresh webhook secret, should you need one: {fresh_secret()}")


def fresh_secret() -> str:
    """Make a webhook secret as Standard Webhooks writes them: 32 random bytes."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _write(target: Path, body: bytes) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)
    except OSError as error:
        raise Unusable(f"{target} cannot be written ({error.strerror}); name another folder") from error
