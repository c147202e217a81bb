"""The promises of pipeline.urls: one spelling, refused syntax, owners, links made absolute."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.urls import (
    LONGEST_URL,
    absolute,
    canonical,
    find_web_url,
    is_web_url,
    read_web_url,
    registrable_host,
)

SPELLINGS = {
    "scheme and host fold": ("HTTP://News.Example.COM/A", "http://news.example.com/A"),
    "default port": ("https://news.example:443/a", "https://news.example/a"),
    "other port": ("https://news.example:8443/a", "https://news.example:8443/a"),
    "no path": ("https://news.example", "https://news.example/"),
    "fragment": ("https://news.example/a#top", "https://news.example/a"),
    "empty query": ("https://news.example/a?", "https://news.example/a"),
    "tracking": ("https://news.example/a?utm_source=x&id=7&fbclid=q&GCLID=z", "https://news.example/a?id=7"),
    "only tracking": ("https://news.example/a?utm_source=rss", "https://news.example/a"),
    "order is kept": ("https://news.example/a?z=1&a=2&a=1", "https://news.example/a?z=1&a=2&a=1"),
    "valueless parameter": ("https://news.example/?p", "https://news.example/?p"),
    "looks like tracking": ("https://news.example/?utm=1&ref=2", "https://news.example/?utm=1&ref=2"),
    "dot segments": ("https://news.example/a/./b/../c", "https://news.example/a/c"),
    "dots above the root": ("https://news.example/../../a", "https://news.example/a"),
    "dots at the end": ("https://news.example/a/b/..", "https://news.example/a/"),
    "escaped dots": ("https://news.example/a/%2e%2E/b", "https://news.example/b"),
    "double slash stays": ("https://news.example/a//b", "https://news.example/a//b"),
    "needless escapes": ("https://news.example/%7euser/%c3%a9", "https://news.example/~user/%C3%A9"),
    "escaped slash stays": ("https://news.example/a%2fb", "https://news.example/a%2Fb"),
    "lone percent": ("https://news.example/100%", "https://news.example/100%25"),
    "letters of the world": ("https://news.example/é?q=ü x", "https://news.example/%C3%A9?q=%C3%BC%20x"),
    "international host": ("http://BÜCHER.example/", "http://xn--bcher-kva.example/"),
    "sharp s is not folded": ("http://straße.example/", "http://xn--strae-oqa.example/"),
    "root dot": ("http://news.example./", "http://news.example/"),
    "underscore host": ("http://my_blog.example/", "http://my_blog.example/"),
    "space around, breaks inside": (" \thttp://news.exam\nple/a\r\n", "http://news.example/a"),
    "ipv6": ("http://[2001:DB8:0::1]:80/", "http://[2001:db8::1]/"),
    "circled digits": ("http://①②⑦.0.0.1/", "http://127.0.0.1/"),
    "backslash in the query": ("http://news.example/?a=\\b", "http://news.example/?a=%5Cb"),
}

UNUSABLE = {
    "empty": "",
    "words": "not an address",
    "relative": "/a/b",
    "scheme-relative": "//news.example/a",
    "no host": "http:///a",
    "mail": "mailto:desk@news.example",
    "file": "file:///etc/passwd",
    "ftp": "ftp://news.example/",
    "script": "javascript:alert(1)",
    "user": "http://someone@news.example/",
    "user and password": "http://someone:secret@news.example/",
    "backslash host": "http://news.example\\@127.0.0.1/",
    "backslash path": "http://news.example/a\\..\\b",
    "port zero": "http://news.example:0/",
    "port too high": "http://news.example:65536/",
    "port no number": "http://news.example:http/",
    "short ipv4": "http://127.1/",
    "decimal ipv4": "http://2130706433/",
    "hexadecimal ipv4": "http://0x7f000001/",
    "octal ipv4": "http://0177.0.0.1/",
    "scoped ipv6": "http://[fe80::1%25eth0]/",
    "open bracket": "http://[::1/",
    "empty label": "http://news..example/",
    "long label": f"http://{'a' * 64}.example/",
    "space in host": "http://news example/",
    "escaped host": "http://news%2eexample/",
    "endless": "http://news.example/" + "a" * 8000,
}

OWNERS = {
    "plain": ("https://www.news.example.com/", "example.com"),
    "two-level suffix": ("https://news.bbc.co.uk/x", "bbc.co.uk"),
    "rented suffix": ("https://one.github.io/", "one.github.io"),
    "below a rented suffix": ("https://a.one.github.io/", "one.github.io"),
    "bare suffix": ("https://github.io/", "github.io"),
    "no public suffix": ("https://wiki.office.unheard/", "wiki.office.unheard"),
    "single label": ("http://intranet/", "intranet"),
    "international": ("https://www.bücher.de/", "xn--bcher-kva.de"),
    "ipv4": ("http://192.0.2.7:8080/", "192.0.2.7"),
    "ipv6": ("http://[2001:db8::1]/", "2001:db8::1"),
    "localhost": ("http://localhost/", "localhost"),
    "below localhost": ("http://a.gazette.localhost:99/", "a.gazette.localhost"),
    "nothing": ("mailto:desk@news.example", ""),
}

LINKS = {
    "root": ("http://news.example/a/b", "/c", "http://news.example/c"),
    "sibling": ("http://news.example/a/b", "c?d", "http://news.example/a/c?d"),
    "query only": ("http://news.example/a?x", "?y=1", "http://news.example/a?y=1"),
    "other scheme": ("https://news.example/", "//cdn.example/i", "https://cdn.example/i"),
    "already absolute": ("http://news.example/", "https://b.example/#x", "https://b.example/#x"),
    "spaces": ("http://news.example/", "  /a b ", "http://news.example/a%20b"),
    "script": ("http://news.example/", "javascript:void(0)", ""),
    "no base": ("", "/a", ""),
    "broken": ("http://news.example/", "http://[x/", ""),
}


@pytest.mark.parametrize(("written", "spelling"), SPELLINGS.values(), ids=SPELLINGS.keys())
def test_canonical_gives_one_spelling(written: str, spelling: str) -> None:
    """However an address is written, its page is known under one spelling, which is its own canonical."""
    assert canonical(written) == spelling
    assert canonical(spelling) == spelling


@pytest.mark.parametrize("written", UNUSABLE.values(), ids=UNUSABLE.keys())
def test_unusable_addresses_are_refused(written: str) -> None:
    """S5: other schemes, users, backslashes, ambiguous hosts and ports are no web address anywhere."""
    assert canonical(written) == ""
    assert not is_web_url(written)
    assert registrable_host(written) == ""


@pytest.mark.parametrize(("url", "owner"), OWNERS.values(), ids=OWNERS.keys())
def test_registrable_host_names_the_owner(url: str, owner: str) -> None:
    """Two hosts of one owner have one name, two renters of one suffix have two."""
    assert registrable_host(url) == owner


@pytest.mark.parametrize(("base", "link", "result"), LINKS.values(), ids=LINKS.keys())
def test_links_become_absolute(base: str, link: str, result: str) -> None:
    """A link means what it means in the document it stood in, or nothing."""
    assert absolute(base, link) == result


@settings(deadline=None)
@given(st.text())
def test_any_text_may_be_asked(text: str) -> None:
    """Nothing raises, and what comes out is ASCII that is its own canonical."""
    for written in (text, "http://" + text, "http://news.example/" + text):
        spelling = canonical(written)
        assert spelling.isascii()
        assert canonical(spelling) == spelling


def test_a_request_keeps_its_escapes_and_tracking() -> None:
    """What is sent is what was written: only `canonical` may rewrite equivalent spellings."""
    assert str(find_web_url("http://news.example/%7ea?utm_source=x")) == "http://news.example/%7ea?utm_source=x"


def test_the_suffix_list_is_the_bundled_one(tmp_path: Path) -> None:
    """Owners are found with every socket forbidden, and nothing is written to the home folder."""
    code = (
        "import socket\n"
        "def refuse(*_a, **_k): raise AssertionError('network')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "from pipeline.urls import registrable_host\n"
        "assert registrable_host('https://www.bbc.co.uk/') == 'bbc.co.uk'\n"
    )
    environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, cwd=Path(__file__).parents[1])  # noqa: S603 - our own interpreter and text
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "url",
    [
        "https://outlet.example/2026/11/a-b_c~d.html",
        "http://outlet.example",
        "https://outlet.example?",
        "https://outlet.example/?p=1&q=a+b",
        "https://a-b.outlet.co.example/x;y=1/(z)'!",
        "https://outlet.example/a/./b/../c",
        "https://outlet.example/.well-known/x",
        "https://outlet.example./x",
        "https://outlet.example:443/x",
        "https://-outlet.example/x",
        f"https://{'a' * 64}.example/x",
        f"https://outlet.example/{'a' * LONGEST_URL}",
        "https://1.2.3.4/x",
        "https://0x7f.1/x",
        "https://one.two.three.four.five.example/x",
        "https://outlet.example/x#y",
        "https://outlet.example/%41?a=%zz",
        "https://outlet.example/x?a='b'",
        "HTTPS://Outlet.Example/x",
        "https://user@outlet.example/x",
        "https://outlet.example/a\\b",
        "https://outlet.example/a b",
        " https://outlet.example/x ",
        "//outlet.example/x",
        "ftp://outlet.example/x",
        "https://localhost/x",
    ],
)
def test_the_short_way_reads_as_the_long_one(url: str) -> None:
    """Most addresses are read by one pattern; whatever it takes, the careful reader reads alike."""
    assert find_web_url(url) == read_web_url(url)
