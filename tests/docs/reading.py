r"""Read the documents as a program does: tables, fenced blocks, links.

In: Markdown as this repository writes it. Out: plain strings. Pure but for reading files. Trap: a cell's bar is
written `\|`, inside code too, as GitHub asks.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"

_FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)")


def documents() -> list[Path]:
    """Give the documents that people read first, and those they are led to."""
    return [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]


def blocks(text: str, language: str) -> list[str]:
    """Give the bodies of the fenced blocks of a language."""
    return [body for name, body in _FENCE.findall(text) if name == language]


def links(text: str) -> list[str]:
    """Give the targets of links that stand outside fenced blocks."""
    return _LINK.findall(_FENCE.sub("", text))


def rows(text: str, *columns: str) -> Iterator[tuple[str, ...]]:
    """Yield the rows of every table with exactly these columns; code marks and escapes taken off."""
    inside = False
    for line in _FENCE.sub("", text).splitlines():
        cells = _cells(line)
        if not cells:
            inside = False
        elif cells == columns:
            inside = True
        elif inside and not all(set(cell) <= {"-", ":"} for cell in cells):
            yield cells


def _cells(line: str) -> tuple[str, ...]:
    if not line.startswith("|"):
        return ()
    return tuple(_plain(cell) for cell in re.split(r"(?<!\\)\|", line.strip().strip("|")))


def _plain(cell: str) -> str:
    text = cell.strip().replace("\\|", "|")
    is_code = len(text) > 1 and text[0] == text[-1] == "`" and "`" not in text[1:-1]
    return text[1:-1] if is_code else text


def shell_lines(text: str) -> Iterator[str]:
    """Yield the commands of every block for a shell, comments and prompts taken off, continued lines joined."""
    for language in ("sh", "bash", "console"):
        for body in blocks(text, language):
            yield from _commands(body.replace("\\\n", " ").splitlines())


def _commands(lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        command = re.sub(r"(^|\s)#.*$", "", line).strip().removeprefix("$ ")
        if command:
            yield command
