"""Ask trafilatura's rules which text of a page they would take; one voice among others.

In: the parsed page. Out: `Picked`. Hides trafilatura: its main extractor alone, without the metadata, the copies and
the second tries around it, and without looking for readers' comments (furniture.py does, in a fifth of the time).
Where it takes next to nothing, it is asked again to take more. Trap: its rules go by the names of classes and know
English ones best; on a page with names that say nothing they take everything. The tree is changed: give it one that
nobody needs any more. Its lists of rules are put into quicker words (quick_rules.py), for all of this process.
"""

from collections.abc import Callable
from dataclasses import dataclass

from lxml.html import HtmlElement
from trafilatura import main_extractor
from trafilatura.htmlprocessing import convert_tags, tree_cleaning
from trafilatura.main_extractor import extract_content
from trafilatura.settings import Extractor as Options
from trafilatura.xpaths import BODY_XPATH, OVERALL_DISCARD_XPATH

from pipeline.articles.quick_rules import quick

_RULES = {"BODY_XPATH": BODY_XPATH, "OVERALL_DISCARD_XPATH": OVERALL_DISCARD_XPATH}
vars(main_extractor).update({name: [quick(rule) for rule in rules] for name, rules in _RULES.items()})

_USUAL = Options(fast=True, comments=False)
_GENEROUS = Options(fast=True, comments=False, recall=True)
_SHORT = 25  # squeezed characters below which a text is found by chance within another

# When to ask again, and how much more there must be then to be believed.
_NEXT_TO_NOTHING = 250
_LITTLE = 3000
_LITTLE_SHARE = 0.2
_FAR_MORE = 1.5


@dataclass(frozen=True, slots=True)
class Picked:
    """What the rules took, without any space."""

    text: str = ""
    pieces: frozenset[str] = frozenset()

    def __contains__(self, squeezed: str) -> bool:
        return squeezed in self.text if len(squeezed) >= _SHORT else squeezed in self.pieces


def pick(tree: HtmlElement, length: int, again: Callable[[], HtmlElement | None]) -> Picked:
    """Take the text that the rules take from a page of so many characters; consumes the tree.

    `again` gives the page once more. It is called for one page in ten, which costs less than a copy of each.
    """
    usual = _pick(tree, _USUAL)
    taken = len(usual.text)
    if taken >= _NEXT_TO_NOTHING and (taken >= _LITTLE or taken >= _LITTLE_SHARE * length):
        return usual
    spare = again()
    generous = _pick(spare, _GENEROUS) if spare is not None else usual
    return generous if len(generous.text) > _FAR_MORE * taken else usual


def _pick(tree: HtmlElement, options: Options) -> Picked:
    body, _ = extract_content(convert_tags(tree_cleaning(tree, options), options), options)
    pieces = ["".join(piece.split()) for piece in body.itertext()]
    whole = ["".join("".join(element.itertext()).split()) for element in body]
    return Picked("".join(pieces), frozenset(filter(None, [*pieces, *whole])))
