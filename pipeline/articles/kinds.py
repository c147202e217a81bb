"""Tell from a page alone whether it is something else than an article, and what.

In: what was chosen of the page, and how it is built. Out: a `Reason`, or None for an article. Hides nothing; pure but
for a look at the tree when the text is short. Trap: an article's page carries consent managers, logins and players
too, so nothing is judged that has text enough; and a page that declares itself an article gets the benefit of doubt.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from pipeline.articles.blocks import Block, Page
from pipeline.articles.signs import Signs
from pipeline.articles.wall_words import count_words
from pipeline.model import Reason

_LONGEST = 1500  # characters of text; what is longer has words of its own
_LITTLE = 600
_NEXT_TO_NOTHING = 300
_SMALL_PAGE = 2500  # characters of a whole page that is nothing but a wall
_TEASERS = range(20, 201)  # characters of a linked headline
_FEWEST_TEASERS = 12
_NEAR_TEASER = 2  # blocks
_NEARBY = 4  # blocks after the text, where a paywall stands
_DENSE = 2.5
_DENSE_SIGN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_Look = Callable[[], Signs]
_BESIDE = 32 | 64  # bits of nav, aside, footer, header in `Container.inside`


@dataclass(frozen=True, slots=True)
class Looks:
    """What of a page decides its kind."""

    title: str  #: the page's own, with its first headings
    text: str
    weight: float  #: of the text in characters of a script that spells words
    whole: str  #: everything there is to read, if that is little
    nearby: str  #: the last of the text and what follows it
    total_length: int
    teaser_count: int
    plain_length: int  #: of the chosen paragraphs that are no teaser's text


def may_be_other(page: Page, chosen: Sequence[int]) -> bool:
    """Tell whether a closer look is worth its time: the text is short, or many links stand in it."""
    if sum(page.blocks[index].length for index in chosen) <= _LONGEST:
        return True
    return sum(block.is_link for block in page.blocks[chosen[0] : chosen[-1] + 1]) >= _FEWEST_TEASERS


def looks_of(page: Page, chosen: Sequence[int], title: str) -> Looks:
    """Sum up a page."""
    blocks = page.blocks
    total = page.containers[0].length
    span = range(chosen[0], chosen[-1] + 1) if chosen else range(len(blocks))
    teasers = {index for index in span if _is_teaser(page, blocks[index])}
    headings = [block.text for block in blocks if page.containers[block.container].tag in {"h1", "h2"}][:3]
    last = chosen[-1] if chosen else 0
    plain = (index for index in chosen if blocks[index].is_paragraph and not _is_near(index, teasers))
    text = "\n".join(blocks[index].text for index in chosen)
    return Looks(
        title=" ".join([title, *headings]).casefold(),
        text=text,
        weight=_weight(text),
        whole=" ".join(block.text for block in blocks).casefold() if total <= _SMALL_PAGE else "",
        nearby=" ".join(block.text for block in blocks[last : last + 1 + _NEARBY]).casefold(),
        total_length=total,
        teaser_count=len({blocks[index].href for index in teasers}),
        plain_length=sum(blocks[index].length for index in plain),
    )


def find_kind(looks: Looks, look: Callable[[], Signs]) -> Reason | None:
    """Give why the page is no article; `look` is called, once, only if its words leave a doubt."""
    is_listing = looks.teaser_count >= _FEWEST_TEASERS and looks.plain_length < _NEXT_TO_NOTHING
    look = cache(look)
    if looks.weight <= _LONGEST:
        for kind, tells in _TELLS.items():
            if tells(looks, look):
                return kind
    return Reason.INDEX_PAGE if is_listing and not look().article else None


# Each asks the words first: they are at hand, while a look at how the page is built costs as much as parsing it twice.


def _is_bot_check(looks: Looks, look: _Look) -> bool:
    if looks.total_length > _LONGEST:
        return False
    words = count_words(Reason.BOT_CHECK, f"{looks.title} {looks.whole}")
    return bool(words) and not look().article and words >= (1 if look().challenge else 2)


def _is_missing(looks: Looks, look: _Look) -> bool:
    if looks.weight > _LITTLE or not count_words(Reason.SOFT_404, looks.title):
        return False
    return not look().article


def _is_consent(looks: Looks, look: _Look) -> bool:
    if looks.total_length > 2 * _SMALL_PAGE:
        return False
    words = count_words(Reason.CONSENT_WALL, looks.text.casefold() or looks.whole)
    return words >= 4 or (words >= 2 and look().consent and look().choices > 0)


def _is_login(looks: Looks, look: _Look) -> bool:
    if looks.weight > _LITTLE:
        return False
    words = count_words(Reason.LOGIN_WALL, f"{looks.title} {looks.text.casefold()} {looks.whole}")
    return words >= 2 and look().password and not look().article


def _is_paywall(looks: Looks, look: _Look) -> bool:
    words = count_words(Reason.PAYWALL, looks.nearby)
    if not words:
        return False
    return look().not_free or (look().paid and words >= 2 and looks.weight <= _LITTLE)


def _is_video(looks: Looks, look: _Look) -> bool:
    return looks.weight <= _NEXT_TO_NOTHING and look().video


_TELLS: dict[Reason, Callable[[Looks, _Look], bool]] = {
    Reason.BOT_CHECK: _is_bot_check,
    Reason.SOFT_404: _is_missing,
    Reason.CONSENT_WALL: _is_consent,
    Reason.LOGIN_WALL: _is_login,
    Reason.PAYWALL: _is_paywall,
    Reason.VIDEO_STUB: _is_video,
}


def _weight(text: str) -> float:
    """Measure text; a sign of Chinese or Japanese says as much as two and a half letters."""
    return len(text) + (_DENSE - 1) * len(_DENSE_SIGN.findall(text))


def _is_teaser(page: Page, block: Block) -> bool:
    return block.is_link and block.length in _TEASERS and not page.containers[block.container].inside & _BESIDE


def _is_near(index: int, teasers: set[int]) -> bool:
    return any(index + step in teasers for step in range(-_NEAR_TEASER, _NEAR_TEASER + 1))
