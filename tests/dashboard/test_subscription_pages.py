"""The pages of subscriptions: what the list and one of them show, and what the buttons do."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest

from pipeline.errors import NotFound, Taken
from pipeline.model import Reason
from pipeline.store import subscriptions
from tests.dashboard.conftest import NOW
from tests.dashboard.newsroom import Newsroom
from tests.dashboard.serving import Site
from tests.dashboard.test_pages import HOSTILE, Outline, text_of


def _raised(newsroom: Newsroom) -> int:
    """Make a subscription with an alert that one channel took and one refused; gives its number."""
    feed = newsroom.feed("https://gazette.example/rss", "Gazette")
    article_id, _ = newsroom.publish(feed, "Ferry strike", "The ferry stays in port.", NOW - timedelta(minutes=9))
    number = newsroom.subscription("Ferries", "ferry NOT football", "desk", "mail")
    alert = newsroom.alert(number, article_id, "The ferry stays in port.", ("ferry",), NOW - timedelta(minutes=8))
    newsroom.deliver(alert, NOW - timedelta(minutes=7), mail=Reason.RECEIVER_REFUSED)
    return number


def test_the_list_shows_what_each_does(site: Site, newsroom: Newsroom) -> None:
    """Name, query, channels, and the alerts of the last week stand in a row; the words find by name and query."""
    _raised(newsroom)
    newsroom.subscription("Presidents", "Zelensky")
    text = text_of(site.page("/subscriptions").body)
    assert "Ferries ferry NOT football on desk, mail 1 8 min ago" in text
    assert "Presidents Zelensky on none 0 never" in text
    assert "Presidents" not in text_of(site.page("/subscriptions?words=FOOTBALL").body)
    assert "Nothing fits" in text_of(site.page("/subscriptions?words=nothing").body)


def test_a_long_list_comes_in_pages(site: Site, newsroom: Newsroom) -> None:
    """Each of a hundred and one stands on exactly one page."""
    with newsroom.database.write() as tx:
        for number in range(101):
            subscriptions.add(tx, f"Topic {number:03}", "word", [], NOW)
    first = site.page("/subscriptions").body
    assert "Topic 099" in first
    assert "Topic 100" not in first
    [more] = [link for link in Outline(first).links if "after=" in link]
    assert "Topic 100" in site.page(more).body


def test_one_shows_its_alerts_deliveries_delays_and_feeds(site: Site, newsroom: Newsroom) -> None:
    """The page says what each receiver answered, how long alerts took, and where the feeds are."""
    number = _raised(newsroom)
    page = site.page(f"/subscriptions/{number}").body
    text = text_of(page)
    assert "desk sent 7 min ago · 200" in text
    assert "mail parked (dead letter)" in text
    assert "Receiver refused" in text
    assert "all together 1" in text
    [atom] = [link for link in Outline(page).links if link.endswith(".atom")]
    assert site.ask(atom.removeprefix(site.origin)).status == 200


def test_new_feed_addresses_end_the_old_ones(site: Site, newsroom: Newsroom) -> None:
    """Whoever had the old secret address reads no more."""
    number = newsroom.subscription("Ferries", "ferry")
    with newsroom.database.read() as tx:
        old = subscriptions.find_feed_key(tx, number)
    assert site.ask(f"/alert-feeds/{old}.atom").status == 200
    assert site.post(f"/subscriptions/{number}/renew-feed").status == 303
    assert site.ask(f"/alert-feeds/{old}.atom").status == 404


def test_pause_and_resume(site: Site, newsroom: Newsroom) -> None:
    """The buttons switch it off and on, and lead back to its page."""
    number = newsroom.subscription("Ferries", "ferry")
    assert site.post(f"/subscriptions/{number}/pause").headers["location"] == f"/subscriptions/{number}"
    assert "Switch on" in text_of(site.page(f"/subscriptions/{number}").body)
    site.post(f"/subscriptions/{number}/resume")
    with newsroom.database.read() as tx:
        assert subscriptions.get(tx, number).enabled


def test_a_removed_one_comes_back_by_undo(site: Site, newsroom: Newsroom) -> None:
    """Removing leads to the list with an undo button, which restores it with its query."""
    number = newsroom.subscription("Ferries", "ferry")
    there = site.post(f"/subscriptions/{number}/remove").headers["location"]
    assert site.page(f"/subscriptions/{number}").status == 404
    assert "“Ferries” was removed" in text_of(site.page(there).body)
    assert site.post(f"/subscriptions/{number}/restore").headers["location"] == f"/subscriptions/{number}"
    with newsroom.database.read() as tx:
        assert subscriptions.get(tx, number).query == "ferry"


def test_what_others_name_is_not_removed(site: Site, newsroom: Newsroom) -> None:
    """A saved query that another needs stays, and the page says which one needs it."""
    number = newsroom.subscription("Ferries", "ferry")
    newsroom.subscription("Strikes", 'strike @"Ferries"')
    answer = site.post(f"/subscriptions/{number}/remove")
    assert "is named by 'Strikes'" in text_of(site.page(answer.headers["location"]).body)


def test_a_name_taken_meanwhile_is_not_restored(newsroom: Newsroom) -> None:
    """Two of one name never stand on the list."""
    number = newsroom.subscription("Ferries", "ferry")
    with newsroom.database.write() as tx:
        subscriptions.remove(tx, number)
    newsroom.subscription("Ferries", "boat")
    with newsroom.database.write() as tx, pytest.raises(Taken):
        subscriptions.restore(tx, number)
    with newsroom.database.write() as tx, pytest.raises(NotFound):
        subscriptions.restore(tx, 999)


def test_the_export_reads_in_again(site: Site, newsroom: Newsroom) -> None:
    """The file holds every subscription as TOML."""
    newsroom.subscription("Ferries", 'ferry "in port"', "desk")
    answer = site.page("/subscriptions/export.toml")
    assert "attachment" in answer.headers["content-disposition"]
    assert "query = 'ferry \"in port\"'" in answer.body


@pytest.mark.parametrize("verb", ["pause", "remove", "renew-feed"])
def test_foreign_pages_change_no_subscription(site: Site, newsroom: Newsroom, verb: str) -> None:
    """S14: a form on another site is refused."""
    number = newsroom.subscription("Ferries", "ferry")
    answer = site.post(f"/subscriptions/{number}/{verb}", urlencode({"x": 1}), origin="https://evil.example")
    assert answer.status == 403
    with newsroom.database.read() as tx:
        assert subscriptions.get(tx, number).enabled


def test_hostile_subscriptions_stay_texts(site: Site, newsroom: Newsroom) -> None:
    """S12: markup in a name, a channel or a passage is text on every page."""
    feed = newsroom.feed("https://evil.example/rss", HOSTILE)
    article_id, _ = newsroom.publish(feed, HOSTILE, HOSTILE, NOW)
    number = newsroom.subscription(HOSTILE, "img", HOSTILE)
    newsroom.alert(number, article_id, HOSTILE, ("img",), NOW)
    for path in ("/subscriptions", f"/subscriptions/{number}", f"/subscriptions/{number}/edit"):
        page = site.page(path).body
        assert "img" not in Outline(page).tags, path
        assert "{{7*7}}" in page, path
