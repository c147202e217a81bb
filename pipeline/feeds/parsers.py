"""Whether the XML parsers of this machine may be given documents from strangers (checklist S17).

In: nothing. Out: their versions in words, or `Unusable`. Hides pyexpat and lxml. Trap: Python brings its own expat or
takes the system's; one before 2.4.1 has no limit on entities that grow (CVE-2013-0340), and feeds are read with it.
"""

import pyexpat

from lxml import etree

from pipeline.errors import Unusable

LEAST_EXPAT = (2, 4, 1)


def check_parsers(expat: tuple[int, ...] = pyexpat.version_info) -> str:
    """Give the versions; raises Unusable if entities that grow would not be stopped."""
    if expat < LEAST_EXPAT:
        raise Unusable(
            f"the XML parser expat {_dotted(expat)} lets a small feed fill the memory; "
            f"run Storywatch with a Python that has expat {_dotted(LEAST_EXPAT)} or newer"
        )
    return f"expat {_dotted(expat)}, libxml2 {_dotted(etree.LIBXML_VERSION)}"


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
