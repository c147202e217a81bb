"""rq-dashboard behind our door, on a real Valkey: it reads as JSON, changes nothing by looking, and only by POST."""

import pickle
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from redis import Redis
from rq import Queue
from rq.job import Job
from rq.results import Result
from rq.serializers import DefaultSerializer, JSONSerializer
from starlette.applications import Starlette
from starlette.routing import Mount

from dashboard.headers import SANDBOX_POLICY, STRICT_POLICY, SecurityHeaders
from dashboard.queue_pages import disarm, queue_pages
from tests.dashboard.serving import Site, serving

LISTINGS = [
    "/rq/",
    "/rq/0/view/queues",
    "/rq/0/view/jobs",
    "/rq/0/view/workers",
    "/rq/0/data/queues.json",
    "/rq/0/data/workers.json",
    *(
        f"/rq/0/{kind}/jobs/pages/{registry}/8/{order}/1{ending}"
        for kind, ending in (("view", ""), ("data", ".json"))
        for registry in ("queued", "failed", "started", "finished", "deferred", "scheduled", "canceled")
        for order in ("asc", "dsc")
    ),
]


class Canary:
    """Touches a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


@pytest.fixture
def site(valkey_url: str) -> Iterator[Site]:
    app = SecurityHeaders(Starlette(routes=[Mount("/rq", queue_pages(valkey_url))]))
    with serving(app) as site:
        yield site


def state_of(valkey: Redis) -> dict[bytes, bytes | None]:
    """Give every key with its exact value."""
    return {key: valkey.dump(key) for key in valkey.scan_iter()}


def add_job(valkey: Redis, function: str = "fetch", queue: str = "pages") -> Job:
    return Queue(queue, connection=valkey, serializer=JSONSerializer).enqueue(function, 1, 7)


def add_worker(valkey: Redis, name: str, *executions: str, alive: bool = True) -> None:
    valkey.sadd("rq:workers", f"rq:worker:{name}")
    if executions:
        valkey.sadd(f"rq:worker:{name}:executions", *executions)
    if alive:
        valkey.hset(f"rq:worker:{name}", mapping={"queues": "pages", "state": "busy", "pid": "1"})


def test_a_unix_socket_serves_the_pages(site: Site, valkey: Redis) -> None:
    """The embedded queue's address, a unix socket, works, and the page does not show it."""
    job = add_job(valkey)
    page = site.page("/rq/")
    assert page.status == 200
    assert "valkey.sock" not in page.body
    listed = site.ask("/rq/0/data/jobs/pages/queued/8/asc/1.json").json
    assert [one["id"] for one in listed["jobs"]] == [job.id]
    assert site.ask("/rq/static/css/bootstrap.min.css").status == 200
    assert site.page(f"/rq/0/view/job/{job.id}").status == 200


def test_looking_changes_nothing(site: Site, valkey: Redis) -> None:
    """R26: with a lost job, an execution that ran out and a dead worker, every page leaves every key as it was."""
    kept, lost = add_job(valkey), add_job(valkey)
    valkey.delete(f"rq:job:{lost.id}")
    valkey.zadd("rq:wip:pages", {f"{kept.id}:execution": 1})
    valkey.zadd("rq:failed:pages", {"gone": 1})
    valkey.zadd("rq:finished:pages", {"gone": 1})
    add_worker(valkey, "dead", alive=False)
    add_worker(valkey, "alive", f"{kept.id}:ran-out", "gone:ran-out")
    before = state_of(valkey)
    answers = {path: site.page(path).status for path in [*LISTINGS, f"/rq/0/view/job/{kept.id}"]}
    answers["job"] = site.ask(f"/rq/0/data/job/{kept.id}.json").status
    assert set(answers.values()) <= {200, 308}, answers
    [worker] = site.ask("/rq/0/data/workers.json").json["workers"]
    assert worker["current_job"]["job_id"] == kept.id
    assert state_of(valkey) == before


def test_nothing_is_unpickled(site: Site, valkey: Redis, tmp_path: Path) -> None:
    """S11: a pickle as a job's data, metadata or result is shown as such and never loaded."""
    touched = tmp_path / "touched"
    blob = pickle.dumps(Canary(touched))
    job = add_job(valkey)
    valkey.hset(f"rq:job:{job.id}", mapping={"data": blob, "meta": blob, "status": "finished"})
    forged = Job(job.id, connection=valkey, serializer=DefaultSerializer)
    Result.create(forged, Result.Type.SUCCESSFUL, ttl=500, return_value=Canary(touched))
    add_worker(valkey, "busy", f"{job.id}:execution")
    valkey.hset(f"rq:execution:{job.id}:execution", mapping={"created_at": 1, "last_heartbeat": 1})
    valkey.zadd("rq:finished:pages", {job.id: 9e9})
    for path in [*LISTINGS, f"/rq/0/view/job/{job.id}"]:
        assert site.page(path).status < 500, path
    shown = site.ask(f"/rq/0/data/job/{job.id}.json").json
    assert "not JSON" in shown["result"]
    assert not touched.exists()
    pickle.loads(blob)  # noqa: S301 the canary does sing when it is loaded
    assert touched.exists()


