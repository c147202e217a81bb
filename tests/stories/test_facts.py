"""Who tells a story: outlets, agencies by their credit lines, languages, growth."""

from datetime import timedelta

import pytest

from pipeline.model import Article, TextSource
from pipeline.stories.credits import credited
from pipeline.stories.facts import facts_of
from tests.stories.making import NOW

BODY = "The lock stays shut for eleven weeks. " * 12
CREDITS = {
    "dateline in brackets": (f"ORREST, March 3 (Reuters) - {BODY}", ("Reuters",)),
    "dateline with a dash": (f"BERLIN, AP — {BODY}", ("AP",)),
    "german brackets": (f"Orrest (dpa) - {BODY}", ("Deutsche Presse-Agentur",)),
    "two at once": (f"Orrest (dpa/AFP) - {BODY}", ("AFP", "Deutsche Presse-Agentur")),
    "russian strokes": (f"МОСКВА, 3 марта. /ТАСС/. {BODY}", ("TASS",)),
    "russian dash": (f"МОСКВА, 3 мар - РИА Новости. {BODY}", ("RIA Novosti",)),
    "russian dash at the front": (f"РИА Новости - {BODY}", ("RIA Novosti",)),
    "arabic brackets": (f"القاهرة (رويترز) - {BODY}", ("Reuters",)),
    "chinese dateline": ("新华社北京3月3日电 " + BODY, ("Xinhua",)),
    "copyright": (f"{BODY}\n© 2026 AFP", ("AFP",)),
    "source": (f"{BODY}\nQuelle: dpa", ("Deutsche Presse-Agentur",)),
    "contributed": (f"{BODY} Associated Press contributed to this report.", ("AP",)),
    "last line": (f"{BODY}\n\nReuters", ("Reuters",)),
    "spoken of": (f"Reuters will cut forty jobs in Orrest, its union says. {BODY}", ()),
    "spoken of at the end": (f"{BODY} The picture was sold to AFP in spring.", ()),
    "quoted": (f"{BODY} “We know nothing”, she told Reuters.", ()),
    "inside another word": (f"{BODY}\nAPPLE", ()),
    "nothing": ("", ()),
}


@pytest.mark.parametrize(("text", "names"), CREDITS.values(), ids=CREDITS.keys())
def test_agencies_are_known_by_their_credit_lines(text: str, names: tuple[str, ...]) -> None:
    """A credit is told by its form and its place; a text that speaks of an agency credits nobody."""
    assert credited(text) == names


def told(outlet: str, text: str, hours: float, language: str = "en") -> Article:
    at = NOW - timedelta(hours=hours)
    return Article(f"https://{outlet}/", "", text, outlet, language, at, at, TextSource.PAGE)


def test_a_story_knows_who_tells_it() -> None:
    """Outlets with their articles, those with words of their own, agencies, languages, growth up to the last."""
    agency = f"ORREST (Reuters) - {BODY}"
    facts = facts_of(
        [
            told("a.example", agency, 30),
            told("b.example", agency, 5),
            told("b.example", "Ferries wait.", 3),
            told("c.example", "Skippers complain.", 0.5),
            told("d.example", "Fähren warten.", 0, "de"),
        ],
        copies={1},
    )
    assert facts.outlets == {"b.example": 2, "a.example": 1, "c.example": 1, "d.example": 1}
    assert facts.own_outlets == ("b.example", "c.example", "d.example")
    assert facts.agencies == {"Reuters": 2}
    assert facts.languages == {"en": 4, "de": 1}
    assert (facts.text_count, facts.grown_1h, facts.grown_6h, facts.grown_24h) == (4, 2, 4, 4)
    assert (facts.first_at, facts.last_at) == (NOW - timedelta(hours=30), NOW)
