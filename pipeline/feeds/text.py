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
