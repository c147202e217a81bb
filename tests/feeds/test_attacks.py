"""Documents that were made to hurt the reader."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.errors import Permanent, Unusable
from pipeline.feeds.parse import parse
from pipeline.feeds.parsers import check_parsers
from tests.feeds.documents import rss
from tests.feeds.growth import grows_evenly

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ITEM = "<item><guid>1</guid><title>{}</title></item>"
LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
MEGABYTE = "x" * 1_000_000

ENTITIES = {
    "billion laughs": f'<!DOCTYPE rss [<!ENTITY a0 "ha">{LAUGHS}]>' + rss(ITEM.format("&a11;")),
    "on many lines": f'<!DOCTYPE rss [\n<!ENTITY a0 "ha">\n{LAUGHS}\n]>\n' + rss(ITEM.format("&a11;")),
    "quadratic": f'<!DOCTYPE rss [<!ENTITY a "{MEGABYTE}">]>' + rss(ITEM.format("&a;" * 2000)),
    "parameter": f'<!DOCTYPE rss [<!ENTITY % p "{LAUGHS.replace(chr(34), chr(39))}">%p;]>' + rss(ITEM.format("&a11;")),
}


@pytest.mark.parametrize("document", ENTITIES.values(), ids=ENTITIES)
def test_entities_are_not_blown_up(document: str) -> None:
    """S17: entities that grow are refused, or are words like any others; grown, they would fill any memory."""
    try:
        parsed = parse(document.encode(), url="https://e.example/", now=NOW)
    except Permanent:
        return
    assert all(len(entry.title) <= 1000 for entry in parsed.entries)


@pytest.mark.parametrize("declared", ["general", "parameter", "dtd"])
async def test_nothing_outside_is_opened(declared: str, tmp_path: Path) -> None:
    """S17: no file is read and no address asked, whatever a DOCTYPE names."""
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret of the house")
    callers: list[object] = []
    server = await asyncio.start_server(lambda _reader, writer: callers.append(writer), "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/x"
    doctype = {
        "general": f'<!DOCTYPE rss [<!ENTITY f SYSTEM "{secret.as_uri()}"><!ENTITY h SYSTEM "{address}">]>',
        "parameter": f'<!DOCTYPE rss [<!ENTITY % p SYSTEM "{address}">%p;<!ENTITY f "f"><!ENTITY h "h">]>',
        "dtd": f'<!DOCTYPE rss SYSTEM "{address}">',
    }[declared]
    body = (doctype + rss(ITEM.format("before &f; &h;"))).encode()
    async with server:
        parsed = await asyncio.to_thread(parse, body, url="https://e.example/", now=NOW)
        await asyncio.sleep(0)
        assert callers == []
    assert "secret" not in parsed.entries[0].title


def test_an_old_parser_is_refused() -> None:
    """S17: expat before 2.4.1 does not stop entities that grow; the poller does not start with it, doctor says so."""
    assert "expat 2." in check_parsers()
    with pytest.raises(Unusable, match=r"2\.4\.0.*2\.4\.1 or newer"):
        check_parsers((2, 4, 0))


@pytest.mark.parametrize("text", ["/etc/passwd", "file:///etc/passwd", "http://127.0.0.1/feed"])
def test_a_body_is_never_a_name(text: str) -> None:
    """S17: feedparser opens what looks like a path or an address; it is given bytes only."""
    with pytest.raises(Permanent):
        parse(text.encode(), url="https://e.example/", now=NOW)


def attributes(count: int) -> str:
    return " ".join(f"a{n}='x'" for n in range(count))


def prefixes(count: int) -> str:
    return " ".join(f"xmlns:p{n}='u{n}'" for n in range(count))


DEEP: dict[str, tuple[int, Callable[[int], str]]] = {
    "elements": (100_000, lambda n: rss("<item><guid>1</guid>" + "<a>" * n + "</a>" * n + "</item>")),
    "namespaces": (25_000, lambda n: rss("<item/>" * 1000 + "".join(f"<a xmlns:p{i}='u{i}'/>" for i in range(n)))),
    "namespaces for every element": (2500, lambda n: rss("<p1:x/>" * 50_000, root=prefixes(n))),
    "markup": (25_000, lambda n: rss(f"<item><guid>1</guid><description>{'&lt;div&gt;' * n}</description></item>")),
    "never closed": (10_000, lambda n: "<rss version='2.0'><channel><item><guid>1</guid>" + "<a>" * n),
    "attributes": (25_000, lambda n: rss(f"<item {attributes(n)}><guid>1</guid></item>")),
    "a document of entries": (60_000, lambda n: rss("<item/>" * n)),
}


def read(document: str) -> None:
    with suppress(Permanent):
        parse(document.encode(), url="https://e.example/", now=NOW)


@pytest.mark.parametrize(("size", "make"), DEEP.values(), ids=DEEP)
def test_structure_costs_what_its_size_costs(size: int, make: Callable[[int], str]) -> None:
    """S30: depth and breadth end in entries or a named reason, four times as much in about four times as long."""
    assert grows_evenly(make, read, size)


def test_a_rich_document_is_no_bomb() -> None:
    """S30: markup in CDATA is text, however much; a page's worth of attributes is no attack."""
    image = f"<img {attributes(80)} srcset='{'a.png?w=1&amp;h=2 3w, ' * 300}'/>"
    document = rss(f"<item><guid>1</guid><description><![CDATA[{image * 3000}]]></description></item>")
    assert len(parse(document.encode(), url="https://e.example/", now=NOW).entries) == 1


@pytest.mark.parametrize("kind", ["hub", "alternate", "enclosure", "next"])
def test_links_without_end_are_bounded(kind: str) -> None:
    """S30: thirty thousand links of a feed and of an entry are read in their order, and few are kept."""

    def linked(count: int) -> str:
        links = "".join(f"<a:link rel='{kind}' href='https://e.example/{n}'/>" for n in range(count))
        return rss(f"{links}<item><guid>1</guid>{links}</item>", root="xmlns:a='http://www.w3.org/2005/Atom'")

    assert grows_evenly(linked, read, 4000)
    parsed = parse(linked(30_000).encode(), url="https://e.example/", now=NOW)
    assert [entry.identity for entry in parsed.entries] == ["1"]
    assert len(parsed.hubs) <= 10
    assert parsed.entries[0].url in {"", "https://e.example/0", "https://e.example/29999"}
