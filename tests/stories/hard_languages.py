"""What makes grouping hard, in four languages beside English; the texts are invented and stand in hard_texts.json."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Hard:
    """The same cases as test_hard_cases.py has in English."""

    language: str
    wire: list[str]  #: an agency's text, sentence by sentence
    own_words: str  #: the same event in another outlet's words
    corrected: tuple[str, str]  #: what the text said, and what it says now
    note: str  #: that stands before a corrected text
    added: str  #: a sentence of the next version
    third: list[tuple[str, str]]  #: another event, told twice: title and text
    footer: str
    briefs: list[str]
    headlines: list[list[str]]  #: of two events
    affair: list[str]  #: one event a week around one person

    @property
    def text(self) -> str:
        """Give the agency's text as a whole."""
        return self.joined(*self.wire)

    def joined(self, *sentences: str) -> str:
        """Put sentences together as the script does."""
        return ("" if self.language == "zh" else " ").join(sentences)


def hard_languages() -> list[Hard]:
    """Read the texts of every language."""
    found: list[dict[str, Any]] = json.loads(Path(__file__).with_name("hard_texts.json").read_text(encoding="utf-8"))
    return [Hard(**each) for each in found]
