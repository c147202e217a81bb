"""What a job may ask for."""

import json
import pickle

import pytest

from workers.allow_list import Call, JobForbidden, read_call

VERSION = {"version": 1}


def call_bytes(*parts: object) -> bytes:
    return json.dumps(parts).encode()


def test_a_call_of_ours_is_read() -> None:
    """A name on the list, ids and the version make a call."""
    assert read_call(call_bytes("fetch_page", None, [7, 3], VERSION), {"fetch_page"}) == Call("fetch_page", (7, 3))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(call_bytes("os.system", None, ["touch /tmp/x"], VERSION), id="another function"),
        pytest.param(call_bytes("fetch_page", None, ["touch /tmp/x"], VERSION), id="a string argument"),
        pytest.param(call_bytes("fetch_page", None, [True, 1], VERSION), id="a truth value is no id"),
        pytest.param(call_bytes("fetch_page", None, [1, 2, 3, 4, 5], VERSION), id="too many arguments"),
        pytest.param(call_bytes("fetch_page", None, {"0": 1}, VERSION), id="arguments are no list"),
        pytest.param(call_bytes("fetch_page", {"x": 1}, [1], VERSION), id="an instance"),
        pytest.param(call_bytes("fetch_page", None, [1, 2], {}), id="no version"),
        pytest.param(call_bytes("fetch_page", None, [1, 2], {"version": 99}), id="a later version"),
        pytest.param(call_bytes("fetch_page", None, [1, 2], {"version": True}), id="a version that equals one"),
        pytest.param(call_bytes("fetch_page", None, [1, 2], {"version": 1, "x": 2}), id="another option"),
        pytest.param(call_bytes(["fetch_page"], None, [1, 2], VERSION), id="the name is no text"),
        pytest.param(b'{"a": 1}', id="an object"),
        pytest.param(b"[" * 4000, id="deep nesting"),
        pytest.param(b"\xff\xfe", id="no text"),
        pytest.param(pickle.dumps(("fetch_page", None, (1, 2), {})), id="pickle"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_anything_else_is_forbidden(data: bytes) -> None:
    """S10, R37: what we would not write ourselves is refused before anything is looked up."""
    with pytest.raises(JobForbidden):
        read_call(data, {"fetch_page"})
