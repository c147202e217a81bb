"""The newsroom as its own process, and the files it brings for the product."""

import signal
import socket
import subprocess
import sys
import tomllib
import urllib.request

from demo.content import TEASER_WORD, subscriptions_toml
from demo.opml import newsroom_opml


def test_process_reports_its_port_and_stops() -> None:
    """Started with port 0 it says where it listens, answers there, and ends with 0 on SIGTERM."""
    command = [sys.executable, "-m", "demo", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own command
        assert process.stdout is not None
        word, port = process.stdout.readline().split()
        assert word == "listening"
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=90) as response:
            assert b"Harbour Courier" in response.read()
        process.send_signal(signal.SIGTERM)
        assert process.wait(90) == 0


def test_taken_port_says_what_to_do() -> None:
    """With its port taken it ends with 1 and names the way out."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "demo", "--port", port]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)  # noqa: S603 - our own command
    assert ended.returncode == 1
    assert f"127.0.0.1:{port}" in ended.stderr
    assert "choose another --port" in ended.stderr


def test_subscriptions_are_in_the_products_format() -> None:
    """Each demo subscription has name, query and channel; one asks for the word of teasers and says so."""
    subscriptions = tomllib.loads(subscriptions_toml())["subscription"]
    assert all(each.keys() == {"name", "query", "channels"} for each in subscriptions)
    silent = [each for each in subscriptions if each["query"] == TEASER_WORD]
    assert [each["name"] for each in silent] == ["Teaser word (must stay silent)"]


def test_opml_names_the_port() -> None:
    """The list of feeds holds the port it was written for, in each of its ten addresses."""
    assert newsroom_opml(9999).count(b"localhost:9999/") == 2 * 10
