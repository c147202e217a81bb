"""The pages of an article, of a story and of the search, as a person uses them."""

import re

import pytest

from pipeline.accept import Accepted
from pipeline.model import Role
from pipeline.store import stories, subscriptions
from pipeline.store.database import Database
from tests.dashboard.newsroom import Newsroom
from tests.dashboard.serving import Site
from tests.dashboard.test_pages import Outline, text_of
from tests.dashboard.test_users import enter, make_user, press, staffed
from tests.store.making import NOW
from tests.stories.making import AGENCY, OTHER, OWN_WORDS
from tests.test_accept import news, taken
from tests.test_revise import BROKE, reads

__all__ = ["make_user", "staffed"]

HOSTILE = "<img src=x onerror=alert(1)> {{7*7}}"


@pytest.fixture
def told(sqlite_database: Database) -> tuple[Accepted, Accepted, Accepted, Accepted]:
    """Store a story of a first article, edited since, a copy and a report; and another story."""
    with sqlite_database.write() as tx:
        subscriptions.add(tx, "Locks", "lock", (), NOW)
        subscriptions.add(tx, "Ministers", "velasko", (), NOW)
        first = taken(tx, 1, news(1, AGENCY, title=f"Lock closes {HOSTILE}"))
        copy = taken(tx, 2, news(2, AGENCY + " One line more.", title="Copied"))
        report = taken(tx, 3, news(3, OWN_WORDS, title="Ferries"))
        other = taken(tx, 4, news(4, OTHER, title="Bread"))
        reads(tx, first, f"{BROKE} {HOSTILE}")
    return first, copy, report, other


def test_an_article_shows_its_words_and_its_way(site: Site, told: tuple[Accepted, ...]) -> None:
    """Words of each subscription that was told are marked with its name; the way names each station; all is escaped."""
    page = site.page(f"/articles/{told[0].article_id}").body
    assert re.search(r'<mark class="tone-\d" title="Locks">lock</mark>', page)
    assert re.search(r'<mark class="tone-\d" title="Ministers">Velasko</mark>', page)
    assert "<img" not in page
    text = text_of(page)
    for said in ("seen", "released", "fetched", "gated", "extracted", "grouped", "edited", "by an edit", "text 2"):
        assert said in text, said
    outline = Outline(page)
    assert f"/articles/{told[0].article_id}/revisions/2" in outline.links
    assert "/feeds/1" in outline.links
    assert len(outline.ids) == len(set(outline.ids))


def test_an_edit_is_shown_with_words_added_and_removed(site: Site, told: tuple[Accepted, ...]) -> None:
    """What went is `del`, what came is `ins`; the first text has nothing before it."""
    page = site.page(f"/articles/{told[0].article_id}/revisions/2").body
    assert "<del>four</del><ins>nine</ins>" in page
    assert "<ins> Minister Velasko resigned. &lt;img" in page
    assert site.page(f"/articles/{told[0].article_id}/revisions/1").status == 404


def test_copies_stand_below_what_they_repeat_and_show_what_they_changed(site: Site, told: tuple[Accepted, ...]) -> None:
    """A story's page puts a copy below its text, says why each is there, and leads to the difference."""
    first, copy, report, _ = told
    page = site.page(f"/stories/{first.story_id}").body
    assert page.index("1 copy of this text") < page.index("Copied") < page.index("Ferries")
    text = text_of(page)
    assert "of the text shared with" in text
    assert re.search(r"likeness 0\.\d\d with .Lock closes", text)
    beside = f"/articles/{first.article_id}/beside/{copy.article_id}"
    assert beside in Outline(page).links
    assert "One line more." in text_of(site.page(beside).body)
    assert report.article_id


def living(database: Database) -> dict[str, int]:
    with database.read() as tx:
        return {story.title: story.article_count for story in stories.recent(tx, 9)}


