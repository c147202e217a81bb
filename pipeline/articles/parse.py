"""Parse a page as HTML, whatever it is.

In: the page as a string. Out: its root element, or None if there is nothing to parse. Hides lxml's parser. Trap:
out of memory libxml2 gives a half tree or an XMLSyntaxError; both must end the process and not pass for a page
without text, so only the error that means "empty" is caught. What libxml2 stumbles over is taken out first, as
trafilatura does it, but on bytes: its look for control characters takes a third as long as all the parsing.
"""

from lxml.etree import ElementDefaultClassLookup, ParserError
from lxml.html import HtmlElement, HTMLParser, document_fromstring
from trafilatura.utils import DOCTYPE_TAG, FAULTY_HTML

# As trafilatura's own, whose rules expect a page without comments.
_PARSER = HTMLParser(encoding="utf-8", collect_ids=False, default_doctype=False, remove_comments=True, remove_pis=True)
# lxml's own lookup asks Python for the class of every element each time one is touched; a third of a walk goes into it.
_PARSER.set_element_class_lookup(ElementDefaultClassLookup(element=HtmlElement))
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\r")
_NO_CHARACTERS = ("\ufffe".encode(), "\uffff".encode())
_HEAD_CHARACTERS = 4096
_HEAD_LINES = 4


def parse(html: str) -> HtmlElement | None:
    """Parse a page."""
    body = _repaired(html).encode("utf-8", "replace").translate(None, _CONTROLS)
    for unwanted in _NO_CHARACTERS:
        body = body.replace(unwanted, b"")
    try:
        return document_fromstring(body, parser=_PARSER)
    except ParserError:
        return None


def _repaired(html: str) -> str:
    """Take out a document type that names an address, and close no `html` element at once."""
    first_line_end = html.find("\n")
    doctype = DOCTYPE_TAG.match(html, 0, first_line_end if first_line_end >= 0 else len(html))
    if doctype:
        html = html[doctype.end() :]
    if any("<html" in line and line.endswith("/>") for line in html[:_HEAD_CHARACTERS].splitlines()[:_HEAD_LINES]):
        return FAULTY_HTML.sub(r"\1>", html, count=1)
    return html
