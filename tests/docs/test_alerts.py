"""docs/alerts.md: every example of a rule can be used, and every key has its row and its option."""

import re
import tomllib
from typing import Any

import pytest
import typer

from cli.main import command_line
from pipeline.alerts.subscriptions_file import read_subscriptions
from pipeline.rule_text import KEYS, read_rule
from tests.docs.reading import DOCS, blocks, rows

PAGE = (DOCS / "alerts.md").read_text(encoding="utf-8")
ROWS = list(rows(PAGE, "key", "option", "example", "meaning"))
EXAMPLES = [body for body in blocks(PAGE, "toml") if "[[subscription]]" in body]


def test_every_key_has_its_row() -> None:
    """Nobody meets a key that does not exist, and none is kept from the reader."""
    assert [key.strip("`") for key, *_ in ROWS] == list(KEYS)


@pytest.mark.parametrize(("key", "example"), [(key.strip("`"), example.strip("`")) for key, _, example, _ in ROWS])
def test_each_example_is_read(key: str, example: str) -> None:
    """What stands in the column can be written behind the key."""
    assert read_rule(tomllib.loads(f"{key} = {example}"))


def test_each_option_exists() -> None:
    """The command has the option beside each key, and no other for rules."""
    group = typer.main.get_command(command_line())
    add = group.commands["subscriptions"].commands["add"]  # type: ignore[attr-defined]
    known = {opt for parameter in add.params for opt in parameter.opts}
    assert {option.strip("`") for _, option, *_ in ROWS} <= known


@pytest.mark.parametrize("body", EXAMPLES)
def test_an_example_of_the_file_can_be_used(body: str) -> None:
    """Pasted into the file it makes a subscription with a rule."""
    [draft] = read_subscriptions(body, {"alerts"})
    assert draft.rule.is_watching


def test_the_sample_of_a_receiver_accepts_the_sample_message() -> None:
    """S22: the code on the page accepts the message on the page with either secret, and no other."""
    names: dict[str, Any] = {}
    [code] = blocks(PAGE, "python")
    exec(compile(code, "docs/alerts.md", "exec"), names)  # noqa: S102 - from our own page
    [message] = blocks(PAGE, "http")
    head, _, body = message.partition("\n\n")
    headers = dict(line.split(": ", 1) for line in head.splitlines())
    secrets = re.findall(r"`(whsec_[^`]+)`", PAGE)
    assert len(secrets) == 2
    is_genuine = names["is_genuine"]
    assert [is_genuine(secret, headers, body.rstrip("\n").encode()) for secret in secrets] == [True, True]
    assert not is_genuine(secrets[0], headers, body.encode())
    assert not is_genuine("whsec_" + "A" * 32, headers, body.rstrip("\n").encode())
    assert not is_genuine(secrets[0], headers | {"webhook-id": "other"}, body.rstrip("\n").encode())
