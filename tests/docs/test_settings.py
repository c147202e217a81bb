"""docs/settings.md: complete, without a name too many, with the right defaults, and its examples can be used."""

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from config.reading import PREFIX, read_settings
from config.settings import ChatChannel, ConsoleChannel, EmailChannel, FileChannel, HubChannel, Settings, WebhookChannel
from tests.docs.reading import DOCS, blocks, rows
from workers.channels import channel_targets

PAGE = (DOCS / "settings.md").read_text(encoding="utf-8")
CHANNELS: tuple[type[BaseModel], ...] = (
    FileChannel,
    ConsoleChannel,
    WebhookChannel,
    HubChannel,
    ChatChannel,
    EmailChannel,
)
EXAMPLES = blocks(PAGE, "toml")


def fields_by_name() -> dict[str, FieldInfo]:
    """Give every plain setting as the file names it."""
    sections = {name: field.annotation for name, field in Settings.model_fields.items()}
    return {
        f"{section}.{name}": field
        for section, model in sections.items()
        if isinstance(model, type) and issubclass(model, BaseModel)
        for name, field in model.model_fields.items()
    }


def as_toml(value: Any) -> str:
    """Write a default as it would stand in the file."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(as_toml, value))}]"
    return json.dumps(value if isinstance(value, bool | int) else _plain(value))


def _plain(value: Any) -> str | int | float:
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    return str(value)


def test_every_setting_is_there_once_and_no_other() -> None:
    """Nobody meets a setting here that does not exist, and none is kept from the reader."""
    named = [name.partition("`")[0] for name, *_ in _setting_rows()]
    assert sorted(named) == sorted(fields_by_name())


def test_each_setting_stands_with_its_variable_default_and_meaning() -> None:
    """The page says what the code says."""
    for first, default, meaning, when in _setting_rows():
        name, variable = re.fullmatch(r"(\S+)`<br>`(\S+)", first.strip("`")).groups()  # type: ignore[union-attr]
        field = fields_by_name()[name]
        assert variable == PREFIX + name.upper().replace(".", "__")
        assert (name, default) == (name, as_toml(field.default))
        assert meaning == field.description
        assert when


def _setting_rows() -> list[tuple[str, ...]]:
    return [(first.strip("`"), *rest) for first, *rest in rows(PAGE, "setting", "default", "meaning", "change it")]


@pytest.mark.parametrize("model", CHANNELS, ids=lambda model: model.__name__)
def test_each_kind_of_channel_is_described(model: type[BaseModel]) -> None:
    """Under the heading of its type stand exactly its keys, with the right defaults."""
    kind = get_args(model.model_fields["type"].annotation)[0]
    section = PAGE.split(f'### type = "{kind}"\n')[1].split("\n### ")[0]
    described = {key.removeprefix("channels.NAME."): rest for key, *rest in rows(section, "key", "default", "meaning")}
    expected = {
        name: [
            "must be set" if field.default is PydanticUndefined else as_toml(field.default),
            field.description,
        ]
        for name, field in model.model_fields.items()
        if name != "type"
    }
    assert described == expected


@pytest.mark.parametrize("body", EXAMPLES)
def test_an_example_can_be_used(body: str, tmp_path: Path) -> None:
    """Pasted into the file it is read, and its channels can be made."""
    file = tmp_path / "storywatch.toml"
    file.write_text(body, encoding="utf-8")
    settings = read_settings(file, {})
    assert set(channel_targets(settings.channels, tmp_path)) == set(settings.channels)


def test_the_variables_of_the_example_are_read(tmp_path: Path) -> None:
    """What the page exports is what the settings become."""
    lines = [line.removeprefix("export ") for body in blocks(PAGE, "sh") for line in body.splitlines()]
    environ = {name: value.strip("'") for name, _, value in (line.partition("=") for line in lines)}
    (tmp_path / "empty.toml").touch()
    settings = read_settings(tmp_path / "empty.toml", environ)
    assert settings.web.port == 9000
    assert settings.fetch.allow_private == ("10.0.0.0/8", "intranet.example.org")


def test_what_the_page_says_of_channels_holds(tmp_path: Path) -> None:
    """One channel without any settings; none but those named with some; a channel from the environment."""
    (tmp_path / "empty.toml").touch()
    assert set(read_settings(tmp_path / "empty.toml", {}).channels) == {"alerts"}
    environ = {"STORYWATCH_CHANNELS__SCREEN__TYPE": "console"}
    assert set(read_settings(tmp_path / "empty.toml", environ).channels) == {"screen"}
