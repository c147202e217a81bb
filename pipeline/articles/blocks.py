"""Take a page apart into its blocks of text, in reading order, and the containers around them.

In: the parsed page. Out: `Page`. Hides how HTML nests. A block is a run of text between two block tags or line breaks,
so bare text beside an inner block is seen too. Trap: containers are named by their index in `Page.containers`, an
outer one always before its inner ones, so totals can be summed from the end.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lxml.etree import iterwalk
from lxml.html import HtmlElement

PARAGRAPH_CHARACTERS = 80

_BLOCK_TAGS = frozenset(
    {"address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "div", "dl"}
    | {"dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header"}
    | {"hgroup", "hr", "label", "legend", "li", "main", "menu", "nav", "ol", "p", "pre", "section", "summary", "table"}
    | {"tbody", "td", "tfoot", "th", "thead", "tr", "ul"}
)
_UNREAD = frozenset(
    {"audio", "button", "canvas", "datalist", "head", "iframe", "input", "math", "noscript", "object", "script"}
    | {"select", "style", "svg", "template", "textarea", "video"}
)
KINDS = ("hidden", "quoted", "listed", "tabled", "pictured", "beside", "heading")  #: by their bit in `Container.inside`
_HIDDEN = 1
_KIND_BITS = {
    "blockquote": 2,
    "ul": 4,
    "ol": 4,
    "dl": 4,
    "table": 8,
    "figure": 16,
    "figcaption": 16,
    "nav": 32,
    "aside": 32,
    "footer": 32,
    "header": 64,
}
_BOLD = frozenset({"b", "em", "i", "strong", "u"})
_MARKING = _BLOCK_TAGS | _BOLD | {"a", "br"}  # elements whose beginning or end says something


@dataclass(slots=True)
class Container:
    """An element that may hold blocks, with the sums of all that stands in it."""

    tag: str
    name: str  #: its class and id, whatever they may mean
    parent: int  #: -1 for the outermost
    depth: int
    first: int  #: index of its first block
    after: int = 0  #: index after its last block
    length: int = 0  #: characters of text
    link_length: int = 0  #: of these, in links
    paragraph_length: int = 0  #: of these, in blocks that read as paragraphs
    has_field: bool = False  #: it is the innermost one around a text field
    inside: int = 0  #: bits of `KINDS`: what it is or stands in
    shape: int = 0  #: equal where element, depth and name are: a theme made them for the same purpose


@dataclass(slots=True)
class Block:
    """One run of text with single spaces."""

    text: str
    squeezed: str  #: without any space, to be compared
    container: int
    length: int
    link_length: int
    bold_length: int
    href: str  #: of its first link, empty if it has none
    lead_length: int = 0  #: of what is bold, italic or a link at its very beginning
    is_paragraph: bool = False  #: it reads as text: long enough and mostly no link

    @property
    def is_link(self) -> bool:
        """Tell whether nearly all of it is a link."""
        return self.link_length * 10 >= self.length * 9


@dataclass(slots=True)
class Page:
    """A page as its blocks and their containers."""

    blocks: list[Block] = field(default_factory=list)
    containers: list[Container] = field(default_factory=list)

    def around(self, block: Block) -> Iterator[Container]:
        """Walk the containers around a block from the inside out."""
        index = block.container
        while index >= 0:
            yield self.containers[index]
            index = self.containers[index].parent


def read_page(tree: HtmlElement) -> Page:
    """List the blocks that hold text, and the containers around them."""
    body = tree.find("body")
    reader = _Reader()
    reader.read(tree if body is None else body)
    _sum_up(reader.page)
    return reader.page


class _Reader:
    """What is open while the tree is walked."""

    def __init__(self) -> None:
        self.page = Page()
        self._container = -1
        self._parts: list[str] = []
        self._in_link = self._in_bold = 0
        self._link_length = self._bold_length = self._lead_length = 0
        self._leads = True
        self._href = ""
        self._open_href = ""

    def read(self, root: HtmlElement) -> None:
        """Walk the elements; what is never shown as text is left out with all it holds."""
        walk = iterwalk(root, events=("start", "end"))
        parts = self._parts
        for event, element in walk:
            tag = element.tag
            if event == "start":
                if tag in _UNREAD:
                    self._skip(tag)
                    walk.skip_subtree()
                    continue
                if tag in _MARKING:
                    self._open(element, tag)
                if (text := element.text) and (parts or not text.isspace()):
                    self._add(text)
                continue
            if tag in _MARKING:
                self._close(tag)
            if (text := element.tail) and (parts or not text.isspace()) and element is not root:
                self._add(text)
        self._end_block()

    def _skip(self, tag: str) -> None:
        if tag == "textarea" and self._container >= 0:
            self.page.containers[self._container].has_field = True

    def _open(self, element: HtmlElement, tag: str) -> None:
        if tag in _BLOCK_TAGS:
            self._end_block()
            self._open_container(tag, dict(element.items()))
        elif tag == "br":
            self._end_block()
        elif tag == "a":
            self._in_link += 1
            self._open_href = element.get("href") or ""
            self._href = self._href or self._open_href
        else:
            self._in_bold += 1

    def _open_container(self, tag: str, said: Mapping[str, str]) -> None:
        containers, outer = self.page.containers, self._container
        depth, inside = (containers[outer].depth + 1, containers[outer].inside) if outer >= 0 else (0, 0)
        inside |= _KIND_BITS.get(tag, 0)
        if said and _is_hidden(said):
            inside |= _HIDDEN
        name = f"{said.get('class', '')} {said.get('id', '')}" if said else " "
        self._container = len(containers)
        containers.append(Container(tag, name, outer, depth, len(self.page.blocks), inside=inside))

    def _close(self, tag: str) -> None:
        if tag in _BLOCK_TAGS:
            self._end_block()
            container = self.page.containers[self._container]
            container.after = len(self.page.blocks)
            self._container = container.parent
        elif tag == "a":
            self._in_link -= 1
        elif tag != "br":
            self._in_bold -= 1

    def _add(self, text: str) -> None:
        self._parts.append(text)
        if not (self._in_link or self._in_bold):
            self._leads = self._leads and text.isspace()
            return
        length = len(text.strip())
        if self._in_link:
            self._link_length += length
        if self._in_bold:
            self._bold_length += length
        if self._leads:
            self._lead_length += length

    def _end_block(self) -> None:
        if self._parts:
            words = "".join(self._parts).split()
            self._parts.clear()
            if words:
                self._add_block(" ".join(words), "".join(words))
            self._link_length = self._bold_length = self._lead_length = 0
            self._leads = True
        self._href = self._open_href if self._in_link else ""

    def _add_block(self, text: str, squeezed: str) -> None:
        length = len(text)
        links, bold = min(self._link_length, length), min(self._bold_length, length)
        lead, container = min(self._lead_length, length), max(self._container, 0)
        is_paragraph = length >= PARAGRAPH_CHARACTERS and links * 3 < length
        self.page.blocks.append(Block(text, squeezed, container, length, links, bold, self._href, lead, is_paragraph))


def _is_hidden(said: Mapping[str, str]) -> bool:
    if "hidden" in said or said.get("aria-hidden") == "true":
        return True
    return "style" in said and "display:none" in said["style"].replace(" ", "").lower()


def _sum_up(page: Page) -> None:
    """Give every container its shape, and the sums of its blocks, the inner ones' included."""
    containers = page.containers
    shapes: dict[tuple[str, int, str], int] = {}
    for container in containers:
        container.shape = shapes.setdefault((container.tag, container.depth, container.name), len(shapes))
    for block in page.blocks:
        container = containers[block.container]
        container.length += block.length
        container.link_length += block.link_length
        container.paragraph_length += block.length if block.is_paragraph else 0
    for container in reversed(containers):
        if container.parent >= 0:
            around = containers[container.parent]
            around.length += container.length
            around.link_length += container.link_length
            around.paragraph_length += container.paragraph_length
