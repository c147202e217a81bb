"""The API keeps to its own description, whatever a program sends: schemathesis asks every route.

It makes requests that fit the description and requests that do not, from its examples, by covering each limit, and at
random; and holds every answer to the shapes, the statuses and the headers that the description names.
"""

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from config.settings import WebSettings
from dashboard.app import create_app
from dashboard.subscriptions.channels import Channels
from pipeline.model import Reason, Scope
from pipeline.store import tokens
from tests.dashboard.conftest import NOW, PASSWORD, Clock, FixedQueue
from tests.dashboard.newsroom import Newsroom
from tests.dashboard.serving import Site, serving

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
OPTIONS = (
    *("--phases", "examples,coverage,fuzzing", "--max-examples", "2", "--seed", "1", "--workers", "1"),
    # A query or a file may fit its shape and still mean nothing: 400, which this check knows for no valid request.
    *("--exclude-checks", "positive_data_acceptance"),
    *("--exclude-path", "/events"),  # never ends
    *("--no-color", "--request-timeout", "60"),
)


async def _send(name: str) -> str:
    return f"{name} answered 200"


@pytest.fixture
def desk(newsroom: Newsroom, clock: Clock) -> Iterator[Site]:
    """Give a guarded dashboard with a little of everything."""
    feed = newsroom.feed("https://gazette.example/rss", "Gazette")
    article_id, _ = newsroom.publish(feed, "Ferry strike goes on", "Crews voted.", NOW - timedelta(minutes=9))
    number = newsroom.subscription("Ferries", "ferry", "desk", "mail")
    alert = newsroom.alert(number, article_id, "the ferry", ("ferry",), NOW)
    newsroom.deliver(alert, NOW, mail=Reason.RECEIVER_REFUSED)
    settings = WebSettings(password=PASSWORD, requests_per_minute=1_000_000)
    channels = Channels({"desk": "webhook"}, _send)
    with serving(create_app(newsroom.database, settings, FixedQueue(), clock=clock, channels=channels)) as site:
        yield site


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_api_keeps_to_its_description(desk: Site, newsroom: Newsroom, tmp_path: Path) -> None:
    """S27: no server error, no answer of another shape, no wrong request taken, no method or header undescribed."""
    with newsroom.database.write() as tx:
        _, token = tokens.make(tx, "contract", Scope.ADMIN, NOW)
    # Written once and kept; the tool waits for it no more than ten seconds.
    assert desk.ask("/api/v1/openapi.json", authorization=f"Bearer {token}").status == 200
    told = subprocess.run(  # noqa: S603 our own server, asked by a tool of the lock file
        [
            *(str(SCHEMATHESIS), "run", f"{desk.origin}/api/v1/openapi.json", "--url", f"{desk.origin}/api/v1"),
            *("-H", f"Authorization: Bearer {token}", *OPTIONS),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=560,
        check=False,
    )
    assert told.returncode == 0, told.stdout[-12000:] + told.stderr[-2000:]
