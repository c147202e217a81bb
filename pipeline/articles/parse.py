"""Parse a page as HTML, whatever it is.

In: the page as a string. Out: its root element, or None if there is nothing to parse. Hides lxml's parser. Trap:
out of memory libxml2 gives a half tree or an XMLSyntaxError; both must end the process and not pass for a page
without text, so only the error that means "empty" is caught.
"""

from lxml.etree import ElementDefaultClassLookup, ParserError
from lxml.html import HtmlElement, HTMLParser, document_fromstring
from trafilatura.utils import repair_faulty_html

# As trafilatura's own, whose rules expect a page without comments.
_PARSER = HTMLParser(encoding="utf-8", collect_ids=False, default_doctype=False, remove_comments=True, remove_pis=True)
# lxml's own lookup asks Python for the class of every element each time one is touched; a third of a walk goes into it.
_PARSER.set_element_class_lookup(ElementDefaultClassLookup(element=HtmlElement))


def parse(html: str) -> HtmlElement | None:
    """Parse a page."""
    repaired = repair_faulty_html(html, html[:50].lower())
    try:
        return document_fromstring(repaired.encode("utf-8", "replace"), parser=_PARSER)
    except ParserError:
        return None
