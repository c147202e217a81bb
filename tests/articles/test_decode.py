"""Encodings: bytes of a page to a string."""

import pytest

from pipeline.articles.cleaning import clean_line, clean_text
from pipeline.articles.decode import decode

RUSSIAN = "Президент провёл переговоры с министрами о положении в Курской области. " * 4
FRENCH = "Les élèves ont été reçus à l'Élysée où la réunion s'est prolongée jusqu'à minuit, très tard. " * 3
JAPANESE = "首相は記者会見で新しい経済対策について説明した。" * 4
POLISH = "Zażółć gęślą jaźń. Prezydent ogłosił, że rząd przyjął nową ustawę o świadczeniach społecznych. " * 3
META = '<html><head><meta charset="{}"></head><body>{}</body></html>'
OLD_META = '<html><head><meta http-equiv="Content-Type" content="text/html; charset={}"></head><body>{}</body></html>'

CASES = {
    "utf-8 by default": (FRENCH.encode(), "text/html", FRENCH),
    "mark beats header": (b"\xef\xbb\xbf" + RUSSIAN.encode(), "text/html; charset=windows-1251", RUSSIAN),
    "utf-16 with mark": (b"\xff\xfe" + RUSSIAN.encode("utf-16-le"), "text/html; charset=utf-8", RUSSIAN),
    "utf-16 big endian with mark": (b"\xfe\xff" + RUSSIAN.encode("utf-16-be"), "", RUSSIAN),
    "utf-16 without mark": (META.format("utf-16", RUSSIAN).encode("utf-16-le"), "", META.format("utf-16", RUSSIAN)),
    "header": (RUSSIAN.encode("windows-1251"), "text/html; charset=Windows-1251", RUSSIAN),
    "header in quotes": (RUSSIAN.encode("koi8-r"), 'text/html; charset="koi8-r"', RUSSIAN),
    "header beats meta": (
        META.format("koi8-r", RUSSIAN).encode("windows-1251"),
        "text/html;charset=windows-1251",
        META.format("koi8-r", RUSSIAN),
    ),
    "meta": (META.format("windows-1251", RUSSIAN).encode("windows-1251"), "", META.format("windows-1251", RUSSIAN)),
    "old meta": (
        OLD_META.format("EUC-JP", JAPANESE).encode("euc_jp"),
        "text/html",
        OLD_META.format("EUC-JP", JAPANESE),
    ),
    "prolog": (
        '<?xml version="1.0" encoding="iso-8859-2"?><p>Zażółć gęślą jaźń</p>'.encode("iso-8859-2"),
        "",
        '<?xml version="1.0" encoding="iso-8859-2"?><p>Zażółć gęślą jaźń</p>',
    ),
    "latin-1 means windows-1252": (
        "“quoted” – 5 €".encode("cp1252"),
        "text/html; charset=ISO-8859-1",
        "“quoted” – 5 €",
    ),
    "gb2312 means gb18030": ("朱镕基".encode("gb18030"), "text/html; charset=gb2312", "朱镕基"),
    "shift_jis means cp932": ("①髙島屋".encode("cp932"), "text/html; charset=Shift_JIS", "①髙島屋"),
    "utf-8 announced as latin-1": (FRENCH.encode(), "text/html; charset=ISO-8859-1", FRENCH),
    "latin-1 announced as utf-8": (FRENCH.encode("cp1252"), "text/html; charset=utf-8", FRENCH),
    "cyrillic announced as utf-8": (RUSSIAN.encode("cp1251"), "text/html; charset=utf-8", RUSSIAN),
    "polish announced as utf-8": (POLISH.encode("cp1250"), "text/html; charset=utf-8", POLISH),
    "japanese announced as nothing": (JAPANESE.encode("cp932"), "text/html", JAPANESE),
    "one broken byte in utf-8": (FRENCH.encode() + b"\xff fin", "", FRENCH + "\ufffd fin"),
    "unknown label": (FRENCH.encode(), "text/html; charset=klingon", FRENCH),
    "label of no web encoding": (b"+AGE- caf\xc3\xa9", "text/html; charset=utf-7", "+AGE- café"),
    "meta that says utf-16 in ascii": (META.format("utf-16", FRENCH).encode(), "", META.format("utf-16", FRENCH)),
    "empty": (b"", "", ""),
}


@pytest.mark.parametrize(("body", "content_type", "text"), CASES.values(), ids=CASES.keys())
def test_decodes(body: bytes, content_type: str, text: str) -> None:
    """F29: mark, header, prolog and meta in this order; what is declared wrongly is recovered."""
    assert decode(body, content_type) == text


@pytest.mark.parametrize("first", range(256))
def test_any_bytes_give_text(first: int) -> None:
    """F29: no bytes and no header make decoding fail."""
    body = bytes((first + step * 37) % 256 for step in range(300))
    for content_type in ("", "text/html; charset=utf-8", "text/html; charset=big5", "text/html; charset=\x00"):
        assert isinstance(decode(body, content_type), str)


CLEANED = {
    "nul and controls": ("a\x00b\x0bc\x1fd\x7f", "ab\ncd"),
    "line ends": ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
    "blank lines and spaces": ("  a \u00a0 b \n \n\t\n c ", "a b\nc"),
    "lone surrogate": ("a\ud800b", "ab"),
    "soft hyphen and marks": ("Donau\u00addampf\u200bschiff\ufeff", "Donaudampfschiff"),
    "composed": ("Zu\u0308rich", "Zürich"),
    "joiners stay": ("می\u200cخواهم", "می\u200cخواهم"),
}


@pytest.mark.parametrize(("text", "clean"), CLEANED.values(), ids=CLEANED.keys())
def test_cleans(text: str, clean: str) -> None:
    """F29: NUL and control characters never reach the database."""
    assert clean_text(text) == clean


def test_line_has_no_line_end() -> None:
    """A title is one line."""
    assert clean_line(" Two\nlines\x00 ") == "Two lines"
