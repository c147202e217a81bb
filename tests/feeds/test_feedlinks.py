"""F40: what a page names as its feeds."""

import pytest

from pipeline.feeds.feedlinks import distinct, feed_links

PAGE = "https://gazette.example/world/index.html"
RSS, ATOM = "application/rss+xml", "application/atom+xml"


def links(html: str, **headers: str) -> list[str]:
    """Give the addresses that a page names, in order."""
    return [link.url for link in feed_links(html.encode(), PAGE, headers)]


def link(href: str, media_type: str = RSS, title: str = "") -> str:
    """Give a link element."""
    return f'<link rel="alternate" type="{media_type}" title="{title}" href="{href}">'


NAMED = {
    "absolute": link("https://gazette.example/feed"),
    "relative to the page": link("../feed"),
    "relative to the host": link("/feed"),
    "relative to a base": f'<base href="/">{link("feed")}',
    "upper case": '<LINK REL="ALTERNATE" TYPE="Application/RSS+XML" HREF="/feed">',
    "several relations": f'<link rel="alternate home" type="{RSS}; charset=utf-8" href="/feed">',
    "Atom": link("/feed", ATOM),
    "JSON Feed": link("/feed", "application/feed+json"),
    "the relation feed": '<link rel="feed" href="/feed">',
    "in the body": f"<body><p>x</p>{link('/feed')}</body>",
    "spaces around": link(" /feed\n"),
    "an ordinary link": '<a href="/feed">News by RSS</a>',
    "an ordinary link of a subdomain": '<a href="https://gazette.example/feed">RSS</a><a href="/about">About</a>',
    "unquoted in a broken page": f"<html><head><link rel=alternate type={RSS} href=/feed><body><div></p>",
}


@pytest.mark.parametrize("html", NAMED.values(), ids=NAMED)
def test_a_feed_is_found_wherever_it_stands(html: str) -> None:
    """F40: relative, upper case, in the body, under a base, or only an ordinary link."""
    assert links(html) == ["https://gazette.example/feed"]


OTHERS = {
    "a style sheet": '<link rel="stylesheet" type="text/css" href="/feed">',
    "an alternate page": '<link rel="alternate" type="text/html" href="/feed">',
    "WordPress' API": '<link rel="alternate" type="application/json" href="/wp-json/wp/v2/posts/1">',
    "no address": f'<link rel="alternate" type="{RSS}">',
    "the page itself": link(PAGE),
    "another scheme": link("javascript:alert(1)"),
    "another owner's ordinary link": '<a href="https://elsewhere.example/feed">x</a>',
    "a word that only holds it": '<a href="/feedback">x</a><a href="/atomic-age">x</a><a href="/embarrassing">x</a>',
    "nothing": "",
    "text": "no markup here",
}


@pytest.mark.parametrize("html", OTHERS.values(), ids=OTHERS)
def test_what_is_no_feed_is_not_named(html: str) -> None:
    """F40: an address that cannot be a feed costs no request."""
    assert links(html) == []


def test_comments_come_last() -> None:
    """F40: listed first by the page, last by us; ordinary links behind declared ones."""
    html = '<a href="/rss">RSS</a>' + link("/comments/feed", title="Comments") + link("/feed", title="Gazette")
    expected = ["https://gazette.example/feed", "https://gazette.example/rss", "https://gazette.example/comments/feed"]
    assert links(html) == expected


def test_the_header_names_feeds_too() -> None:
    """F40: RFC 8288, several in one field, with parameters in any order."""
    first = f'</feed>; title="A, B"; rel="alternate"; type="{RSS}"'
    header = f"{first}, </x.css>; rel=preload, </atom>; rel=alternate; type={ATOM}"
    assert links("", link=header) == ["https://gazette.example/feed", "https://gazette.example/atom"]


def test_twins_are_one_choice() -> None:
    """One feed as RSS and as Atom is no choice; two sections are."""
    html = (
        link("/feed/rss", RSS, "Gazette RSS")
        + link("/feed/atom", ATOM, "Gazette Atom")
        + link("/sport/rss", RSS, "Sport")
        + link("/comments/feed", RSS, "Comments")
    )
    found = distinct(feed_links(html.encode(), PAGE, {}))
    assert [one.url for one in found] == ["https://gazette.example/feed/rss", "https://gazette.example/sport/rss"]
