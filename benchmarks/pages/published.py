"""The pages that are worked on: real ones if the data lies beside the checkout, made-up ones otherwise.

In: the data folder, the origin's port, how many are wanted. Out: `Published` pages at addresses of the origin, each
address once. Trap: texts belong to their publishers; only addresses, bytes and the headline leave this module.
"""

import json
import random
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from benchmarks.replay.corpus import headline
from benchmarks.replay.edition import at_origin, framed
from pipeline.articles import decode
from pipeline.urls import canonical

T = TypeVar("T")

MADE_UP_COUNT = 1_000
HOSTS_MADE_UP = 100
SETS = ("articles", "segments")  #: of the real data, each a zip and a JSON that names the addresses


@dataclass(frozen=True, slots=True)
class Published:
    """One page at the origin."""

    url: str
    title: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a real page was published, and in which archive it lies."""

    url: str
    archive: str
    file: str


def publish(data: Path, port: int, most: int | None) -> list[Published]:
    """Give all pages, or so many of them at most, spread over all."""
    folder = data / "extraction"
    if not folder.is_dir():
        return spread(list(made_up(port)), most)
    kept = spread(real_addresses(folder), most)
    with ExitStack() as stack:
        archives = {name: stack.enter_context(zipfile.ZipFile(folder / f"{name}.zip")) for name in SETS}
        return [_real(address, archives[address.archive].read(address.file), port) for address in kept]


def spread(found: Sequence[T], most: int | None) -> list[T]:
    """Take so many at most, at even distances."""
    if most is None or most >= len(found):
        return list(found)
    return [found[place * len(found) // most] for place in range(most)]


def made_up(port: int, count: int = MADE_UP_COUNT) -> Iterator[Published]:
    """Yield pages of some four hundred words that no other has."""
    for number in range(count):
        rng = random.Random(number)
        lines = [" ".join(_word(rng) for _ in range(40)) for _ in range(10)]
        outlet = f"outlet-{number % HOSTS_MADE_UP}"
        title = f"The lock of {_word(rng)} and the {_word(rng)}"
        url = f"http://{outlet}.localhost:{port}/news/{number}.html"
        yield Published(url, title, framed(title, ".\n".join(lines), outlet).encode())


def _word(rng: random.Random) -> str:
    return "".join(rng.choice("bdfklmnprst") + rng.choice("aeiou") for _ in range(rng.randint(1, 4)))


def real_addresses(folder: Path) -> list[Address]:
    """Give where the real pages were published, each address once, and where they lie."""
    found: dict[str, Address] = {}
    for name in SETS:
        known = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        with zipfile.ZipFile(folder / f"{name}.zip") as pages:
            inside = frozenset(pages.namelist())
        for key, about in known.items():
            file = key if key in inside else f"{key}.html"
            if file in inside and urlsplit(about["url"]).hostname:
                found.setdefault(canonical(about["url"]), Address(about["url"], name, file))
    return list(found.values())


def _real(address: Address, body: bytes, port: int) -> Published:
    text = decode(body)
    return Published(at_origin(address.url, port), headline(text) if text.strip() else "", body)
