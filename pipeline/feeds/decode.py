"""Find out in which encoding a feed was sent, and give text that an XML or JSON parser can read.

In: the body's bytes and its Content-Type. Out: text without characters that XML 1.0 forbids and without the XML
declaration, which no longer tells the truth. Hides Python's codecs. Order: byte order mark, header, the document's
own declaration, sniffing. Trap: servers announce Latin-1 for everything; bytes beyond ASCII that are valid UTF-8
are UTF-8 whatever a one-byte label says, since no other encoding yields such bytes by chance.
"""

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark begins the same
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# How "<?" and, for JSON, '{"' begin without a mark (XML 1.0, appendix F; RFC 4627, 3).
_WIDE = (
    (re.compile(rb"[<{]\0\0\0"), "utf-32-le"),
    (re.compile(rb"\0\0\0[<{]"), "utf-32-be"),
    (re.compile(rb"[<{]\0[^\0]\0"), "utf-16-le"),
    (re.compile(rb"\0[<{]\0[^\0]"), "utf-16-be"),
    (re.compile(rb"\x4c\x6f\xa7\x94"), "cp037"),
)
# What publishers mean by a label is the superset of what the label says (WHATWG Encoding, 4.2).
_MEANT = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "utf-16": "utf-16-be",  # RFC 2781, 4.3, when nothing else tells
}
_MULTIBYTE = frozenset({"gb18030", "cp932", "cp949", "big5", "big5hkscs", "euc_jp", "iso2022_jp", "hz"})
# Encodings in which plain ASCII bytes spell something else; nobody publishes in them, attackers do.
_REFUSED = frozenset({"utf-7", "unicode_escape", "raw_unicode_escape", "punycode", "idna", "undefined", "hz"})

_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_DECLARED = re.compile(rb"""<\?xml\b[^>]{0,200}?encoding\s*=\s*["']\s*([\w.:-]+)""")
_DECLARATION = re.compile(r"<\?xml\b[^>]{0,400}\?>")
_HEAD = 4096
_FORBIDDEN = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufeff\ufffe\uffff]")
_FORBIDDEN_REFERENCE = re.compile(r"&#(?:0*(?:[0-8]|1[124-9]|2\d|3[01])|[xX]0*(?:[0-8bcefBCEF]|1[0-9a-fA-F]));")


def decode(body: bytes, content_type: str = "") -> str:
    """Decode a feed document; bytes that its encoding cannot explain become U+FFFD."""
    text = _FORBIDDEN.sub("", _decoded(body, content_type))
    head = _DECLARATION.sub("", text[:_HEAD], count=1)
    return _FORBIDDEN_REFERENCE.sub("", head + text[_HEAD:]).strip()


def _decoded(body: bytes, content_type: str) -> str:
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    for start, encoding in _WIDE:
        if start.match(body):
            return body.decode(encoding, "replace")
    for encoding in _announced(body, content_type):
        text = _strictly(body, encoding)
        if text is not None:
            return text
    return _sniffed(body)


def _announced(body: bytes, content_type: str) -> list[str]:
    """List what header and document say, UTF-8 before any one-byte encoding."""
    header = _CHARSET.search(content_type)
    declared = _DECLARED.search(body[:_HEAD])
    labels = [header[1] if header else "", declared[1].decode("ascii", "replace") if declared else ""]
    known = [encoding for label in labels if (encoding := _meant(label))]
    if known and known[0] not in _MULTIBYTE:
        known.insert(0, "utf-8")
    return known


def _meant(label: str) -> str:
    """Give the encoding that a label means; empty if it means none that we read."""
    try:
        name = codecs.lookup(label).name if label else ""
    except (LookupError, ValueError):
        return ""
    return "" if name in _REFUSED else _MEANT.get(name, name)


def _strictly(body: bytes, encoding: str) -> str | None:
    try:
        return body.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None


def _sniffed(body: bytes) -> str:
    """Decode what no label explains: UTF-8 with a few broken places, or else Windows-1252.

    One summary cut in the middle of a character must not turn a whole UTF-8 document into mojibake.
    """
    text = body.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    if broken and broken * 10 > sum(not c.isascii() for c in text):
        return body.decode("cp1252", "replace")
    return text
