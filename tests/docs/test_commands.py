"""Every command line in the documents is one that the program knows."""

import shlex
from pathlib import Path

import click
import pytest
import typer

from cli.main import command_line
from tests.docs.reading import ROOT, documents, shell_lines

PROGRAM = "storywatch"
COMMAND = typer.main.get_command(command_line())


def command_lines() -> list[tuple[str, str]]:
    """Give (document, command line) of every call of ours, also inside a container."""
    return [
        (str(path.relative_to(ROOT)), f"{PROGRAM} {rest}".strip())
        for path in documents()
        for line in shell_lines(path.read_text(encoding="utf-8"))
        for rest in _calls(line)
    ]


def _calls(line: str) -> list[str]:
    words = shlex.split(line)
    places = [
        place
        for place, word in enumerate(words)
        if Path(word).name == PROGRAM and not (place and words[place - 1].startswith("-"))  # `-U storywatch` is a name
    ]
    return [shlex.join(words[place + 1 :]) for place in places[:1]]


def test_there_are_command_lines() -> None:
    """The test below has something to do."""
    assert command_lines()


@pytest.mark.parametrize(("document", "line"), command_lines())
def test_a_command_line_parses(document: str, line: str) -> None:
    """Commands, arguments and options exist; whoever copies the line is not told of a mistake in it."""
    words = shlex.split(line)[1:]
    if not words:
        return
    try:
        _parse(COMMAND, words)
    except click.exceptions.Exit:
        pass  # --help and --version end here
    except (click.ClickException, typer.Exit) as error:
        pytest.fail(f"{document}: {line}: {error}")


def _parse(command: object, words: list[str]) -> None:
    """Parse down the tree without running anything."""
    context = command.make_context(PROGRAM, list(words))  # type: ignore[attr-defined]
    with context:
        rest = [*context._protected_args, *context.args]
        if hasattr(command, "resolve_command") and rest:
            _name, inner, left = command.resolve_command(context, rest)
            _parse(inner, left)
