"""Lines of a chart, as rows of data."""

from datetime import UTC, datetime, timedelta

from dashboard.chart import HEIGHT, WIDTH, chart

START = datetime(2026, 3, 1, tzinfo=UTC)
END = START + timedelta(hours=1)


def test_the_largest_value_touches_the_top() -> None:
    """The line goes from the left to the right edge, the largest value at the top, zero at the bottom."""
    points = [(START + timedelta(minutes=4 * n), value) for n, value in enumerate([0, 5, *[10] * 14])]
    drawn = chart(points, START, END)
    places = drawn.lines[0].split()
    assert (len(drawn.lines), places[0], places[-1]) == (1, f"0.0,{HEIGHT}", f"{WIDTH},0.0")
    assert (drawn.top, drawn.last) == (10, 10)


def test_a_gap_is_no_line() -> None:
    """Where nobody counted for more than five minutes the line is broken."""
    points = [(START, 1), (START + timedelta(minutes=1), 1), (START + timedelta(minutes=20), 1)]
    assert len(chart(points, START, END).lines) == 2


def test_nothing_counted_is_no_line() -> None:
    """Without a point there is nothing to draw, and zeros alone lie at the bottom."""
    assert chart([], START, END).lines == ()
    assert chart([(START, 0)], START, END).lines == (f"0.0,{HEIGHT}",)
