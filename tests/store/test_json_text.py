"""JSON as the store keeps it."""

import json
from typing import Any

import pytest

from pipeline.store.json_text import dump, load


@pytest.mark.parametrize(
    "value",
    [
        {"dam": 0.1234, "größe": 2, "水": [1, -(2**63), 2**63 - 1, None, True]},
        "half of a pair: \ud800",
        {"\ud800": "in a key"},
        "\x00\x1f\x7f\u2028",
        1e-9,
        {},
    ],
    ids=ascii,
)
def test_what_is_written_is_read_back(value: Any) -> None:
    """Also what the faster writer refuses; and the standard library, which wrote it once, can be read too."""
    assert load(dump(value)) == value
    assert load(json.dumps(value)) == value


def test_a_number_of_more_than_64_bits_comes_back_as_the_nearest_float() -> None:
    """Nothing that is kept has such numbers; one is no reason to refuse the rest."""
    (found,) = load(dump([2**70 + 1]))
    assert (type(found), found) == (float, 2.0**70)


def test_a_tuple_becomes_a_list_and_no_control_byte_remains() -> None:
    """PostgreSQL refuses NUL, and other control bytes mean nothing in a text."""
    assert dump((1, "a\x00b")) == '[1,"a\\u0000b"]'
