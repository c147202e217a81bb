"""Find the documents of the four suites in the archive, each with what its suite says of it.

In: the archive. Out: `Case`s, in the archive's order. Trap: gofeed and feed-rs put the expectation into a file beside
the document, under names that differ a little.
"""

import zipfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.conformance import feedparser_suite, json_suites, w3c_suite
from benchmarks.conformance.said import Case


def cases(archive: Path) -> Iterator[Case]:
    """Give every document of the archive; those that no expectation belongs to have an empty `said`."""
    with zipfile.ZipFile(archive) as opened:
        names = frozenset(opened.namelist())
        for name in sorted(names):
            if name.endswith(("LICENSE", ".serde.json", "_expected.json")) or _is_beside(name, names):
                continue
            yield _case(opened, name, names)


def _is_beside(name: str, names: frozenset[str]) -> bool:
    """Tell whether a JSON file of gofeed is the expectation of the document of the same name."""
    return name.startswith("gofeed/") and name.endswith(".json") and f"{name[:-5]}.xml" in names


def _case(opened: zipfile.ZipFile, name: str, names: frozenset[str]) -> Case:
    body = opened.read(name)
    suite, stem = name.partition("/")[0], name.rpartition(".")[0]
    if suite == "feedparser":
        return feedparser_suite.read_case(name, body)
    if suite == "w3c":
        return w3c_suite.read_case(name, body)
    beside = {"gofeed": (f"{stem}_expected.json", f"{stem}.json"), "feedrs": (f"{stem}.serde.json",)}[suite]
    expected = next((one for one in beside if one in names and one != name), None)
    if expected is None:
        return Case("gofeed" if suite == "gofeed" else "feed-rs", name, body)
    reader = json_suites.gofeed_case if suite == "gofeed" else json_suites.feedrs_case
    return reader(name, body, opened.read(expected))
