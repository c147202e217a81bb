"""The grammar of follow-ups: sentences with choices and facts, drawn by number and never twice the same way.

In: `follow_ups/*.toml` and a seed. Out: facts, titles and paragraphs. Hides how draws are made.
Trap: a draw depends on seed and label only, so the same address gives the same text after any restart;
renaming a fact in a file changes every text of that kind.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from string import Formatter
from typing import Any

from demo.content import FOLDER, BadContent, read_toml

_CHOICE = re.compile(r"\[([^\]]+)\]")
_NAME_PARTS = {
    "town": ("town_heads", "town_tails", ""),
    "person": ("first_names", "last_names", " "),
    "firm": ("firm_heads", "firm_tails", " "),
    "ship": ("ship_heads", "ship_tails", " "),
}
_DETAIL_COUNT = 7
_NAMES = "names.toml"  #: parts of names, and the facts that all kinds have


@dataclass(frozen=True, slots=True)
class Voice:
    """One way of telling: what another outlet would write is another voice."""

    titles: tuple[str, ...]
    leads: tuple[str, ...]
    details: tuple[str, ...]
    closings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of event that happens again and again, somewhere else and with other people."""

    kind: str
    language: str
    copied: bool  #: another outlet may republish the first telling
    outlets: tuple[str, ...]
    facts: Mapping[str, Mapping[str, Any]]
    voices: tuple[Voice, ...]


def draw(seed: str, label: str, count: int) -> int:
    """Give a number from 0 to `count` - 1 that depends on nothing but seed and label."""
    return int.from_bytes(blake2b(f"{seed}/{label}".encode(), digest_size=8).digest()) % count


def shuffled(seed: str, label: str, values: Sequence[str]) -> list[str]:
    """Give the values in an order drawn from seed and label."""
    return sorted(values, key=lambda value: draw(seed, f"{label}/{value}", 2**32))


def load_kinds(folder: Path = FOLDER) -> tuple[Kind, ...]:
    """Read and check every kind; raises `BadContent` when a sentence uses a fact that is not there."""
    common = read_toml(folder / "follow_ups" / _NAMES)["facts"]
    paths = sorted((folder / "follow_ups").glob("*.toml"))
    return tuple(_kind(path, common) for path in paths if path.name != _NAMES)


def load_names(folder: Path = FOLDER) -> Mapping[str, Sequence[str]]:
    """Read the parts of invented names."""
    return read_toml(folder / "follow_ups" / _NAMES)


def invent_facts(kind: Kind, names: Mapping[str, Sequence[str]], seed: str) -> dict[str, str]:
    """Draw a value for each fact of the kind; two facts of one event never get the same name."""
    facts: dict[str, str] = {}
    for label, rule in kind.facts.items():
        attempt = 0
        value = _fact(rule, names, seed, label)
        while "name" in rule and value in facts.values():
            attempt += 1
            value = _fact(rule, names, seed, f"{label}+{attempt}")
        facts[label] = value
    return facts


def tell_title(voice: Voice, facts: Mapping[str, str], seed: str) -> str:
    """Write a headline."""
    return _say(shuffled(seed, "title", voice.titles)[0], facts, seed)


def tell_paragraphs(voice: Voice, facts: Mapping[str, str], seed: str) -> tuple[str, ...]:
    """Write the text: a lead, details in pairs, a closing."""
    details = shuffled(seed, "detail", voice.details)
    told = [_say(sentence, facts, seed) for sentence in details[:_DETAIL_COUNT]]
    pairs = [" ".join(told[at : at + 2]) for at in range(0, len(told), 2)]
    lead = _say(shuffled(seed, "lead", voice.leads)[0], facts, seed)
    closing = _say(shuffled(seed, "closing", voice.closings)[0], facts, seed)
    return (lead, *pairs, closing)


def _fact(rule: Mapping[str, Any], names: Mapping[str, Sequence[str]], seed: str, label: str) -> str:
    if "between" in rule:
        low, high = rule["between"]
        return f"{low + draw(seed, label, high - low + 1):,}"
    if "pick" in rule:
        return str(rule["pick"][draw(seed, label, len(rule["pick"]))])
    heads, tails, joint = _NAME_PARTS[rule["name"]]
    head = names[heads][draw(seed, f"{label}/head", len(names[heads]))]
    return f"{head}{joint}{names[tails][draw(seed, f'{label}/tail', len(names[tails]))]}"


def _say(sentence: str, facts: Mapping[str, str], seed: str) -> str:
    """Make the choices of a sentence, fill in its facts and begin it with a capital."""

    def choose(match: re.Match[str]) -> str:
        options = match[1].split("|")
        return options[draw(seed, sentence + match[1], len(options))]

    said = _CHOICE.sub(choose, sentence).format_map(facts)
    return said[0].upper() + said[1:]


def _kind(path: Path, common: Mapping[str, Mapping[str, Any]]) -> Kind:
    table = read_toml(path)
    try:
        table["facts"] = {**table["facts"], **common}
        voices = tuple(Voice(**{part: tuple(said) for part, said in voice.items()}) for voice in table.pop("voice"))
        kind = Kind(**{**table, "outlets": tuple(table["outlets"])}, voices=voices)
    except (KeyError, TypeError) as error:
        raise BadContent(f"{path.name}: {error!r}") from error
    unknown = {name for voice in voices for name in _names_used(voice)} - kind.facts.keys()
    if unknown:
        raise BadContent(f"{path.name}: no such fact: {', '.join(sorted(unknown))}")
    return kind


def _names_used(voice: Voice) -> set[str]:
    sentences = voice.titles + voice.leads + voice.details + voice.closings
    return {name for sentence in sentences for _, name, _, _ in Formatter().parse(sentence) if name}
