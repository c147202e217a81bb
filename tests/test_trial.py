"""Trying a query on the archive, and listing how a name is written there."""

from datetime import timedelta

import pytest

from pipeline.accept import accept
from pipeline.alerts import SubscriptionIndex
from pipeline.alerts.preview import bars
from pipeline.errors import Unusable
from pipeline.store.database import Database
from pipeline.stories import sketch
from pipeline.trial import Trial, try_query
from pipeline.variants import variants
from tests.store.making import NOW, article, started
from tests.stories.making import AGENCY

DAY = timedelta(days=1)


def fill(database: Database, *texts: tuple[int, str]) -> None:
    """Take texts in, each so many days ago."""
    with database.write() as tx:
        for number, (days, text) in enumerate(texts, 1):
            at = NOW - days * DAY
            made = article(number, title="", text=text, published_at=at, first_seen_at=at)
            drawn = sketch(made.title, made.text, made.language)
            assert accept(tx, started(tx, number), made, drawn, SubscriptionIndex(), timedelta(hours=72), at)


def tried(database: Database, query: str, days: int = 5) -> Trial:
    with database.read() as tx:
        return try_query(tx, query, days, NOW)


def test_a_trial_counts_alerts_and_what_grouping_kept_back(database: Database) -> None:
    """Two copies of one text raise one alert, on the day of the first; the other is counted as kept back."""
    fill(database, (3, AGENCY), (2, AGENCY), (1, "A baker opened a shop near the lock."), (9, "An old lock."))
    trial = tried(database, "lock")
    seen = trial.preview
    assert (seen.article_count, seen.match_count, seen.alert_count, seen.suppressed_count) == (3, 3, 2, 1)
    assert [(day.match_count, day.alert_count) for day in seen.days] == [
        (0, 0),
        (0, 0),
        (1, 1),
        (1, 0),
        (1, 1),
        (0, 0),
    ]
    assert [sample.match_count for sample in trial.samples] == [1, 2]
    assert [word.lower() for word in trial.samples[0].matched] == ["lock"]
    assert "near the lock" in trial.samples[0].passage


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("lock AND zeppelin", "zeppelin never occurs"),
        ("lock AND zeppelin", "never met: none of 2 articles meets it"),
        ("lock -zeppelin", "zeppelin excludes nothing"),
    ],
)
def test_a_trial_says_what_to_doubt(database: Database, query: str, said: str) -> None:
    """Words that never occur are named one by one, as a misspelling among many is not seen otherwise."""
    fill(database, (2, AGENCY), (1, "A baker opened a shop."))
    assert said in tried(database, query).preview.warnings


def test_a_query_that_is_met_too_often_is_called_broad(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many alerts a day are not read."""
    monkeypatch.setattr("pipeline.alerts.preview.BROAD_PER_DAY", 0.1)
    fill(database, (2, AGENCY), (1, "A baker opened a shop near the lock."))
    assert any(warning.startswith("too broad") for warning in tried(database, "lock").preview.warnings)


def test_variants_are_those_of_the_archive(database: Database) -> None:
    """Spellings that sound alike or nearly so are listed with the number of articles that hold them."""
    fill(database, (1, "Zelensky spoke."), (1, "Zelenskyy and Zelensky"), (1, "Зеленский"), (1, "Selenski. Zelenska."))
    with database.read() as tx:
        found = {variant.spelling: variant.article_count for variant in variants(tx, "Zelensky")}
        assert found == {"zelensky": 2, "zelenskyy": 1, "зеленский": 1, "selenski": 1, "zelenska": 1}
        assert [one.spelling for one in variants(tx, "Zelensky") if "write it with OR" in one.why] == ["zelenska"]
        with pytest.raises(Unusable, match="one word"):
            variants(tx, "Volodymyr Zelensky")


def test_bars_show_the_largest_day() -> None:
    """A day with few is still seen beside one with many; a day with none is blank."""
    assert bars([0, 1, 50, 100]) == " ▁▄█"
    assert bars([]) == ""
