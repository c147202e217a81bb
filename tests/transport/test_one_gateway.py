"""Everything that leaves the machine goes through one room: read from the code itself."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("pipeline", "workers", "config", "dashboard", "cli", "demo")
#: Modules that can open a connection to an address of somebody else's choosing.
CLIENTS = frozenset({"aiohttp", "requests", "httpx", "urllib3", "pycurl", "http.client", "urllib.request", "ftplib"})
#: The transport itself, and the demo's origin, which only listens.
MAY_HAVE_A_CLIENT = ("pipeline/transport/", "demo/origin.py")
#: Functions of other libraries that fetch on their own.
FETCHING = frozenset({"fetch_url", "fetch_response", "urlopen", "urlretrieve", "fetch_feed", "find_feed_urls"})
#: A mail server is the owner's choice and is asked wherever it is; see docs/settings.md.
MAY_HAVE_SMTP = ("pipeline/alerts/channels/mail.py",)


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Give each module of the product with its syntax tree."""
    for room in ROOMS:
        for file in sorted((ROOT / room).rglob("*.py")):
            yield str(file.relative_to(ROOT)), ast.parse(file.read_text(encoding="utf-8"))


def imported(tree: ast.Module) -> set[str]:
    """Name every module that is imported, `a.b` for `from a import b` as well."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
    return found


def named(tree: ast.Module) -> set[str]:
    """Name every function, attribute and import that the module mentions."""
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return names | {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def below(modules_wanted: frozenset[str], found: set[str]) -> set[str]:
    return {name for name in found for wanted in modules_wanted if name == wanted or name.startswith(f"{wanted}.")}


def test_one_room_can_ask_the_web() -> None:
    """S3: no module but the transport's imports an HTTP client, its parts or one of the standard library."""
    trespassing = {
        path: clients
        for path, tree in modules()
        if not path.startswith(MAY_HAVE_A_CLIENT) and (clients := below(CLIENTS, imported(tree)))
    }
    assert trespassing == {}


def test_no_library_fetches_behind_our_back() -> None:
    """S3: what trafilatura, feedparser and the like can fetch by themselves is never asked of them."""
    assert {path: found for path, tree in modules() if (found := FETCHING & named(tree))} == {}


def test_mail_leaves_by_one_module() -> None:
    """S3: only the mail channel speaks SMTP."""
    found = {path for path, tree in modules() if below(frozenset({"smtplib"}), imported(tree))}
    assert found == set(MAY_HAVE_SMTP)


def test_the_linter_holds_the_same_rule() -> None:
    """S3: the contract that CI checks names every room but the transport."""
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    [contract] = [each for each in linter["contracts"] if each["name"] == "One room knows the HTTP client"]
    inside = {f"pipeline.{each.name}" for each in (ROOT / "pipeline").iterdir() if (each / "__init__.py").exists()}
    assert inside - {"pipeline.transport"} <= set(contract["source_modules"])


@pytest.mark.parametrize(
    "source",
    ["import aiohttp", "from urllib.request import urlopen", "from urllib import request", "import http.client as c"],
)
def test_a_trespass_is_seen(source: str) -> None:
    """The rule above could fail."""
    assert below(CLIENTS, imported(ast.parse(source)))
