"""Which encoding a feed is read in, whatever its server and its first line say."""

import pytest

from pipeline.feeds.decode import decode

RUSSIAN = "Курск: наводнение"
FRENCH = "Été à Orléans"


def xml(title: str, encoding: str = "") -> str:
    declared = f'<?xml version="1.0" encoding="{encoding}"?>' if encoding else ""
    return f"{declared}<rss><channel><title>{title}</title></channel></rss>"


CASES = {
    "UTF-8, said nowhere": (xml(RUSSIAN).encode(), "", RUSSIAN),
    "UTF-8 with a mark against the declaration": (b"\xef\xbb\xbf" + xml(RUSSIAN, "iso-8859-1").encode(), "", RUSSIAN),
    "UTF-16 with a mark": (xml(RUSSIAN, "utf-16").encode("utf-16"), "application/xml", RUSSIAN),
    "UTF-16 without a mark": (xml(RUSSIAN, "utf-16").encode("utf-16-be"), "", RUSSIAN),
    "UTF-16 without mark or declaration": (xml(RUSSIAN).encode("utf-16-le"), "", RUSSIAN),
    "UTF-32 with a mark": (xml(RUSSIAN).encode("utf-32"), "", RUSSIAN),
    "declared windows-1251": (xml(RUSSIAN, "windows-1251").encode("cp1251"), "text/xml", RUSSIAN),
    "header windows-1251": (xml(RUSSIAN).encode("cp1251"), "application/rss+xml; charset=windows-1251", RUSSIAN),
    "header before declaration": (xml(RUSSIAN, "koi8-r").encode("cp1251"), 'text/xml; charset="cp1251"', RUSSIAN),
    "UTF-8 announced as Latin-1": (xml(FRENCH, "utf-8").encode(), "text/xml; charset=ISO-8859-1", FRENCH),
    "Latin-1 declared as UTF-8": (xml(FRENCH, "utf-8").encode("latin-1"), "", FRENCH),
    "Windows quotes in Latin-1": (xml("\u201cyes\u201d", "iso-8859-1").encode("cp1252"), "", "\u201cyes\u201d"),
    "gb2312 means gb18030": (xml("新闻\u20ac", "gb2312").encode("gb18030"), "", "新闻\u20ac"),
    "Shift_JIS": (xml("速報①", "Shift_JIS").encode("cp932"), "", "速報①"),
    "a name that is no encoding": (xml(FRENCH, "utf8mb4-nonsense").encode(), "text/xml; charset=none", FRENCH),
    "UTF-7 is not believed": (xml("+ADw-b+AD4-", "utf-7").encode(), "text/xml; charset=utf-7", "+ADw-b+AD4-"),
}


@pytest.mark.parametrize(("body", "content_type", "title"), CASES.values(), ids=CASES)
def test_the_encoding_is_found(body: bytes, content_type: str, title: str) -> None:
    """F29: mark, header, declaration, then sniffing; what cannot be right is not believed."""
    assert f"<title>{title}</title>" in decode(body, content_type)


def test_one_broken_character_does_not_spoil_the_rest() -> None:
    """F29: UTF-8 with a character cut in half stays UTF-8."""
    body = xml(RUSSIAN + "|", "utf-8").encode().replace(b"|", b"\xd0")
    assert RUSSIAN + "\ufffd" in decode(body)


@pytest.mark.parametrize("raw", ["a\x00b\x0bc", "a&#0;b&#x0B;c", "a&#11;b\x1fc"], ids=["raw", "references", "both"])
def test_characters_xml_forbids_are_gone(raw: str) -> None:
    """F29: one control character must not stop the parser."""
    assert "<title>abc</title>" in decode(xml(raw).encode())


def test_allowed_references_stay() -> None:
    """A tab, a line end and everything above are characters."""
    assert "&#9;&#10;&#13;&#32;&#130;&#xA;&#x1F600;" in decode(xml("&#9;&#10;&#13;&#32;&#130;&#xA;&#x1F600;").encode())


def test_the_declaration_is_dropped() -> None:
    """What declared an encoding is wrong once the text is decoded; words before it do not matter."""
    assert decode(b'\n<!-- made by hand -->\n<?xml version="1.0" encoding="koi8-r"?><rss/>').endswith("-->\n<rss/>")
