"""The form token in front of rq-dashboard, on a real Valkey."""

from collections.abc import Callable
from pathlib import Path

import pytest
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

from dashboard.queue_pages import queue_pages
from tests.dashboard.browser import CHROMIUM, browsing
from tests.dashboard.conftest import PASSWORD
from tests.dashboard.serving import Answer, Site
from tests.dashboard.test_door import session_of, sign_in


def given(answer: Answer) -> str:
    """Give the token that came with a page."""
    return answer.cookies["_csrf_token"].partition(";")[0].partition("=")[2]


def unsafe_paths(valkey_url: str) -> list[str]:
    """Give an example of each address of rq-dashboard that changes something."""
    rules = queue_pages(valkey_url).app.url_map.iter_rules()  # type: ignore[attr-defined]  # as a2wsgi keeps it
    examples = {"queue_name": "pages", "registry_name": "queued", "job_id": "1"}
    return [rule.build(examples, append_unknown=False)[1] for rule in rules if "POST" in rule.methods]


def test_each_button_needs_the_token_of_its_page(start: Callable[..., Site], valkey: Redis, valkey_url: str) -> None:
    """S11, S14: right Origin or none, each route that changes something answers 403 without the header.

    The cookie alone is no token: a browser sends it along from anywhere.
    """
    paths = unsafe_paths(valkey_url)
    assert len(paths) > 4
    for settings in ({}, {"password": PASSWORD}):
        site = start(queue_url=valkey_url, **settings)
        Queue("pages", connection=valkey, serializer=JSONSerializer).enqueue("fetch", 1)
        session = session_of(sign_in(site)) if settings else ""
        token = given(site.page("/rq/", cookie=session))
        before = {key: valkey.dump(key) for key in valkey.scan_iter()}
        for path in paths:
            held = f"{session}; _csrf_token={token}"
            assert site.post(f"/rq{path}", cookie=held).status == 403, path
            assert site.ask(f"/rq{path}", method="POST", cookie=held).status == 403, path
            assert site.post(f"/rq{path}", cookie=held, x_csrftoken="0" * 64).status == 403, path
            assert site.post(f"/rq{path}", cookie=held, x_csrftoken=token, origin="http://evil.example").status == 403
        assert {key: valkey.dump(key) for key in valkey.scan_iter()} == before
        assert site.post("/rq/queue/pages/queued/empty", cookie=session, x_csrftoken=token).json == {"status": "OK"}
        assert Queue("pages", connection=valkey).count == 0


def test_a_token_is_its_sessions(start: Callable[..., Site], valkey_url: str) -> None:
    """S11: what one session's page was given opens nothing for another."""
    site = start(password=PASSWORD, queue_url=valkey_url)
    mine, yours = (session_of(sign_in(site)) for _ in range(2))
    token = given(site.page("/rq/", cookie=mine))
    path = "/rq/queue/pages/queued/empty"
    assert site.post(path, cookie=yours, x_csrftoken=token).status == 403
    assert site.post(path, cookie=mine, x_csrftoken=token).status == 200


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
async def test_rqs_own_script_sends_it(
    start: Callable[..., Site], valkey: Redis, valkey_url: str, tmp_path: Path
) -> None:
    """S11: in a real browser its buttons still work, since its own script hands the token back."""
    queue = Queue("pages", connection=valkey, serializer=JSONSerializer)
    job = queue.enqueue("fetch", 1)
    site = start(queue_url=valkey_url)
    async with browsing(tmp_path / "profile") as tab:
        await tab.open(f"{site.origin}/rq/0/view/job/{job.id}")
        await tab.value("document.getElementById('delete-job-btn').click()")
        await tab.until("document.getElementById('confirmation-modal').classList.contains('show')")
        await tab.value("document.getElementById('confirmation-modal-yes').click()")
        await tab.until("location.pathname === '/rq/'")
        assert queue.job_ids == []
        assert tab.complaints == []