def test_a_hand_splits_merges_keeps_apart_and_undoes(
    site: Site, sqlite_database: Database, told: tuple[Accepted, ...]
) -> None:
    """Each form leads back to the story, where the act stands with the button that takes it back."""
    first, _, report, other = told
    home = f"/stories/{first.story_id}"
    done = site.post(f"{home}/split", f"take-{report.article_id}=on", accept="text/html")
    assert (done.status, done.headers["location"]) == (303, home)
    assert living(sqlite_database)["Ferries"] == 1
    assert "/stories/acts/1/undo" in site.page(home).body
    site.post("/stories/acts/1/undo", f"story={first.story_id}", accept="text/html")
    assert "Ferries" not in living(sqlite_database)
    site.post(f"{home}/merge", f"other=http://watch.example/stories/{other.story_id}", accept="text/html")
    assert list(living(sqlite_database).values()) == [4]
    moved = site.page(f"/stories/{other.story_id}")
    assert (moved.status, moved.headers["location"]) == (308, home)
    site.post("/stories/acts/2/undo", f"story={first.story_id}", accept="text/html")
    site.post(f"{home}/apart", f"other={other.story_id}", accept="text/html")
    assert "Not the same as" in text_of(site.page(home).body)


@pytest.mark.parametrize(
    ("verb", "form", "problem"),
    [
        ("split", "", "name at least one article"),
        ("merge", "other=", "name the other story"),
        ("merge", "other=99", "there is no story 99"),
        ("apart", "other=1", "they are one story"),
    ],
)
def test_what_cannot_be_done_is_said_on_the_page(
    site: Site, told: tuple[Accepted, ...], verb: str, form: str, problem: str
) -> None:
    """A mistake changes nothing and comes back as a sentence."""
    refused = site.post(f"/stories/{told[0].story_id}/{verb}", form, accept="text/html")
    assert problem in text_of(site.page(refused.headers["location"]).body).lower()


def test_a_reader_sees_no_button_and_has_none(staffed: Site, told: tuple[Accepted, ...]) -> None:
    """Splitting and merging are an editor's; a reader reads the same page without the forms."""
    home = f"/stories/{told[0].story_id}"
    reader, editor = (staffed.page(home, cookie=enter(staffed, role.value)).body for role in (Role.READER, Role.EDITOR))
    assert f"{home}/split" in editor
    assert f"{home}/split" not in reader
    refused = press(staffed, enter(staffed, "reader"), f"{home}/merge", other=str(told[3].story_id))
    assert refused.status == 403
    done = press(staffed, enter(staffed, "editor"), f"{home}/merge", other=str(told[3].story_id))
    assert done.status == 303


def test_the_search_page_finds_marks_and_pages(site: Site, told: tuple[Accepted, ...]) -> None:
    """Results stand by story with the words marked; nothing found says which word is nowhere."""
    page = site.page("/search?q=lock&span=all").body
    assert "<mark>lock</mark>" in page
    assert f"/stories/{told[0].story_id}" in Outline(page).links
    assert "<img" not in page
    nothing = text_of(site.page("/search?q=lock+AND+zeppelin&span=all").body)
    assert "zeppelin is in no article of this time" in nothing
    assert site.page("/search").status == site.page("/search?q=lock&page=99999999999999999999&span=x").status == 200


def test_a_query_that_cannot_be_read_is_mended_on_the_page(site: Site) -> None:
    """The place of the mistake is marked, and what was perhaps meant is a link."""
    page = site.page("/search?q=lock+AND+(ferries&outlet=a.example").body
    assert '<mark class="here">' in page
    [mended] = [link for link in Outline(page).links if link.startswith("/search?q=")]
    assert "outlet=a.example" in mended
    assert "Nothing found" in site.page(mended).body


def test_each_field_says_where_it_was_taken_from(site: Site, newsroom: Newsroom) -> None:
    """What the page or the feed gave is named by its source; a field of which none is known stands alone."""
    feed = newsroom.feed("https://gazette.example/rss", "Gazette")
    newsroom.poll(feed, newsroom.entry("https://gazette.example/1", "Lock", newsroom.now), at=newsroom.now)
    [task] = newsroom.take(10, newsroom.now)
    fields = {"byline": "Ada Long", "site": "The Gazette", "sources": {"byline": "json-ld", "site": "meta"}}
    article_id, _ = newsroom.article(task, "The lock.", newsroom.now, None, **fields)
    text = text_of(site.page(f"/articles/{article_id}").body)
    assert "Byline Ada Long from the page's JSON-LD" in text
    assert "Site The Gazette from the page's meta tags" in text
    assert "Title Lock" in text
