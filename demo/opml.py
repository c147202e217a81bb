"""The list of the newsroom's feeds as OPML 2.0.

In: the port the origin listens on. Out: bytes. Hides the OPML template.
Trap: the addresses hold the port, so with an ephemeral port write it anew at each start.
"""

from xml.sax.saxutils import quoteattr

from demo.content import load_content
from demo.model import Outlet


def newsroom_opml(port: int) -> bytes:
    """Give all feeds in one folder "Newsroom" for an origin on `port`."""
    lines = [_outline(outlet, port) for outlet in load_content().outlets.values()]
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0">\n<head><title>Demo newsroom</title></head>\n'
    body = '<body>\n<outline text="Newsroom">\n' + "\n".join(lines) + "\n</outline>\n</body>\n</opml>\n"
    return (head + body).encode()


def _outline(outlet: Outlet, port: int) -> str:
    title = quoteattr(outlet.title)
    feed, site = quoteattr(outlet.root(port) + outlet.feed_path), quoteattr(f"{outlet.root(port)}/")
    return f'<outline type="rss" text={title} title={title} xmlUrl={feed} htmlUrl={site}/>'
