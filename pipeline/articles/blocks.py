"""Take a page apart into its blocks of text, in reading order.

In: the parsed page. Out: a list of `Block`. Hides how HTML nests. Trap: a block is an element that holds text and
no other block, so bare text beside an inner block belongs to no block and is not seen here.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lxml.etree import XPath, iterwalk
from lxml.html import HtmlElement

_BLOCK_TAGS = frozenset(
    {"address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "div", "dl", "dt"}
    | {"fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "label"}
    | {"legend", "li", "main", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "td", "textarea"}
    | {"tfoot", "th", "thead", "tr", "ul"}
)
_UNREAD = frozenset({"head", "script", "style", "noscript", "template", "iframe", "svg", "select", "button"})

_READ = XPath("descendant::text()[not(parent::script or parent::style)]")


@dataclass(frozen=True, slots=True)
class Block:
    """One block: its element, its text with single spaces, and the address that all of it links to, if any."""

    element: HtmlElement
    depth: int
    text: str
    href: str

    @property
    def shape(self) -> tuple[str, int]:
        """What repeated blocks have in common however a theme names its classes."""
        return self.element.tag, self.depth


def read_blocks(tree: HtmlElement) -> list[Block]:
    """List the blocks that hold text."""
    found = []
    for element, depth in _innermost(tree):
        text = _text(element)
        if text:
            found.append(Block(element, depth, text, _whole_link(element, len(text))))
    return found


def _text(element: HtmlElement) -> str:
    return " ".join("".join(_READ(element)).split())


def _innermost(tree: HtmlElement) -> Iterator[tuple[HtmlElement, int]]:
    """Walk the block elements without a block element inside, with their depth."""
    opened: HtmlElement | None = None
    depth = 0
    walk = iterwalk(tree, events=("start", "end"))
    for event, element in walk:
        if event == "end":
            if element is opened:
                yield element, depth
            depth -= 1
            continue
        depth += 1
        if element.tag in _UNREAD:
            walk.skip_subtree()
        elif element.tag in _BLOCK_TAGS:
            opened = element


def _whole_link(element: HtmlElement, text_length: int) -> str:
    """Give the address if the block is one link: around it, or inside it around nearly all its text."""
    links = [link for link in element.iter("a") if link.get("href")]
    if not links:
        links = [link for link in element.iterancestors("a") if link.get("href")]
        return (links[0].get("href") or "") if links else ""
    addresses = {link.get("href") or "" for link in links}
    linked_length = sum(len(_text(link)) for link in links)
    return addresses.pop() if len(addresses) == 1 and linked_length * 10 >= text_length * 9 else ""
