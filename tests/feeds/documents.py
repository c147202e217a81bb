"""Feeds for the tests, in our own words.

In: the parts that a test is about. Out: documents as text. Hides the boilerplate of the formats.
"""

ITEM = (
    "<item><guid isPermaLink='false'>{n}</guid><link>https://gazette.example/{n}</link><title>Story {n}</title></item>"
)


def rss(items: str, channel: str = "", head: str = "", root: str = "") -> str:
    """Give an RSS 2.0 document around items."""
    return (
        f'{head}<rss version="2.0" {root}><channel><title>The Gazette</title>'
        f"<link>https://gazette.example/</link>{channel}{items}</channel></rss>"
    )


def numbered(*numbers: int) -> str:
    """Give a healthy RSS document with these stories."""
    return rss("".join(ITEM.format(n=n) for n in numbers))


def atom(entries: str, root: str = "") -> str:
    """Give an Atom 1.0 document around entries."""
    return (
        f'<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en" {root}>'
        f"<id>urn:gazette</id><title>The Gazette</title>{entries}</feed>"
    )
