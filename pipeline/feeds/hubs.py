"""Find out which hub pushes a feed (WebSub, W3C Recommendation 2018, section 4).

In: the answer's Link header and the document. Out: `PushOffer`, or None. Hides the grammar of Link (RFC 8288, 3). Trap:
the header comes before the document, and the topic is what the publisher calls itself, not the address we asked.
"""

import re
from collections.abc import Iterator

from pipeline.model import ParsedFeed, PushOffer, Response
from pipeline.urls import absolute

_LINK = re.compile(r"<([^<>]{1,2000})>((?:\s*;\s*[\w*-]+\s*(?:=\s*(?:\"[^\"]*\"|[^\s\",;]+))?)*)")
_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s\",;]+))", re.IGNORECASE)


def offer_of(response: Response, parsed: ParsedFeed) -> PushOffer | None:
    """Give hub and topic; the topic is the answer's own address where the publisher names none."""
    links = dict(reversed(list(_links(response.headers.get("link", "")[:20_000]))))
    hub = links.get("hub") or next(iter(parsed.hubs), "")
    topic = links.get("self") or parsed.self_url or response.url
    hub_url, topic_url = absolute(response.url, hub) if hub else "", absolute(response.url, topic)
    # A hub without TLS would carry our secret in clear, and whoever listens could sign entries into a feed that has it.
    is_weaker = response.url.startswith("https:") and not hub_url.startswith("https:")
    return PushOffer(hub_url, topic_url) if hub_url and topic_url and not is_weaker else None


def _links(header: str) -> Iterator[tuple[str, str]]:
    """Yield (relation, address) of each link of a header."""
    for target, parameters in _LINK.findall(header):
        found = _REL.search(parameters)
        for relation in (found[1] or found[2]).lower().split() if found else ():
            yield relation, target.strip()
