"""Find out in which encoding a page was sent, and decode it.

In: the body's bytes and the Content-Type header. Out: a string, always. Hides charset_normalizer. The order is
byte order mark, header, the page's own meta or XML declaration, then UTF-8 (WHATWG Encoding and HTML, 13.2.3).
Trap: servers announce Latin-1 for pages that are UTF-8; bytes that are valid UTF-8 beyond ASCII are taken for it.
"""

import codecs
import re

from charset_normalizer import from_bytes

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark begins the same
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What the web means by a label is a superset of what the label says (WHATWG Encoding, 4.2).
_MEANT = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
    "utf-8-sig": "utf-8",
    "utf-16": "utf-16-le",
}
# Labels the web uses and Python does not know.
_LABELS = {"x-sjis": "cp932", "x-gbk": "gb18030", "x-euc-jp": "euc_jp", "ks_c_5601-1987": "cp949"}
# The encodings of the web; Python's others (UTF-7, unicode_escape, punycode) would let ASCII say something else.
_OF_THE_WEB = re.compile(
    r"utf-8|utf-16-[lb]e|cp125\d|cp866|cp874|cp932|cp949|iso8859-\d+|koi8-[ru]|mac-(?:roman|cyrillic)"
    r"|gb18030|big5hkscs|euc_jp|iso2022_jp"
)
_MULTIBYTE = frozenset({"gb18030", "cp932", "cp949", "big5hkscs", "euc_jp", "iso2022_jp"})
_DECLARED = re.compile(
    rb"""(?:charset\s*=\s*["']?|<\?xml[^>]{0,80}?encoding\s*=\s*["'])\s*([A-Za-z0-9_.:\-]+)""", re.IGNORECASE
)
_IN_HEADER = re.compile(r"""charset\s*=\s*["']?\s*([A-Za-z0-9_.:\-]+)""", re.IGNORECASE)
_PRESCAN_BYTES = 4096
_SAMPLE_BYTES = 32_768
_EQUALLY_CLEAN = 0.03  # difference of charset_normalizer's measure of mess below which it only sorts by name
_COMMONEST = ("cp1252", "cp1251", "cp932", "gb18030", "cp1250", "cp1254", "cp1253", "cp1256", "cp949", "big5hkscs")
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")


def decode(body: bytes, content_type: str = "") -> str:
    """Decode a page; bytes that no encoding explains become U+FFFD."""
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    encoding = _announced(content_type) or _declared(body) or _wide(body) or "utf-8"
    if encoding not in _MULTIBYTE and not encoding.startswith("utf-16") and _is_utf8(body):
        return body.decode("utf-8")
    return _decode_as(body, encoding)


def _decode_as(body: bytes, encoding: str) -> str:
    """Decode as announced; where that plainly fails, as detected."""
    text = body.decode(encoding, "replace")
    broken_count = text.count("\ufffd")
    if not broken_count:
        return text
    high_count = len(_BEYOND_ASCII.findall(body))
    if broken_count * 5 < high_count:  # a few bytes are damaged, not the encoding wrong
        return text
    return body.decode(_detected(body), "replace")


def _detected(body: bytes) -> str:
    """Guess from the bytes beyond ASCII; Windows-1252 if there is nothing to go by."""
    first = _BEYOND_ASCII.search(body)
    start = max(0, first.start() - 1000) if first else 0
    found = [match for match in from_bytes(body[start : start + _SAMPLE_BYTES]) if _codec(match.encoding)]
    alike = {_codec(match.encoding) for match in found if match.chaos <= found[0].chaos + _EQUALLY_CLEAN}
    alike.discard("utf-8")
    return next((encoding for encoding in _COMMONEST if encoding in alike), min(alike, default="cp1252"))


def _is_utf8(body: bytes) -> bool:
    """Tell whether every byte fits UTF-8, ASCII included."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _announced(content_type: str) -> str:
    found = _IN_HEADER.search(content_type)
    return _codec(found[1]) if found else ""


def _declared(body: bytes) -> str:
    """Read the page's own declaration; one that calls an ASCII-compatible page UTF-16 is taken for UTF-8."""
    found = _DECLARED.search(body, 0, _PRESCAN_BYTES)
    encoding = _codec(found[1].decode("ascii")) if found else ""
    return "utf-8" if encoding.startswith(("utf-16", "utf-32")) else encoding


def _wide(body: bytes) -> str:
    """Recognise UTF-16 without a mark by the zero beside the first `<` (XML 1.0, appendix F)."""
    start = body[:2]
    return {b"<\x00": "utf-16-le", b"\x00<": "utf-16-be"}.get(start, "")


def _codec(label: str) -> str:
    """Give Python's name of the encoding a label means, or nothing if the web knows no such encoding."""
    lower = label.lower()
    try:
        name = codecs.lookup(_LABELS.get(lower, lower)).name
    except LookupError:
        return ""
    meant = _MEANT.get(name, name)
    return meant if _OF_THE_WEB.fullmatch(meant) else ""
