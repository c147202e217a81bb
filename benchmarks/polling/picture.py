"""Draw the curves of the simulation: requests for one feed and day against the mean delay, as an SVG picture.

In: named curves, each a list of (requests, minutes), and single points. Out: text of an SVG file. Hides nothing; both
axes are logarithmic. Trap: the picture stands on white and on black pages, so it brings its own ground.
"""

import math
from collections.abc import Mapping, Sequence
from html import escape

Point = tuple[float, float]

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 430, 330, 56, 14, 34, 46
COLOURS = {"fixed interval": "#8a8f98", "Miniflux entry_frequency": "#c2571a", "own rhythm": "#1f6f54"}
STYLE = 'font-family="sans-serif" font-size="12" fill="#22262b"'
REQUEST_TICKS = (1, 2, 5, 10, 20, 50, 100, 200)
MINUTE_TICKS = (2, 5, 10, 20, 50, 100, 200, 500, 1000)


class _Panel:
    def __init__(self, offset: float, curves: Mapping[str, Sequence[Point]]) -> None:
        points = [point for curve in curves.values() for point in curve]
        self._offset = offset
        self._x = _span([x for x, _ in points])
        self._y = _span([y for _, y in points])

    def x(self, value: float) -> float:
        return self._offset + LEFT + _place(value, self._x) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - _place(value, self._y) * (HEIGHT - TOP - BOTTOM)

    def ticks(self) -> list[str]:
        bottom, left = HEIGHT - BOTTOM, self._offset + LEFT
        lines = [_line(left, bottom, self._offset + WIDTH - RIGHT, bottom), _line(left, TOP, left, bottom)]
        shown = [tick for tick in REQUEST_TICKS if self._x[0] <= tick <= self._x[1]]
        lines += [_text(self.x(tick), bottom + 16, f"{tick}", "middle") for tick in shown]
        for tick in (t for t in MINUTE_TICKS if self._y[0] <= t <= self._y[1]):
            lines += [
                _text(left - 6, self.y(tick) + 4, f"{tick}", "end"),
                _line(left, self.y(tick), left + 4, self.y(tick)),
            ]
        lines.append(_text((left + self._offset + WIDTH) / 2, HEIGHT - 10, "requests for one feed and day", "middle"))
        lines.append(_text(left, TOP - 6, "mean delay, minutes", "start"))
        return lines

    def curve(self, name: str, points: Sequence[Point]) -> list[str]:
        way = " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in points)
        dots = [
            f'<circle cx="{self.x(x):.1f}" cy="{self.y(y):.1f}" r="2.6" fill="{COLOURS[name]}"/>' for x, y in points
        ]
        return [f'<polyline points="{way}" fill="none" stroke="{COLOURS[name]}" stroke-width="2"/>', *dots]


def svg(panels: Mapping[str, Mapping[str, Sequence[Point]]]) -> str:
    """Draw the panels side by side, each with its curves under the names of `COLOURS`."""
    width = WIDTH * len(panels)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT + 24}" {STYLE}>',
        f'<rect width="{width}" height="{HEIGHT + 24}" fill="#ffffff"/>',
    ]
    for number, (title, curves) in enumerate(panels.items()):
        panel = _Panel(number * WIDTH, curves)
        lines.append(_text(number * WIDTH + (WIDTH + LEFT) / 2, 14, title, "middle"))
        lines += panel.ticks()
        for name, points in curves.items():
            lines += panel.curve(name, points)
    lines += _legend()
    return "\n".join([*lines, "</svg>", ""])


def _legend() -> list[str]:
    lines = []
    for number, (name, colour) in enumerate(COLOURS.items()):
        left = LEFT + number * 210
        lines.append(f'<rect x="{left}" y="{HEIGHT + 6}" width="14" height="8" fill="{colour}"/>')
        lines.append(_text(left + 20, HEIGHT + 14, name, "start"))
    return lines


def _span(values: Sequence[float]) -> tuple[float, float]:
    return min(values) / 1.15, max(values) * 1.15


def _place(value: float, span: tuple[float, float]) -> float:
    return math.log(value / span[0]) / math.log(span[1] / span[0])


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#5c636b"/>'


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'
