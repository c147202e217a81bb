"""The misbehaving origin: a web server for tests that lies, drips, cuts, resets and remembers.

    async def test_something(origin: Origin) -> None:
        url = origin.serve("/feed.xml", FEED, headers=[("ETag", '"1"')], encoding="gzip")
        origin.script("/x", [Answer(status=503), Answer(body="back")])  # in order, the last for ever
        origin.script("/old", [Answer.redirect("/new", 301)])
        origin.respond("/c", lambda seen: Answer(status=304 if seen.header("If-None-Match") else 200))
        origin.serve("/", "ours", host="gazette.localhost")  # only under that name
        ...
        assert len(origin.requests_for("/feed.xml")) == 1
        await origin.wait_for("/x", count=2)

`serve`, `script` and `respond` give the address under `http://127.0.0.1:PORT` or under `host=`; any name below
`.localhost` leads here too. A path without script is a 404. All faults are fields of `Answer`.
"""

from tests.origin.answer import Answer
from tests.origin.server import Origin, Seen

__all__ = ["Answer", "Origin", "Seen"]
