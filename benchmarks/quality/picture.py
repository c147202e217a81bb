"""Draw curves of precision against recall as SVG, by hand: no library, no script, readable in any browser.

In: curves of points. Out: a file. Trap: both axes begin at 0.5, which the axes say.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

WIDTH, HEIGHT, MARGIN, LEAST = 640, 480, 56, 0.5
COLOURS = ("#1b6ca8", "#b3541e", "#3a7d44", "#7a4ea3", "#a83232")


@dataclass(frozen=True, slots=True)
class Point:
    """Where one threshold leads."""

    recall: float
    precision: float
    label: str
    is_ours: bool  #: the threshold in use


@dataclass(frozen=True, slots=True)
class Curve:
    """One set."""

    name: str
    points: tuple[Point, ...]


def write(file: Path, title: str, curves: Sequence[Curve]) -> None:
    """Write the picture."""
    file.write_text("\n".join(_lines(title, curves)) + "\n", encoding="utf-8")


def _lines(title: str, curves: Sequence[Curve]) -> Iterator[str]:
    box = f"0 0 {WIDTH} {HEIGHT}"
    yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" font-family="sans-serif" font-size="12">'
    yield f"<title>{escape(title)}</title>"
    yield f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
    yield f'<text x="{WIDTH / 2:.0f}" y="24" text-anchor="middle" font-size="14">{escape(title)}</text>'
    yield from _axes()
    for number, curve in enumerate(curves):
        yield from _curve(curve, COLOURS[number % len(COLOURS)], number)
    yield "</svg>"


def _axes() -> Iterator[str]:
    for step in range(6):
        value = LEAST + step * (1 - LEAST) / 5
        x, y = _x(value), _y(value)
        yield f'<path d="M{x:.1f} {_y(LEAST):.1f}V{_y(1):.1f}M{_x(LEAST):.1f} {y:.1f}H{_x(1):.1f}" stroke="#ddd"/>'
        yield f'<text x="{x:.1f}" y="{_y(LEAST) + 16:.1f}" text-anchor="middle">{value:.1f}</text>'
        yield f'<text x="{_x(LEAST) - 8:.1f}" y="{y + 4:.1f}" text-anchor="end">{value:.1f}</text>'
    yield f'<text x="{WIDTH / 2:.0f}" y="{HEIGHT - 14}" text-anchor="middle">BCubed recall</text>'
    turned = f'x="16" y="{HEIGHT / 2:.0f}" transform="rotate(-90 16 {HEIGHT / 2:.0f})"'
    yield f'<text {turned} text-anchor="middle">BCubed precision</text>'


def _curve(curve: Curve, colour: str, number: int) -> Iterator[str]:
    shown = [point for point in curve.points if min(point.recall, point.precision) >= LEAST]
    places = " ".join(f"{_x(point.recall):.1f},{_y(point.precision):.1f}" for point in shown)
    yield f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="2"/>'
    for point in shown:
        x, y = _x(point.recall), _y(point.precision)
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{6 if point.is_ours else 3}" fill="{colour}"/>'
        yield f'<text x="{x + 8:.1f}" y="{y + 4:.1f}" font-size="10" fill="{colour}">{escape(point.label)}</text>'
    top = HEIGHT - MARGIN - 16 - 18 * number
    yield f'<text x="{MARGIN + 16}" y="{top}" fill="{colour}">{escape(curve.name)}</text>'


def _x(recall: float) -> float:
    return MARGIN + (recall - LEAST) / (1 - LEAST) * (WIDTH - 2 * MARGIN)


def _y(precision: float) -> float:
    return HEIGHT - MARGIN - (precision - LEAST) / (1 - LEAST) * (HEIGHT - 2 * MARGIN)
