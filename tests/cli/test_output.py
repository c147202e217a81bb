"""Tables for people and for the tools they pipe them into."""

from datetime import datetime, timedelta, timezone

import pytest

from cli.output import print_rows, to_the_second

ROWS = [
    {"id": 1, "title": "Harbour Courier " * 10, "problem": None, "url": "https://harbour.example/" + "a" * 200},
    {"id": 2, "title": "Gazette", "problem": "", "url": "https://gazette.example/"},
]


def test_a_table_that_is_piped_has_a_row_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is folded where nobody looks, so that grep and cut find whole fields."""
    print_rows("Feeds", ROWS, as_json=False, empty="")
    printed = capsys.readouterr().out
    assert all(str(row["url"]) in printed for row in ROWS)
    assert len(printed.splitlines()) == 4


def test_a_column_that_says_nothing_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    """What is empty in every row takes no room; JSON has it all the same."""
    print_rows("Feeds", ROWS, as_json=False, empty="")
    assert "problem" not in capsys.readouterr().out
    print_rows("Feeds", ROWS, as_json=True, empty="")
    assert capsys.readouterr().out.count('"problem"') == 2


def test_the_order_within_a_minute_shows() -> None:
    """The stations of `why` lie seconds apart; a station without an instant has none."""
    assert to_the_second(datetime(2026, 3, 1, 12, 0, 7, tzinfo=timezone(timedelta(hours=1)))) == "2026-03-01 11:00:07Z"
    assert to_the_second(None) is None
