"""Trying a query and its rule on the archive, and listing how a name is written there."""

from datetime import time, timedelta

import pytest
from sqlalchemy import Connection

from pipeline.accept import accept
from pipeline.alerts import SubscriptionIndex, fast_terms
from pipeline.alerts.forecast import Missing
from pipeline.alerts.preview import bars
from pipeline.errors import Unusable
from pipeline.model import Alert
from pipeline.rule import Every, Growth, Rule, Schedule
from pipeline.store import history, search
from pipeline.store.database import Database
from pipeline.stories import sketch
from pipeline.trial import Trial, try_query
from pipeline.variants import variants
from tests.store.making import NOW, article, started
from tests.stories.making import AGENCY
from tests.test_raising import ask, join

DAY = timedelta(days=1)
PLAIN = Rule()


def fill(database: Database, *texts: tuple[int, str]) -> None:
    """Take texts in, each so many days ago."""
    with database.write() as tx:
        for number, (days, text) in enumerate(texts, 1):
            at = NOW - days * DAY
            made = article(number, title="", text=text, published_at=at, first_seen_at=at)
            drawn = sketch(made.title, made.text, made.language)
            assert accept(tx, started(tx, number), made, drawn, SubscriptionIndex(), timedelta(hours=72), at)


def tried(database: Database, query: str, days: int = 5, rule: Rule = PLAIN) -> Trial:
    with database.read() as tx:
        return try_query(tx, query, days, NOW, rule)


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
    "rule",
    [
        Rule(outlets=2),
        Rule(texts=3),
        Rule(first_in_language=True),
        Rule(outlets=2, first_in_language=True),
        Rule(growth=Growth(3, 12)),
        Rule(not_before=NOW - 3 * DAY, not_after=NOW - DAY),
        Rule(outlets=2, most_per_hour=1),
        Rule(outlets=2, digest=Schedule(Every.DAILY, time(7))),
    ],
)
def test_a_trial_foretells_what_is_raised(database: Database, rule: Rule) -> None:
    """The same archive, taken in with the rule saved, raises just the alerts that the trial foretells."""
    with database.write() as tx:
        saved = ask(tx, rule, channels=())
        raised = [one for number in range(1, 25) for one in _next_of_many(tx, number)]
        kept = [told.due_at for told in history.page(tx, None, 99, subscription_id=saved) if told.hold]
    trial = tried(database, "lock", rule=rule)
    assert 0 < trial.preview.alert_count == len(raised)
    assert trial.forecast.held_back_count == trial.preview.story_count - len(raised)
    assert (trial.forecast.single_count, trial.forecast.digest_count) == (len(raised) - len(kept), len(set(kept)))
    newest = [(alert.story_id, alert.article_id) for alert in raised][::-1]
    assert [(one.story_id, one.article_id) for one in trial.samples] == newest[: len(trial.samples)]


def _next_of_many(tx: Connection, number: int) -> tuple[Alert, ...]:
    """Take in an article: of one long story in two languages, copies among it, or of a story of its own."""
    at = NOW - 4 * DAY + timedelta(hours=number // 4 * 12 + number % 4 * 0.2)
    text = f"The lock of Orrest, part {number - number % 2} of a long report on what the harbour council said of it."
    if number % 3 == 0:
        text = f"A baker opened shop number {number} near the lock."
    values = {"language": "de" if number % 5 == 0 else "en", "outlet": f"outlet{number % 7}.example"}
    taken = join(tx, number, text, at, published_at=at, first_seen_at=at, **values)
    search.add(tx, taken.article_id, (), fast_terms(text))
    return taken.alerts


def test_a_trial_says_what_conditions_held_back(database: Database) -> None:
    """Stories that met the query but not the conditions are counted, with what they lacked; none is no alert."""
    fill(database, (3, AGENCY), (2, AGENCY), (1, "A baker opened a shop near the lock."))
    trial = tried(database, "lock", rule=Rule(texts=2))
    assert (trial.preview.story_count, trial.preview.alert_count, trial.preview.suppressed_count) == (2, 0, 1)
    assert trial.forecast.missing == (Missing("at least 2 distinct texts", 2),)
    assert "no alert: the conditions held back every story that met the query" in trial.preview.warnings
    assert trial.samples == ()


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
