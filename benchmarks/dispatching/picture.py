"""Draw how long entries waited, minute by minute, as an SVG picture.

In: outcomes. Out: text of an SVG file. Hides nothing; the upright axis is logarithmic. Trap: the picture stands on
white and on black pages, so it brings its own ground.
"""

import math
from collections.abc import Sequence
from html import escape

from benchmarks.dispatching.played import Outcome

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 340, 56, 16, 30, 40
COLOURS = ("#1f6f54", "#c2571a", "#2c5d9b", "#8a5a9e", "#8a8f98", "#a3202b", "#5c6b1f", "#b08900")
TICKS = (0.1, 1, 10, 100, 1000)
LEAST = 0.1
STYLE = 'font-family="sans-serif" font-size="12" fill="#22262b"'


def svg(outcomes: Sequence[Outcome]) -> str:
    """Draw one curve for each outcome."""
    height = HEIGHT + 18 * len(outcomes)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" {STYLE}>',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        _text(LEFT, TOP - 12, "wait from first seen to the request, 95th percentile of each minute, s"),
    ]
    for tick in TICKS:
        lines.append(_line(LEFT, _y(tick), WIDTH - RIGHT, _y(tick)))
        lines.append(_text(8, _y(tick) + 4, f"{tick:g}"))
    minutes = len(outcomes[0].by_minute)
    lines += [_text(_x(one, minutes), HEIGHT - BOTTOM + 18, f"{one} min") for one in range(0, minutes, 10)]
    for number, outcome in enumerate(outcomes):
        lines += _curve(outcome, COLOURS[number % len(COLOURS)], HEIGHT + 18 * number)
    return "\n".join([*lines, "</svg>", ""])


def _curve(outcome: Outcome, colour: str, legend: float) -> list[str]:
    count = len(outcome.by_minute)
    way = " ".join(f"{_x(at, count):.1f},{_y(value):.1f}" for at, value in enumerate(outcome.by_minute))
    return [
        f'<polyline points="{way}" fill="none" stroke="{colour}" stroke-width="2"/>',
        f'<rect x="{LEFT}" y="{legend - 2:.0f}" width="14" height="8" fill="{colour}"/>',
        _text(LEFT + 20, legend + 6, f"{outcome.name}, {outcome.shards} shard{'s' if outcome.shards > 1 else ''}"),
    ]


def _x(minute: float, count: int) -> float:
    return LEFT + minute / max(count - 1, 1) * (WIDTH - LEFT - RIGHT)


def _y(value: float) -> float:
    share = math.log(max(value, LEAST) / LEAST) / math.log(TICKS[-1] / LEAST)
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#d5d8dc"/>'


def _text(x: float, y: float, words: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>'
