"""Read the settings once, from a TOML file and the environment, and report every mistake together.

In: an optional path and the environment. Out: `Settings`, or BadSettings with one sentence for each mistake.
Hides tomllib and pydantic's error objects. Trap: a variable from the environment wins over the file, and its
value is text, so only lists and tables are written as TOML there (`["a", "b"]`).
"""

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from config.settings import HubChannel, Settings
from pipeline.errors import BadSettings

PREFIX = "STORYWATCH_"
NOT_SETTINGS = {"STORYWATCH_CONFIG", "STORYWATCH_SERVER", "STORYWATCH_TOKEN_FILE"}
DEFAULT_FILE = Path("config/storywatch.toml")


def read_settings(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """Give the settings; raises BadSettings with every mistake found in file and environment.

    Without `path`, the variable STORYWATCH_CONFIG names the file, then `config/storywatch.toml` is taken if it
    is there. A file that was named must exist.
    """
    file = chosen_file(path, environ)
    values = _read_file(file) if file else {}
    origins = _overlay(values, environ)
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        raise BadSettings([_sentence(detail, origins, file) for detail in error.errors()]) from error
    problems = list(contradictions(settings))
    if problems:
        raise BadSettings(problems)
    return settings


def contradictions(settings: Settings) -> Iterator[str]:
    """Name each pair of settings that cannot both hold."""
    feeds, delivery = settings.feeds, settings.delivery
    if feeds.floor_seconds > feeds.interval_seconds:
        yield (
            f"feeds.floor_seconds = {feeds.floor_seconds} is above feeds.interval_seconds = "
            f"{feeds.interval_seconds}: lower the floor or raise the interval"
        )
    if feeds.interval_seconds > feeds.ceiling_seconds:
        yield (
            f"feeds.interval_seconds = {feeds.interval_seconds} is above feeds.ceiling_seconds = "
            f"{feeds.ceiling_seconds}: lower the interval or raise the ceiling"
        )
    for name in settings.operator.channels:
        if name not in settings.channels:
            yield f"operator.channels names {name!r}, and there is no such channel: {', '.join(settings.channels)}"
        elif isinstance(settings.channels[name], HubChannel):
            yield f"operator.channels names {name!r}, a hub, which carries no messages: name a channel that people read"
    yield from _too_short(settings)
    if delivery.first_retry_seconds > delivery.longest_retry_seconds:
        yield (
            f"delivery.first_retry_seconds = {delivery.first_retry_seconds} is above "
            f"delivery.longest_retry_seconds = {delivery.longest_retry_seconds}: lower the first"
        )


def _too_short(settings: Settings) -> Iterator[str]:
    """Name each time of keeping in which stories may still grow."""
    window = settings.stories.window_hours
    for name in ("texts_days", "stories_days", "alerts_days"):
        days = getattr(settings.retention, name)
        if 0 < days * 24 < 2 * window:
            yield (
                f"retention.{name} = {days} is below twice stories.window_hours = {window}, and stories still grow: "
                "raise it, or write 0 for ever"
            )


def chosen_file(path: Path | None, environ: Mapping[str, str]) -> Path | None:
    """Say which file is read; None if none was named and the default is not there.

    Raises BadSettings for a file that lies where somebody may expect it to be read, and is not.
    """
    named = path or (Path(environ["STORYWATCH_CONFIG"]) if environ.get("STORYWATCH_CONFIG") else None)
    if named:
        return named
    if DEFAULT_FILE.is_file():
        return DEFAULT_FILE
    if (beside := Path(DEFAULT_FILE.name)).is_file():
        problem = (
            f"{beside.absolute()} would not be read: without a name given, the settings are {DEFAULT_FILE} below "
            f"the folder in which the command is started. Give `--config {beside}`, set STORYWATCH_CONFIG to it, "
            f"or move it to {DEFAULT_FILE}"
        )
        raise BadSettings([problem])
    return None


def _read_file(path: Path) -> dict[str, Any]:
    """Parse the file; raises BadSettings if it is missing, unreadable or not TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadSettings([f"{path}: no such file; write one with `storywatch init`"]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings([f"{path}: cannot be read: {error}"]) from error
    except (ValueError, RecursionError) as error:
        raise BadSettings([f"{path}: not valid TOML: {error}"]) from error


def _overlay(values: dict[str, Any], environ: Mapping[str, str]) -> dict[tuple[str, ...], str]:
    """Lay STORYWATCH_SECTION__NAME variables over `values`; give the variable's name for each place set."""
    origins = {}
    for variable, raw in sorted(environ.items()):
        if not variable.startswith(PREFIX) or variable in NOT_SETTINGS:
            continue
        place = tuple(variable[len(PREFIX) :].lower().split("__"))
        table = values
        for name in place[:-1]:
            table = table.setdefault(name, {})
            if not isinstance(table, dict):
                raise BadSettings([f"{variable}: `{name}` is not a table"])
        table[place[-1]] = _value(variable, raw)
        origins[place] = variable
    return origins


def _value(variable: str, raw: str) -> object:
    """Give lists and tables as TOML reads them, everything else as the text it is."""
    if not raw.lstrip().startswith(("[", "{")):
        return raw
    try:
        return tomllib.loads(f"value = {raw}")["value"]
    except (ValueError, RecursionError) as error:
        raise BadSettings([f'{variable}: not a TOML list or table (write ["a", "b"]): {error}']) from error


def _sentence(detail: ErrorDetails, origins: Mapping[tuple[str, ...], str], file: Path | None) -> str:
    """Say one mistake: where it is, what is wrong, what to write instead."""
    place = tuple(str(part) for part in detail["loc"])
    written = origins.get(place) or f"{'.'.join(place)}{f' ({file})' if file else ''}"
    if detail["type"] == "extra_forbidden":
        return f"{written}: there is no such setting{_nearest(place)}"
    if detail["type"] == "missing":
        return f"{written}: must be set"
    if detail["type"] == "tuple_type":
        return f'{written}: must be a list, written ["a", "b"]'
    given = detail.get("input")
    shown = f" (given: {given!r})" if isinstance(given, int | float | str) and not _is_secret(place) else ""
    return f"{written}: {_lower_first(detail['msg'].removeprefix('Value error, '))}{shown}"


def _is_secret(place: tuple[str, ...]) -> bool:
    """Tell whether a value must not be shown again."""
    return place[-1] in {"password", "secret", "url", "database_url", "username"}


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


def _nearest(place: tuple[str, ...]) -> str:
    """Suggest the setting that was probably meant."""
    near = difflib.get_close_matches(".".join(place), setting_names(), n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""


def setting_names() -> list[str]:
    """List every setting as `section.name`, channels apart, in the order they are declared."""
    return [name for name, _ in described_settings()]


def described_settings() -> list[tuple[str, str]]:
    """Give (name, description) of every setting; docs/settings.md is checked against this."""
    return list(_walk(Settings, ""))


def _walk(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, str]]:
    """Yield each plain field of `model` and below with its description."""
    for name, field in model.model_fields.items():
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from _walk(annotation, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", field.description or ""
