"""Lists of feeds in and out."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import Unusable
from pipeline.feeds.opml import OpmlFeed, read_opml, write_opml
from pipeline.feeds.text import clean_line

NESTED = """<?xml version="1.0" encoding="UTF-8"?>
<opml version="1.0"><head><title>mine</title></head><body>
  <outline text="World" title="World">
    <outline text="Asia"><outline type="rss" text="Herald" xmlUrl="https://herald.example/rss"/></outline>
    <outline type="rss" text="Gazette" title="The Gazette" xmlUrl="https://gazette.example/rss" htmlUrl="x"/>
  </outline>
  <outline text="Post" XMLURL="http://post.example/feed?a=1&amp;b=2"/>
</body></opml>"""


def test_folders_and_titles_are_read() -> None:
    """A list keeps its order and its folders, whatever the case of its attributes."""
    reading = read_opml(NESTED.encode())
    assert reading.feeds == (
        OpmlFeed("https://herald.example/rss", "Herald", "World / Asia"),
        OpmlFeed("https://gazette.example/rss", "The Gazette", "World"),
        OpmlFeed("http://post.example/feed?a=1&b=2", "Post", ""),
    )
    assert reading.skipped == ()


SKIPPED = {
    "no address": ('<outline text="A note"/>', "A note", "xmlUrl"),
    "an empty address": ('<outline text="Void" xmlUrl=""/>', "Void", "xmlUrl"),
    "another scheme": ('<outline text="Ftp" xmlUrl="ftp://old.example/rss"/>', "Ftp", "ftp://old.example/rss"),
    "a file": ('<outline xmlUrl="/etc/passwd"/>', "/etc/passwd", "no http"),
    "twice": ('<outline text="Again" xmlUrl="HTTPS://Gazette.example:443/rss#x"/>', "Again", "twice"),
}


@pytest.mark.parametrize(("outline", "named", "why"), SKIPPED.values(), ids=SKIPPED)
def test_what_is_skipped_is_reported(outline: str, named: str, why: str) -> None:
    """Whoever imports a list learns what was left out, and why."""
    body = f'<opml><body><outline xmlUrl="https://gazette.example/rss"/>{outline}</body></opml>'
    reading = read_opml(body.encode())
    assert [feed.url for feed in reading.feeds] == ["https://gazette.example/rss"]
    ((text, reason),) = reading.skipped
    assert text == named
    assert why in reason


DAMAGED = {
    "bare ampersands": '<opml><body><outline xmlUrl="https://e.example/?a=1&b=2&copy=3"/></body></opml>',
    "never closed": '<opml><body><outline text="x"><outline xmlUrl="https://e.example/?a=1&amp;b=2&amp;copy=3"/>',
    "words before it": 'Notice: <opml><body><outline xmlUrl="https://e.example/?a=1&amp;b=2&amp;copy=3"/></body></opml>',
    "no body": '<opml><outline xmlUrl="https://e.example/?a=1&amp;b=2&amp;copy=3"/></opml>',
    "the scheme of feeds": '<opml><outline xmlUrl="feed:https://e.example/?a=1&amp;b=2&amp;copy=3"/></opml>',
}


@pytest.mark.parametrize("document", DAMAGED.values(), ids=DAMAGED)
def test_damaged_lists_are_read(document: str) -> None:
    """What other readers export is often not well-formed."""
    assert [feed.url for feed in read_opml(document.encode()).feeds] == ["https://e.example/?a=1&b=2&copy=3"]


BROKEN = {
    "an attribute twice": '<outline text="A" text="B" xmlUrl="https://e.example/1" xmlUrl="https://e.example/2"/>',
    "no quotes": "<outline text=A xmlUrl=https://e.example/1 />",
    "single quotes": "<outline text='A' xmlUrl='https://e.example/1'/>",
    "no space between": '<outline text="A"xmlUrl="https://e.example/1"type="rss"/>',
    "signs in a name": '<outline text="A" description="a < b > c" xmlUrl="https://e.example/1"/>',
    "quotes in a value": '<outline text="A" description="so "called" news" xmlUrl="https://e.example/1"/>',
    "under another name": '<outline text="A" type="rss" url="https://e.example/1"/>',
    "escaped twice": '<outline text="A" xmlUrl="https://e.example/1?a=1&amp;amp;b=2"/>',
    "a folder closed too often": '<outline text="A" xmlUrl="https://e.example/1"></outline></outline>',
    "a second root behind": '</body></opml><opml><body><outline text="A" xmlUrl="https://e.example/1"/>',
    "words behind the last value": '<outline text="A" xmlUrl="https://e.example/1" >>> />',
}


@pytest.mark.parametrize("outline", BROKEN.values(), ids=BROKEN)
def test_what_is_no_xml_is_read_tag_by_tag(outline: str) -> None:
    """Lists edited by hand: each feed is found, and those beside it too."""
    beside = '<outline text="{0}" xmlUrl="https://{0}.example/"/>'
    body = f"<opml><body>{beside.format('one')}{outline}{beside.format('two')}</body></opml>"
    reading = read_opml(body.encode())
    found = {feed.url: feed.title for feed in reading.feeds}
    assert [url for url in found if "/1" in url] in (["https://e.example/1"], ["https://e.example/1?a=1&b=2"])
    assert {"https://one.example/", "https://two.example/"} <= found.keys()
    assert "A" in found.values()
    assert not any("damaged" in why for _, why in reading.skipped)


def test_folders_of_a_damaged_list_are_kept() -> None:
    """Tag by tag, the folders around a feed are known too."""
    body = NESTED.replace('text="Herald"', 'text="The "Herald""').encode()
    assert [feed.folder for feed in read_opml(body).feeds] == ["World / Asia", "World", ""]


NAMES = {"HTML's entities": "Caf&eacute;&nbsp;&ndash; x", "escaped twice": "Caf&amp;eacute; &amp;#8211; x"}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_names_are_without_entities(name: str) -> None:
    """XML knows five entities; readers write all of HTML's."""
    (feed,) = read_opml(f'<opml><outline text="{name}" xmlUrl="https://e.example/"/></opml>'.encode()).feeds
    assert feed.title == "Café – x"


