"""Plain text out of what feeds carry: titles, summaries, contents, names.

In: text or HTML as a feed wrote it. Out: text without markup, control characters or lone surrogates. Hides lxml's
HTML parser, which reads anything in linear time. Trap: it gives up below 255 nested elements, so for markup that
deep the tags are cut out instead.
"""

import html
import re
import unicodedata
from collections.abc import Callable

from lxml import etree

# PostgreSQL refuses NUL, no driver encodes a lone surrogate, and the rest is invisible in prose but breaks words.
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\xad\u200b\u200e\u200f\u2060\ud800-\udfff\ufeff\ufffe\uffff]")
# What was written in Windows-1252 and announced as Latin-1 lands in C1, where Unicode has no visible character.
_FROM_C1 = {byte: bytes([byte]).decode("cp1252", "ignore") for byte in range(0x80, 0xA0)}
_C1 = re.compile("[\x80-\x9f]")
# A single plain space, which is most of them, needs no replacing: twice as fast over prose.
_SPACES = re.compile(r" [^\S\n]+|(?! )[^\S\n]+")
_LINE_ENDS = re.compile(r" ?\n\s*")
_TAG = re.compile(r"<[^<>]*>")
_DECLARATION = re.compile(r"<!(?!--|\[CDATA\[|DOCTYPE\s)", re.IGNORECASE)
_COMMENT_START = re.compile(r"<!--[^<>]*>?")
_IFRAME = re.compile(r"</?iframe[^<>]*>?", re.IGNORECASE)
_MARKUP = re.compile(r"[<&]")
_WORDS_OF_HTML = re.compile(
    r"</?(?:a|b|br|cite|code|del|div|em|font|h[1-6]|i|iframe|img|ins|li|mark|ol|p|q|s|script|small|span|strong|style"
    r"|sub|sup|svg|table|u|ul)(?:\s[^<>]*|/)?>",
    re.IGNORECASE,
)

SIMPLE_LENGTH = 5000  # of markup that may be simple; a whole article seldom is
_SIMPLE_VOIDS, _SIMPLE_BLOCKS = frozenset({"br", "img"}), frozenset({"br", "p"})
_SIMPLE_TAG = re.compile(
    r"<(/?)(a|abbr|b|br|cite|em|i|img|p|small|span|strong|u)"
    r"""(?:\s++[a-z_][a-z0-9_:-]*+(?:=(?:"[^"<>]*+"|'[^'<>]*+'|[a-z0-9_.:#?&%+-]++))?)*+\s*+/?>""",
    re.IGNORECASE,
)
_EMPTY_TAG = re.compile(r"<(?!br|img)[^<>]*/>", re.IGNORECASE)
_BARE_CONTROL = re.compile("[\r\x80-\x9f]")  # what parsers and `clean_text` treat in an order of their own
# References that mean the same to everybody; C1 and what is above the basic plane are left to the parser.
_OTHER_REFERENCE = re.compile(
    r"&(?!(?:amp|lt|gt|quot|nbsp|[lr][sd]quo|[mn]dash|hellip|#x2[0-9a-f]{3}|#(?:3[2-9]|[4-9]\d|1[01]\d|12[0-6]|1[6-9]\d|[2-9]\d\d|[1-9]\d{3}));)"
)

_BLOCK_NAMES = """
    address article aside blockquote body br caption center dd details dialog div dl dt fieldset figcaption figure
    footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody td tfoot th thead tr ul
"""
_UNSEEN_NAMES = "audio canvas iframe math noscript script select style svg template title video"
_BLOCKS, _UNSEEN = frozenset(_BLOCK_NAMES.split()), frozenset(_UNSEEN_NAMES.split())
_NOT_PLAIN = _BLOCKS | _UNSEEN
_HTML = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True)


def clean_text(text: str) -> str:
    """Clean text of several lines: no control characters, single spaces, no blank lines, NFC."""
    text = text.strip()
    if text.isprintable() and "  " not in text:  # nothing that is unwanted, and no space but the plain one
        if text.isascii():
            return text
        return unicodedata.normalize("NFC", text).strip()
    seen = _UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    if _C1.search(seen):
        seen = seen.translate(_FROM_C1)
    return unicodedata.normalize("NFC", _LINE_ENDS.sub("\n", _SPACES.sub(" ", seen))).strip()


