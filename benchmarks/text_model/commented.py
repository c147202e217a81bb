"""Give a page readers' comments that it has not, so that trees learn what the gold texts show too seldom.

In: the parsed page, the text of its article's last block, a source of chance. Out: the texts that were put in. Hides
how sections are drawn: names, times, a word to reply with, a line before them or a box around them, each there or
not; by chance the article's own paragraphs become lines with breaks between, as old pages have them. Trap: the tree is
changed.
"""

from collections.abc import Callable
from random import Random

from lxml.html import HtmlElement, fragment_fromstring

from pipeline.articles.blocks import read_page

_NAMES = (
    "Ann Bo Cem Dana Elif Finn Gus Hana Ivo Jun Kai Lea Max Nora Olu Pia Quin Rosa Sam Tom Uma Vera Wim Yan Zoe",
    "Abel Brook Cho Diaz Ek Falk Gill Holm Ito Jansen Kerr Lund Moss Nagy Ortiz Park Quist Reed Silva Tran Vos",
)
_OPENINGS = "yes no and but why thanks well sorry agreed please sadly who what never always honestly maybe so"
_WORDS = (
    "this the old new road price town they we nobody everyone paid built asked again later of for in with about"
    " because story writer years money water house council never really still think know saw was is would could it"
)
_ENDS = (".", ".", ".", "!", "!!", "?", "...", " :)", "")
_REPLIES = ("Reply", "Antworten", "Répondre", "Report", "Like", "Ответить", "回复", "Quote | Link", "+ 1")
_LABELS = ("Comments", "Your say", "Kommentare", "Guest book", "{} Comments", "Comments ({})", "{} responses", "")
_TAGS = ("div", "div", "p", "li", "section", "blockquote", "dd")
_MARKS = ("b", "i", "strong", "em", "a", "span", "cite", "font")
_ANCIENT_CHANCE = 0.3


def add_comments(tree: HtmlElement, last_squeezed: str, chance: Random) -> set[str]:
    """Put a section of comments after the article's last block; gives the texts of its blocks, if any."""
    last = _holder(tree, last_squeezed)
    if last is None or last.getparent() is None:
        return set()
    section = fragment_fromstring(_section(chance), create_parent="div")
    texts = {block.text for block in read_page(section).blocks}
    if chance.random() < _ANCIENT_CHANCE:
        last = _made_ancient(last)
    _put(section, last, chance)
    return texts


def _holder(tree: HtmlElement, squeezed: str) -> HtmlElement | None:
    """Find the innermost element whose text holds the block's."""
    found = None
    for element in tree.iter("p", "div", "td", "li", "section", "article", "blockquote", "span", "font", "main"):
        if squeezed in "".join(element.text_content().split()):
            found = element
    return found


def _made_ancient(last: HtmlElement) -> HtmlElement:
    """Turn the paragraphs beside the article's last one into lines with breaks between."""
    around = last.getparent()
    if around is None or around.tag in {"body", "html"}:
        return last
    for child in list(around):
        if child.tag == "p":
            child.append(fragment_fromstring("<br>"))
            child.append(fragment_fromstring("<br>"))
            child.drop_tag()
    return around


def _put(section: HtmlElement, last: HtmlElement, chance: Random) -> None:
    """Put the section after the element or one around it, or at its end if it holds more than a paragraph."""
    for _ in range(chance.choice((0, 0, 0, 1, 1, 2))):
        parent = last.getparent()
        if parent is None or parent.tag in {"body", "html"}:
            break
        last = parent
    if last.tag in {"td", "body"} or (last.tag not in {"p", "li"} and chance.random() < 0.5):
        last.append(section)
    else:
        last.addnext(section)
    if chance.random() < 0.6:
        section.drop_tag()


def _section(chance: Random) -> str:
    count = chance.randint(2, 9)
    label = chance.choice(_LABELS).format(count)
    head = f"<{tag}>{label}</{tag}>" if (tag := chance.choice(("h2", "h3", "h4", "b", "p", "div"))) and label else ""
    line = "<hr>" if chance.random() < 0.4 else ""
    form = "<form><textarea></textarea><input></form>" if chance.random() < 0.4 else ""
    comment = _style(chance)
    return line + head + "".join(comment() for _ in range(count)) + form


def _style(chance: Random) -> Callable[[], str]:
    """Draw how all comments of one section are built."""
    shape = chance.choice(("boxes", "inline", "inline", "lines", "pairs", "rows", "signed"))
    mark, tag, inner = chance.choice(_MARKS), chance.choice(_TAGS), chance.choice(("p", "div", "span"))
    colon = chance.choice((":", ":", " -", "", " says:"))
    timed, reply = chance.random() < 0.5, chance.choice(_REPLIES) if chance.random() < 0.5 else ""
    within = chance.random() < 0.4
    between = "<hr>" if chance.random() < 0.15 else ""

    def comment() -> str:
        name, said = _name(chance), "".join(f"{_sentence(chance)} " for _ in range(chance.choice((1, 1, 1, 2, 3, 5))))
        time = _time(chance) if timed else ""
        end = f"<{tag}>{reply}</{tag}>" if reply else ""
        marked = f"<{mark}>{name}{colon}</{mark}>" if within else f"<{mark}>{name}</{mark}>{colon}"
        if shape == "boxes":
            return f"{between}<{tag}><div>{marked} {time}</div><{inner}>{said}</{inner}>{end}</{tag}>"
        if shape == "inline":
            return f"{between}<{tag}>{marked} {said}{time}</{tag}>{end}"
        if shape == "lines":
            return f"{between}{marked} {time} {said}<br>{reply}"
        if shape == "pairs":
            return f"{between}<{tag}>{marked} {time}</{tag}><{tag}>{said}</{tag}>{end}"
        if shape == "rows":
            return f"<table><tr><td>{marked}<br>{time}</td><td>{said}</td></tr></table>"
        return f"{between}<{tag}>{said}<br>- {name} {time}</{tag}>"

    return comment


def _name(chance: Random) -> str:
    first, last = (chance.choice(names.split()) for names in _NAMES)
    return chance.choice(
        (first, f"{first} {last}", f"{first}{chance.randint(1, 99)}", f"{first.lower()}_{last.lower()}")
    )


def _time(chance: Random) -> str:
    number, day = chance.randint(1, 23), chance.randint(1, 28)
    return chance.choice(
        (f"{number} hours ago", f"{day}.05.2024 {number}:07", f"May {day}, 2023 at {number}:41", f"#{day}")
    )


def _sentence(chance: Random) -> str:
    words = [chance.choice(_OPENINGS.split()).capitalize(), *chance.choices(_WORDS.split(), k=chance.randint(2, 18))]
    return " ".join(words) + chance.choice(_ENDS)