def test_the_declared_encoding_may_be_wrong() -> None:
    """A list said to be UTF-8 whose names are Latin-1 keeps feeds and names."""
    body = '<?xml version="1.0" encoding="utf-8"?><opml><outline text="Café" xmlUrl="https://e.example/"/></opml>'
    assert read_opml(body.encode("latin-1")).feeds == (OpmlFeed("https://e.example/", "Café"),)


def test_categories_are_folders_where_there_is_none() -> None:
    """OPML 2.0 has a `category` attribute with paths; the first one is the folder, unless the feed stands in one."""
    inside = '<outline text="Local"><outline xmlUrl="https://b.example/" category="/World"/></outline>'
    body = f'<opml><outline xmlUrl="https://a.example/" category="/World/Asia,/News"/>{inside}</opml>'
    assert [feed.folder for feed in read_opml(body.encode()).feeds] == ["World / Asia", "Local"]


def test_what_stands_for_something_else_says_so() -> None:
    """An included list is not read, a site without its feed can be looked at."""
    body = (
        '<opml><outline text="L" type="include" url="https://e.example/l.opml"/><outline htmlUrl="https://s.example/"/>'
    )
    (_, included), (_, site) = read_opml(body.encode()).skipped
    assert "https://e.example/l.opml" in included
    assert "storywatch feeds add https://s.example/" in site


def test_outlines_in_comments_are_none() -> None:
    """What somebody commented out is neither read nor lost."""
    body = '<opml><body><!-- <outline xmlUrl="https://old.example/"/> --><outline xmlUrl="https://e.example/"/></body></opml>'
    reading = read_opml(body.encode())
    assert ([feed.url for feed in reading.feeds], reading.skipped) == (["https://e.example/"], ())


def test_lines_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """S35: what stands beyond the limit is counted, not read."""
    monkeypatch.setattr("pipeline.feeds.opml.MOST_OUTLINES", 3)
    lines = "".join(f'<outline xmlUrl="https://e.example/{n}"/>' for n in range(9))
    reading = read_opml(f"<opml>{lines}</opml>".encode())
    assert len(reading.feeds) == 3
    assert any("6 lines beyond the first 3" in why for _, why in reading.skipped)


HOSTILE_TEXT = {
    "comments never closed": "<opml><outline xmlUrl='a'/>" + "<!--" * 300_000,
    "tags never closed": "<opml>" + '<outline xmlUrl="' * 60_000,
    "names without end": '<opml><outline a="' + 'a="' * 300_000,
    "quotes without end": "<opml>" + "<outline xmlUrl=\"'" * 60_000,
}


