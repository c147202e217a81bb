"""Lists of feeds in and out of the dashboard."""

from collections.abc import Callable

import pytest

from dashboard.uploads import UPLOAD_BYTES
from pipeline.feeds.opml import read_opml
from pipeline.model import Scope
from pipeline.store import feeds, tokens
from pipeline.store.adding import Quota
from pipeline.store.database import Database
from tests.dashboard.conftest import NOW, PASSWORD
from tests.dashboard.newsroom import Newsroom
from tests.dashboard.serving import Answer, Site
from tests.dashboard.test_feed_finding import dashboard
from tests.dashboard.test_pages import HOSTILE, Outline, text_of
from workers.feed_rules import FeedRules

BOUNDARY = "xxBOUNDARYxx"
LIST = """<opml><body><outline text="World">
<outline text="New" xmlUrl="https://new.example/rss"/><outline text="Known" xmlUrl="https://known.example/rss"/>
<outline text="Twice" xmlUrl="https://new.example/rss"/><outline text="No feed"/></outline></body></opml>"""


def upload(site: Site, body: str, token: str = "", **headers: str) -> Answer:
    """Send a file as a browser's form does."""
    parts = [f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="token"\r\n\r\n{token}\r\n']
    parts += [f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="../l.opml"\r\n\r\n{body}\r\n']
    sent = {"content_type": f"multipart/form-data; boundary={BOUNDARY}", **headers}
    return site.post("/feeds/import", "".join([*parts, f"--{BOUNDARY}--\r\n"]), **sent)


def test_a_list_is_imported_with_a_report(site: Site, newsroom: Newsroom) -> None:
    """The page says how many were added and known, and of each line that was skipped why."""
    newsroom.feed("https://known.example/rss")
    text = text_of(upload(site, LIST).body)
    assert "1 feed added, 1 known already, 2 skipped" in text
    assert "the list has https://new.example/rss twice" in text
    assert "names no feed address" in text
    with newsroom.database.read() as tx:
        assert {feed.url: feed.folder for feed in feeds.list_all(tx)}["https://new.example/rss"] == "World"


@pytest.mark.parametrize(
    ("body", "words"),
    [("", "the file is empty"), ("no list at all", "no OPML"), ("<!DOCTYPE x [<!ENTITY a 'b'>]><opml/>", "entities")],
)
def test_what_is_no_list_is_refused(site: Site, newsroom: Newsroom, body: str, words: str) -> None:
    """S17: the page says what is wrong with the file, and nothing is stored."""
    answer = upload(site, body)
    assert answer.status == 400
    assert words in text_of(answer.body)
    with newsroom.database.read() as tx:
        assert feeds.list_all(tx) == []


def test_broken_and_oversized_forms_are_refused(site: Site) -> None:
    """S31: a form that is none, and a file beyond the cap, end with a sentence."""
    assert "could not be read" in text_of(site.post("/feeds/import", "x=1").body)
    assert upload(site, "x", content_type="multipart/form-data; boundary=other").status == 400
    assert "larger than 10 MB" in text_of(upload(site, "x" * (UPLOAD_BYTES + 1)).body)


def test_a_foreign_form_imports_nothing(guarded: Site, newsroom: Newsroom) -> None:
    """S14: neither another site's form nor one without its session's token is taken."""
    assert upload(guarded, LIST, origin="https://evil.example").status == 403
    assert upload(guarded, LIST).status in {303, 401, 403}
    with newsroom.database.read() as tx:
        assert feeds.list_all(tx) == []


def test_a_list_of_one_host_is_bounded(sqlite_database: Database) -> None:
    """S35: what does not fit the quota of a host is refused line by line, and said."""
    lines = "".join(f'<outline xmlUrl="https://victim.example/{n}"/>' for n in range(50))
    with dashboard(sqlite_database, FeedRules(quota=Quota(100, 7))) as site:
        text = text_of(upload(site, f"<opml><body>{lines}</body></opml>").body)
    assert "7 feeds added, 0 known already, 43 skipped" in text
    assert "feeds.host_limit" in text


def test_hostile_lists_stay_texts(site: Site) -> None:
    """S12: markup in names and addresses of a list is text in the report."""
    named = HOSTILE.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    page = upload(site, f'<opml><body><outline text="{named}" xmlUrl="{named}"/></body></opml>').body
    assert "img" not in Outline(page).tags
    assert "{{7*7}}" in page


def test_the_list_is_exported_without_keys(site: Site, newsroom: Newsroom) -> None:
    """S21: the file names every feed, keys in addresses masked, and says on the page how many are."""
    newsroom.feed("https://a.example/rss?key=canary", "A & B")
    answer = site.page("/feeds/feeds.opml")
    assert answer.headers["content-disposition"] == 'attachment; filename="feeds.opml"'
    assert answer.headers["storywatch-masked"] == "1"
    assert [one.title for one in read_opml(answer.body.encode()).feeds] == ["A & B"]
    assert "canary" not in answer.body
    assert "1 address holds a key" in text_of(site.page("/feeds/import").body)


def test_programs_import_and_export(start: Callable[..., Site], newsroom: Newsroom) -> None:
    """S21, S27: a writing token imports and gets the report; only an admin's gets addresses whole."""
    newsroom.feed("https://known.example/rss?key=canary", "Known")
    guarded = start(password=PASSWORD)
    with newsroom.database.write() as tx:
        write, admin = (f"Bearer {tokens.make(tx, one.value, one, NOW)[1]}" for one in (Scope.WRITE, Scope.ADMIN))
    report = guarded.ask("/api/v1/opml", method="POST", body=LIST, content_type="text/x-opml", authorization=write)
    assert report.json["added_count"] == 2
    assert [one["what"] for one in report.json["skipped"]] == ["Twice", "No feed"]
    assert "canary" not in guarded.ask("/api/v1/opml", authorization=write).body
    assert guarded.ask("/api/v1/opml/whole", authorization=write).status == 403
    assert "key=canary" in guarded.ask("/api/v1/opml/whole", authorization=admin).body
    refused = guarded.ask("/api/v1/opml", method="POST", body="nothing", authorization=write)
    assert (refused.status, "no OPML" in refused.json["detail"]) == (400, True)