def test_arguments_are_hidden(site: Site, valkey: Redis) -> None:
    """S11: no page and no answer shows what a job was called with, only what its description says."""
    canary = "c4n4ry0f7e5t5c4n4ry"
    queue = Queue("pages", connection=valkey, serializer=JSONSerializer)
    job = queue.enqueue("fetch", canary, key=canary, description="one page")
    described = site.ask(f"/rq/0/data/job/{job.id}.json").body
    assert "one page" in described
    for path in [*LISTINGS, f"/rq/0/view/job/{job.id}", f"/rq/0/data/job/{job.id}.json"]:
        assert canary not in site.page(path).body, path


def test_only_post_changes_anything(site: Site, valkey: Redis) -> None:
    """S11, S14: GET on each route that changes something is 405, `/requeue/…` included."""
    job = add_job(valkey)
    before = state_of(valkey)
    paths = [
        "/rq/requeue/pages",
        "/rq/queue/pages/queued/empty",
        "/rq/queue/pages/compact",
        f"/rq/job/{job.id}/delete",
        f"/rq/job/{job.id}/requeue",
    ]
    assert {path: site.ask(path).status for path in paths} == dict.fromkeys(paths, 405)
    assert state_of(valkey) == before


def test_posts_work(site: Site, valkey: Redis) -> None:
    """Deleting, emptying and requeueing do what they say."""
    failed, deleted = add_job(valkey), add_job(valkey)
    queue = Queue("pages", connection=valkey, serializer=JSONSerializer)
    assert site.post(f"/rq/job/{deleted.id}/delete").json == {"status": "OK"}
    queue.remove(failed.id)
    queue.failed_job_registry.add(failed, ttl=60)
    assert site.post("/rq/requeue/pages").json == {"count": 1, "status": "OK"}
    assert queue.job_ids == [failed.id]
    assert site.post("/rq/queue/pages/queued/empty").json == {"status": "OK"}
    assert queue.job_ids == []


def test_pages_run_their_own_script_and_no_other(site: Site, valkey: Redis) -> None:
    """S15: the looser policy is only here, and lets run by nonce what rq-dashboard itself wrote."""
    add_job(valkey)
    first, second = site.page("/rq/"), site.page("/rq/")
    policy = first.headers["content-security-policy"]
    nonce = re.search(r"'nonce-([\w-]+)'", policy)
    assert nonce
    assert nonce[1] not in second.headers["content-security-policy"]
    script_rule = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert "unsafe-inline" not in script_rule
    assert first.body.count(f'nonce="{nonce[1]}"') == 1
    assert site.ask("/rq/0/data/queues.json").headers["content-security-policy"] == SANDBOX_POLICY


@pytest.mark.parametrize(
    "name",
    ["'-alert(1)-'", "</script><script>alert(1)</script>", "\\", '"><img src=x onerror=alert(1)>', "a\nb", "${1}"],
)
def test_names_that_could_break_out_of_a_script_have_no_page(site: Site, name: str) -> None:
    """S12: rq-dashboard writes the queue's name from the address into its script unescaped."""
    answer = site.page(f"/rq/0/view/jobs/{quote(name, safe='')}/queued/8/asc/1")
    assert answer.status == 404
    assert name not in answer.body


def test_hostile_names_and_results_are_disarmed(site: Site, valkey: Redis) -> None:
    """S12: texts that rq-dashboard's scripts insert as HTML reach them without a sign that begins markup."""
    payload = '"><img src=x onerror=alert(1)>'
    valkey.sadd("rq:queues", f"rq:queue:{payload}")
    job = add_job(valkey)
    valkey.hset(f"rq:job:{job.id}", mapping={"description": payload, "meta": f'{{"k": "{payload[2:]}"}}'})
    for path in (
        "/rq/0/data/queues.json",
        f"/rq/0/data/job/{job.id}.json",
        "/rq/0/data/jobs/pages/queued/8/asc/1.json",
    ):
        body = site.ask(path).body
        assert "img" in body
        assert "<img" not in body
    assert "<img src=x" not in site.page("/rq/0/view/jobs").body


def test_disarming_reaches_every_text() -> None:
    """Keys and nested lists are texts too; numbers stay numbers."""
    assert disarm({"<a>": ['"', {"b": "<"}], "n": 1, "t": (True, None)}) == {
        "‹a›": ["”", {"b": "‹"}],
        "n": 1,
        "t": [True, None],
    }


def test_faults_have_our_layout_and_no_traceback(site: Site) -> None:
    """A job that is gone, a registry that never was: a page that says so."""
    missing = site.page("/rq/0/view/job/nosuchjob")
    assert missing.status == 404
    assert "Storywatch" in missing.body
    assert missing.headers["content-security-policy"] == STRICT_POLICY
    broken = site.page("/rq/0/data/jobs/pages/nosuchregistry/8/asc/1.json")
    assert broken.status == 500
    assert "Traceback" not in broken.body
    assert "UnboundLocalError" not in broken.body


def test_a_dead_queue_is_said(new_valkey: Any) -> None:
    """A queue that does not answer is a sentence, not a crash."""
    server = new_valkey()
    app = SecurityHeaders(Starlette(routes=[Mount("/rq", queue_pages(server.url))]))
    with serving(app) as site:
        server.kill()
        answer = site.ask("/rq/0/data/queues.json")
        assert answer.status == 503
        assert "queue does not answer" in answer.json["detail"]
