"""Draw what a soak held over its hours, as SVG: small panels, one for each kind of figure.

In: samples. Out: text of an SVG file. Hides nothing. Trap: the picture stands on white and on black pages, so it brings
its own ground.
"""

from collections.abc import Iterator, Sequence
from html import escape

from benchmarks.soak.sample import Figures
from benchmarks.soak.slope import Series
from benchmarks.soak.verdict import series

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM, COLUMNS = 430, 230, 56, 14, 44, 30, 2
COLOURS = ("#1b6ca8", "#b3541e", "#3a7d44", "#7a4ea3", "#a83232", "#5c636b")
SERVICES = ("poller", "dispatcher", "worker", "deliverer", "dashboard", "valkey")
PANELS = {
    "memory, MB (Pss)": {kind: f"{kind}: memory, MB" for kind in SERVICES},
    "open descriptors": {kind: f"{kind}: descriptors" for kind in SERVICES},
    "threads": {kind: f"{kind}: threads" for kind in SERVICES},
    "files and queue, MB": {"write-ahead log": "write-ahead log, MB", "queue memory": "queue memory, MB"},
    "delays, s": {
        "entry to alert, p50": "entry to alert, p50, s",
        "entry to alert, p95": "entry to alert, p95, s",
        "oldest waiting": "oldest waiting entry, s",
    },
    "articles stored": {"articles": "articles"},
}


def draw(samples: Sequence[Figures]) -> str:
    """Draw all panels."""
    rows = -(-len(PANELS) // COLUMNS)
    box = f"0 0 {WIDTH * COLUMNS} {HEIGHT * rows}"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" font-family="sans-serif" font-size="11">',
        f'<rect width="{WIDTH * COLUMNS}" height="{HEIGHT * rows}" fill="#ffffff"/>',
    ]
    for place, (title, names) in enumerate(PANELS.items()):
        curves = {label: found for label, name in names.items() if (found := series(samples, name))}
        lines.append(f'<g transform="translate({place % COLUMNS * WIDTH},{place // COLUMNS * HEIGHT})">')
        lines += [*_panel(title, curves), "</g>"]
    return "\n".join([*lines, "</svg>", ""])


def _panel(title: str, curves: dict[str, Series]) -> Iterator[str]:
    width = max((x for curve in curves.values() for x, _ in curve), default=1.0) or 1.0
    height = _round_up(max((y for curve in curves.values() for _, y in curve), default=1.0))
    yield _text(LEFT, 14, title, "start", "#22262b", weight="bold")
    for share in (0.0, 0.5, 1.0):
        y = HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)
        yield f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="#d5d9de"/>'
        yield _text(LEFT - 6, y + 4, f"{share * height:g}", "end")
        yield _text(
            LEFT + share * (WIDTH - LEFT - RIGHT),
            HEIGHT - BOTTOM + 16,
            f"{60 * share * width:.0f} min",
            "end" if share else "start",
        )
    place = LEFT
    for colour, (label, curve) in zip(COLOURS, curves.items(), strict=False):
        way = " ".join(_point(x / width, y / height) for x, y in curve)
        yield f'<polyline points="{way}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
        yield _text(place, 30, label, "start", colour)
        place += 7 * len(label) + 10


def _point(across: float, up: float) -> str:
    x = LEFT + across * (WIDTH - LEFT - RIGHT)
    return f"{x:.1f},{HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM):.1f}"


def _round_up(value: float) -> float:
    """Give the next of 1, 2, 5 times a power of ten."""
    step = 1e-3
    while True:
        for factor in (1, 2, 5):
            if factor * step >= value:
                return float(factor * step)
        step *= 10


def _text(x: float, y: float, words: str, anchor: str, colour: str = "#5c636b", weight: str = "normal") -> str:
    look = f'text-anchor="{anchor}" fill="{colour}" font-weight="{weight}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {look}>{escape(words)}</text>'
