"""How seldom a feed asks to be read."""

import pytest

from tests.feeds.documents import read, rss

INTERVALS = {
    "ttl": ("<ttl>120</ttl>", 7200),
    "hourly": ("<sy:updatePeriod>hourly</sy:updatePeriod>", 3600),
    "twice a day": ("<sy:updatePeriod> daily </sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>", 43_200),
    "the longer of both": ("<ttl>60</ttl><sy:updatePeriod>daily</sy:updatePeriod>", 86_400),
    "a known misspelling": ("<sy:updatePeriod>dayly</sy:updatePeriod>", 86_400),
    "always": ("<sy:updatePeriod>always</sy:updatePeriod>", 0),
    "a tenth": ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>0.1</sy:updateFrequency>", 3600),
    "zero times": ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>", 3600),
    "nonsense": ("<ttl>soon</ttl>", 0),
    "negative": ("<ttl>-5</ttl>", 0),
    "a thousand years": ("<ttl>525600000</ttl>", 31_536_000),
}


@pytest.mark.parametrize(("elements", "seconds"), INTERVALS.values(), ids=INTERVALS)
def test_the_interval_a_feed_asks_for(elements: str, seconds: int) -> None:
    """F31: ttl and the syndication module are read, nonsense is not."""
    document = rss("", channel=elements, root='xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"')
    assert read(document).minimum_interval_seconds == seconds


HOURS = {
    "three": ("<hour>0</hour><hour> 3 </hour><hour>23</hour>", (0, 3, 23)),
    "24 is midnight": ("<hour>24</hour>", (0,)),
    "all": ("".join(f"<hour>{n}</hour>" for n in range(24)), ()),
    "nonsense": ("<hour>25</hour><hour>noon</hour>", ()),
}


@pytest.mark.parametrize(("elements", "hours"), HOURS.values(), ids=HOURS)
def test_the_hours_a_feed_sleeps(elements: str, hours: tuple[int, ...]) -> None:
    """F31: skipHours are hours of the UTC day; all of them is none."""
    assert read(rss("", channel=f"<skipHours>{elements}</skipHours>")).skip_hours == hours


DAYS = {
    "the weekend": ("<day>Saturday</day><day> sunday </day>", (5, 6)),
    "all": ("".join(f"<day>{name}day</day>" for name in ("Mon", "Tues", "Wednes", "Thurs", "Fri", "Satur", "Sun")), ()),
    "nonsense": ("<day>Someday</day><day>7</day>", ()),
}


@pytest.mark.parametrize(("elements", "days"), DAYS.values(), ids=DAYS)
def test_the_days_a_feed_sleeps(elements: str, days: tuple[int, ...]) -> None:
    """F31: skipDays are English names of days; all of them is none."""
    assert read(rss("", channel=f"<skipDays>{elements}</skipDays>")).skip_days == days