@pytest.mark.parametrize("text", HOSTILE_TEXT.values(), ids=HOSTILE_TEXT)
@pytest.mark.timeout(60)
def test_no_list_keeps_the_reader_busy(text: str) -> None:
    """S30: a megabyte of damage ends in a result or in words; the time for it would be hours if it were squared."""
    with suppress(Unusable):
        read_opml(text.encode())


def test_what_is_lost_to_damage_is_counted() -> None:
    """No entry of a list disappears in silence."""
    body = '<opml><body><outline xmlUrl="https://a.example/"/><outline text="b" <<< xmlUrl= /></body></opml>'
    reading = read_opml(body.encode())
    assert [feed.url for feed in reading.feeds] == ["https://a.example/"]
    assert any("1 entries stand where the file is damaged" in why for _, why in reading.skipped)


def test_feed_scheme_without_another_is_http() -> None:
    """`feed://` was how browsers handed feeds to readers."""
    (feed,) = read_opml(b'<opml><outline xmlUrl="feed://e.example/rss"/></opml>').feeds
    assert feed.url == "http://e.example/rss"


def test_other_encodings() -> None:
    """A list from an old reader may be in UTF-16."""
    (feed,) = read_opml(NESTED.replace("UTF-8", "UTF-16").replace("Herald", "Курск").encode("utf-16")).feeds[:1]
    assert feed.title == "Курск"


@pytest.mark.parametrize("body", [b"", b"feeds:\n- a", b"<html><body>x</body></html>", b"<opml/>", b"{}"])
def test_what_is_no_list_says_so(body: bytes) -> None:
    """The wrong file is refused in words."""
    with pytest.raises(Unusable, match="OPML"):
        read_opml(body)


BOMB = "".join(f'<!ENTITY a{n} "&a{n - 1};&a{n - 1};&a{n - 1};&a{n - 1};&a{n - 1};&a{n - 1};">' for n in range(1, 30))
HOSTILE = {
    "billion laughs": f'<!DOCTYPE o [<!ENTITY a0 "ha">{BOMB}]><opml><outline text="&a29;" xmlUrl="https://e/"/></opml>',
    "external": '<!DOCTYPE o [<!ENTITY x SYSTEM "file:///etc/passwd">]><opml><outline text="&x;" xmlUrl="a"/></opml>',
    "parameter": '<!DOCTYPE o [<!ENTITY % p SYSTEM "http://127.0.0.1:1/x">%p;]><opml><outline xmlUrl="a"/></opml>',
}


@pytest.mark.parametrize("document", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused(document: str, encoding: str) -> None:
    """S17: no list of feeds needs entities; they are refused in any encoding, not resolved."""
    with pytest.raises(Unusable, match="entities"):
        read_opml(document.encode(encoding))


def test_an_external_dtd_is_not_fetched(tmp_path: object) -> None:
    """S17: a DOCTYPE is passed over."""
    body = f'<!DOCTYPE opml SYSTEM "file://{tmp_path}/x.dtd"><opml><outline xmlUrl="https://e.example/"/></opml>'
    assert len(read_opml(body.encode()).feeds) == 1


def test_a_deep_list_is_no_danger() -> None:
    """S30: nesting costs no stack."""
    body = "<opml><body>" + '<outline text="x">' * 5000 + '<outline xmlUrl="https://e.example/"/>'
    reading = read_opml(body.encode())
    assert len(reading.feeds) + len(reading.skipped) >= 1


LINES = st.text(st.characters(codec="utf-8"), max_size=20).map(clean_line).filter(bool)
URLS = st.from_regex(r"https://[a-z]{1,8}\.example/[a-z0-9]{0,9}(\?a=[a-z]+&b=[0-9]+)?", fullmatch=True)
FEEDS = st.lists(st.builds(OpmlFeed, url=URLS, title=LINES, folder=LINES), unique_by=lambda feed: feed.url, max_size=8)


@given(FEEDS)
def test_what_was_written_is_read_again(feeds: list[OpmlFeed]) -> None:
    """An export, imported, is the same list; and its export the same file."""
    written = write_opml([OpmlFeed("https://first.example/"), *feeds])
    reading = read_opml(written)
    assert reading.skipped == ()
    assert {feed.url for feed in reading.feeds} == {"https://first.example/"} | {feed.url for feed in feeds}
    assert write_opml(reading.feeds) == written


def test_an_empty_list_is_a_list() -> None:
    """What an installation without feeds exports can be taken over by another."""
    assert read_opml(write_opml([])).feeds == ()