def clean_line(text: str) -> str:
    """Clean text that stands on one line, such as a title."""
    return clean_text(text).replace("\n", " ")


def has_markup(text: str) -> bool:
    """Tell whether a text that is said to be plain holds tags all the same; `a < b` and `List<String>` do not."""
    return "<" in text and _WORDS_OF_HTML.search(text) is not None


def html_to_text(markup: str) -> str:
    """Give the text a reader would see, one line a block; scripts, styles and embedded media leave nothing."""
    if not _MARKUP.search(markup):
        return clean_text(markup)
    simple = simple_text(markup) if len(markup) <= SIMPLE_LENGTH else None
    return parsed_text(markup) if simple is None else simple


def simple_text(markup: str) -> str | None:
    """Give the text of sound and simple markup, as most summaries are, in a fraction of the parser's time.

    Only breaks, pictures, paragraphs and well nested inline elements, whose text is the same to any parser; None for
    everything else.
    """
    if "/>" in markup and _EMPTY_TAG.search(markup):
        return None
    pieces = _SIMPLE_TAG.split(markup.replace("\n", " "))  # text, "/" or nothing, name, text, …
    open_names: list[str] = []
    for place in range(2, len(pieces), 3):
        name = pieces[place].lower()
        if not _fits(open_names, name, is_end=bool(pieces[place - 1])):
            return None
        pieces[place - 1 : place + 1] = "", "\n" if name in _SIMPLE_BLOCKS else ""
    plain = "".join(pieces)
    if open_names or "<" in plain or _OTHER_REFERENCE.search(plain) or _BARE_CONTROL.search(plain):
        return None
    return clean_text(html.unescape(plain) if "&" in plain else plain)


def _fits(open_names: list[str], name: str, *, is_end: bool) -> bool:
    """Tell whether a tag stands where any parser expects it; keeps the names of what is open."""
    if name in _SIMPLE_VOIDS:
        return not is_end
    if is_end:
        return bool(open_names) and open_names.pop() == name
    if name == "p" and open_names:
        return False
    open_names.append(name)
    return True


def parsed_text(markup: str) -> str:
    """Give the text of any markup, by the parser."""
    markup = _closed(markup)
    # A numeric reference to a surrogate or a NUL is not text either way; the parser cannot be given lone surrogates.
    root = etree.fromstring(f"<body>{_UNWANTED.sub('', markup)}".encode(), _HTML)
    text = clean_text("".join(_visible(root))) if root is not None else ""
    return text or clean_text(html.unescape(_TAG.sub(" ", markup)) if _is_deep(markup) else "")


def _closed(markup: str) -> str:
    """Take out what, never closed, would hide the rest of the text: a comment, a frame; and make `<!` words text."""
    if "<!" in markup:
        markup = _DECLARATION.sub("&lt;!", markup)
        end = markup.rfind("-->") + 1
        markup = markup[:end] + _COMMENT_START.sub("", markup[end:])
    if markup.count("<iframe") > markup.count("</iframe"):
        markup = _IFRAME.sub(" ", markup)
    return markup


def _visible(root: etree.Element) -> list[str]:
    """Give the words in their order, and line ends around blocks; the parser nests no deeper than 255."""
    found: list[str] = []
    _walk(root, found.append, is_hidden=False)
    return found


def _walk(element: etree.Element, add: Callable[[str], object], *, is_hidden: bool) -> None:
    is_block = element.tag in _BLOCKS
    if is_block:
        add("\n")
    is_hidden_within = is_hidden or element.tag in _UNSEEN
    if not is_hidden_within and (words := element.text):
        add(words.replace("\n", " "))
    for child in element:
        if len(child) or child.tag in _NOT_PLAIN:
            _walk(child, add, is_hidden=is_hidden_within)
        elif not is_hidden_within and (words := child.text):
            add(words.replace("\n", " "))
        if not is_hidden_within and (words := child.tail):
            add(words.replace("\n", " "))
    if is_block:
        add("\n")


def _is_deep(markup: str) -> bool:
    """Tell whether this may nest below what libxml2 reads (htmlParserMaxDepth, 255 without huge_tree)."""
    return markup.count("<") > 255
