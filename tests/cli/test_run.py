"""`storywatch run` as its user meets it: what it says, what it refuses, how it ends."""

import os
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.cli.instance import Instance, started, storywatch, wait_for

OPML = '<opml version="2.0"><body><outline type="rss" text="One" xmlUrl="{url}"/></body></opml>'
LOCAL = {"STORYWATCH_WEB__PORT": "0", "STORYWATCH_FETCH__ALLOW_PRIVATE": '["127.0.0.0/8"]'}


class _Prose(BaseHTTPRequestHandler):
    """Answers every request with a page that is no feed."""

    def do_GET(self) -> None:
        body = b"<!doctype html><title>Welcome</title><p>No feed lives here."
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@contextmanager
def prose_server() -> Iterator[int]:
    """Serve prose; gives the port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Prose)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def configured(folder: Path, feed_url: str = "") -> Path:
    """Write a folder `config` as a user has it; without an address it has no feeds."""
    (folder / "config").mkdir()
    (folder / "config" / "storywatch.toml").write_text("[worker]\nextractors = 1\n")
    if feed_url:
        (folder / "config" / "feeds.opml").write_text(OPML.format(url=feed_url))
    return folder


def running(folder: Path, **settings: str) -> "contextmanager[Instance]":  # type: ignore[type-arg]
    return started("run", cwd=folder, data_dir=folder / "data", settings=LOCAL | settings)


def status_of(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own dashboard
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def descriptors(pid: int) -> list[str]:
    """Give what a process holds open."""
    return [str(descriptor.readlink()) for descriptor in Path(f"/proc/{pid}/fd").iterdir()]


def test_it_says_where_it_is_and_stops_cleanly(tmp_path: Path) -> None:
    """Everything is up and beating within seconds; Ctrl-C ends all of it with exit code 0.

    R22: the process of which the services are forked holds neither the store nor the queue.
    """
    with running(configured(tmp_path)) as instance:
        address = instance.wait_for_text(r"Dashboard +(\S+)")
        assert str(tmp_path / "data") in instance.wait_for_text(r"Data +(\S+)")
        instance.wait_for_text("No feeds yet: `storywatch feeds add")
        wait_for("ready", lambda: status_of(f"{address}readyz") == 200)
        children = instance.children()
        assert set(children) == {"nursery", "valkey", "poll", "dispatch", "pages", "deliveries", "dashboard"}
        assert not any(str(tmp_path) in held for held in descriptors(children["nursery"]))
        assert instance.stop() == 0
        assert "everything is kept" in instance.output
        assert not any(Path(f"/proc/{pid}").exists() for pid in children.values())


def test_nothing_reached_names_the_demo(tmp_path: Path) -> None:
    """Where no feed answers the user learns it at once, and what to try; each feed's reason is listed."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder = configured(tmp_path, f"http://127.0.0.1:{port}/feed")
    with running(folder, STORYWATCH_FETCH__PORTS=f"[{port}]") as instance:
        assert "make demo" in instance.wait_for_text(r"No feed can be reached.*")
        assert instance.stop() == 0
    listed = storywatch("feeds", "list", "--json", cwd=folder)
    assert "Connect call failed" in listed.stdout


def test_a_page_is_not_a_feed(tmp_path: Path) -> None:
    """An address that answers with a page is reported as no feed and does no other harm."""
    with prose_server() as port:
        folder = configured(tmp_path, f"http://127.0.0.1:{port}/")
        with running(folder, STORYWATCH_FETCH__PORTS=f"[{port}]") as instance:
            wait_for("one poll", lambda: "feeds: 1, 1 polls, 1 failed" in instance.output)
            assert instance.stop() == 0
    assert "the answer is no feed but a web page" in storywatch("feeds", "list", "--json", cwd=folder).stdout


def test_a_taken_port_is_said_before_anything_starts(tmp_path: Path) -> None:
    """Exit code 2 with the port and the setting to change."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = storywatch("run", cwd=configured(tmp_path), STORYWATCH_WEB__PORT=port)
    assert (ended.returncode, port in ended.stderr, "web.port" in ended.stderr) == (2, True, True)
    assert not (tmp_path / "data").exists()


def test_one_instance_per_data_folder(tmp_path: Path) -> None:
    """R36: a second instance is refused and told which process is there; the first one is not disturbed."""
    with running(configured(tmp_path)) as instance:
        instance.wait_for_text("Dashboard")
        second = storywatch("run", cwd=tmp_path, **LOCAL)
        assert second.returncode == 2
        assert f"in use by process {instance.process.pid}" in second.stderr
        assert instance.stop() == 0


def test_a_data_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """Exit code 2 with the folder and the setting to change."""
    (tmp_path / "file").touch()
    ended = storywatch(
        "run", cwd=configured(tmp_path), **LOCAL, STORYWATCH_STORAGE__DATA_DIR=str(tmp_path / "file/data")
    )
    assert ended.returncode == 2
    assert "storage.data_dir" in ended.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_data_folder_that_is_not_writable(tmp_path: Path) -> None:
    """The same where the folder is there but closed."""
    configured(tmp_path)
    (tmp_path / "data").mkdir(mode=0o500)
    ended = storywatch("run", cwd=tmp_path, **LOCAL)
    assert (ended.returncode, "storage.data_dir" in ended.stderr) == (2, True)


def test_all_mistakes_in_the_settings_at_once(tmp_path: Path) -> None:
    """Each mistake is named with its place; nothing starts."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "storywatch.toml").write_text(
        '[web]\nport = 70000\n[fetch]\ntotal_seconds = "soon"\n[wbe]\n'
    )
    ended = storywatch("run", cwd=tmp_path)
    assert ended.returncode == 2
    assert all(name in ended.stderr for name in ("web.port", "fetch.total_seconds", "wbe"))


def test_a_channel_that_cannot_work(tmp_path: Path) -> None:
    """A webhook whose secret cannot be read is refused before anything starts, without showing it."""
    settings = '[channels.hook]\ntype = "webhook"\nurl = "https://example.org/"\nsecret = "not-a-secret-at-all"\n'
    (configured(tmp_path) / "config" / "storywatch.toml").write_text(settings)
    ended = storywatch("run", cwd=tmp_path, **LOCAL)
    assert (ended.returncode, "channels.hook" in ended.stderr, "not-a-secret" in ended.stderr) == (2, True, False)


def test_broken_first_files_are_taken_over_once_mended(tmp_path: Path) -> None:
    """A broken subscriptions.toml stores nothing and says why; the next start, mended, is still the first."""
    folder = configured(tmp_path)
    subscriptions = folder / "config" / "subscriptions.toml"
    subscriptions.write_text('[[subscription]]\nname = "One"\nquery = "(Kursk"\nchannels = ["alerts"]\n')
    ended = storywatch("run", cwd=folder, **LOCAL)
    assert (ended.returncode, "never closed" in ended.stderr, "subscriptions.toml" in ended.stderr) == (2, True, True)
    subscriptions.write_text('[[subscription]]\nname = "One"\nquery = "Kursk"\nchannels = ["alerts"]\n')
    with running(folder) as instance:
        instance.wait_for_text("took over 0 feeds and 1 subscriptions")
        assert instance.stop() == 0


def test_files_written_after_a_bare_start_are_taken_over(tmp_path: Path) -> None:
    """A start with no files at all is not the first: those that `storywatch init` writes later are not passed over."""
    with running(tmp_path) as instance:
        instance.wait_for_text("took over 0 feeds")
        assert instance.stop() == 0
    assert storywatch("init", cwd=tmp_path).returncode == 0
    (tmp_path / "config" / "feeds.opml").write_text(OPML.format(url="http://127.0.0.1:9/feed"))
    for first in (True, False):
        with running(tmp_path) as instance:
            instance.wait_for_text(r"Dashboard")
            wait_for("a count", lambda: "feeds: 1," in instance.output)
            assert ("took over 1 feeds" in instance.output) is first
            assert instance.stop() == 0


def test_feeds_added_by_hand_are_the_first_start(tmp_path: Path) -> None:
    """Whoever added a feed before has begun: example files that come later are left alone."""
    storywatch("feeds", "add", "http://127.0.0.1:9/feed", "--as-is", cwd=tmp_path)
    for _ in ("without files", "with them"):
        with running(tmp_path) as instance:
            wait_for("a count", lambda: "feeds: 1," in instance.output)
            assert instance.stop() == 0
        storywatch("init", cwd=tmp_path)
