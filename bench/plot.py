"""A sweep as a picture: plain SVG with its own style sheet, which follows the reader's light or dark.

One column for each scenario; above, how many a second, below, how long one takes; both axes are logarithmic. Servers
differ in colour and in the shape of their marks.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Final

_WIDTH: Final = 300
_HEIGHT: Final = 210
_LEAST_WIDTH: Final = 620
"""Room for the title and the legend above a single column."""
_LEFT: Final = 64
_TOP: Final = 78
_GAP_X: Final = 34
_GAP_Y: Final = 74
_STYLE: Final = """
svg{background:#fff;--ink:#1b1f24;--faint:#d9dde3;--soft:#57606a;--c0:#0a5fd0;--c1:#b35900;--c2:#0b7a5c}
@media (prefers-color-scheme:dark){svg{background:#0d1117;--ink:#e6edf3;--faint:#2c333c;--soft:#9da7b3;--c0:#6cb0ff;--c1:#ffb05c;--c2:#5fd3ac}}
text{font:12px system-ui,sans-serif;fill:var(--ink)} .soft{fill:var(--soft)} .title{font-weight:600;font-size:13px}
.grid{stroke:var(--faint);stroke-width:1} .axis{stroke:var(--soft);stroke-width:1}
.line{fill:none;stroke-width:2} .dotted{stroke-dasharray:2 4;stroke-width:1.5}
"""  # noqa: E501 - a style sheet has lines of its own


@dataclass(frozen=True, slots=True)
class Point:
    """One server in one scenario at a size; times in the unit that the axis says."""

    server: str
    scenario: str
    size: int
    per_s: float
    p50: float
    p99: float


@dataclass(frozen=True, slots=True)
class Axes:
    """What the axes measure."""

    size: str
    per_s: str
    time: str


def draw(points: Sequence[Point], title: str, axes: Axes) -> str:
    """The picture."""
    servers, scenarios = list(dict.fromkeys(p.server for p in points)), list(dict.fromkeys(p.scenario for p in points))
    x_scale = _Scale([p.size for p in points], _WIDTH)
    rates = _Scale([p.per_s for p in points], _HEIGHT)
    times = _Scale([one for p in points for one in (p.p50, p.p99)], _HEIGHT)
    width = max(_LEAST_WIDTH, _LEFT + len(scenarios) * (_WIDTH + _GAP_X))
    height = _TOP + 2 * _HEIGHT + _GAP_Y + 46
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{title}"><style>{_STYLE}</style>',
        _text(_LEFT, 20, title, "title"),
        *_legend(servers),
    ]
    for column, scenario in enumerate(scenarios):
        left = _LEFT + column * (_WIDTH + _GAP_X)
        of_it = [p for p in points if p.scenario == scenario]
        for top, scale, name in (
            (_TOP, rates, f"{scenario}: {axes.per_s}"),
            (_TOP + _HEIGHT + _GAP_Y, times, f"{scenario}: {axes.time}"),
        ):
            parts += _frame(left, top, x_scale, scale, (name, axes.size), first=column == 0)
        for number, server in enumerate(servers):
            own = sorted((p for p in of_it if p.server == server), key=lambda p: p.size)
            low = _TOP + _HEIGHT + _GAP_Y
            for top, scale, values, style in (
                (_TOP, rates, [p.per_s for p in own], "line"),
                (low, times, [p.p99 for p in own], "line"),
                (low, times, [p.p50 for p in own], "line dotted"),
            ):
                places = [
                    (left + x_scale(p.size), top + _HEIGHT - scale(value)) for p, value in zip(own, values, strict=True)
                ]
                parts += _curve(places, number, style)
    return "\n".join([*parts, "</svg>\n"])


class _Scale:
    """A logarithmic axis over whole decades."""

    def __init__(self, values: Iterable[float], length: float) -> None:
        found = [log10(value) for value in values if value > 0]
        self.low, self.high = floor(min(found)), max(ceil(max(found)), floor(min(found)) + 1)
        self._length = length

    def __call__(self, value: float) -> float:
        """How far along a value lies."""
        share = (log10(max(value, 10.0**self.low)) - self.low) / (self.high - self.low)
        return share * self._length

    @property
    def ticks(self) -> list[float]:
        """The powers of ten."""
        return [10.0**power for power in range(self.low, self.high + 1)]


def _frame(left: float, top: float, across: _Scale, up: _Scale, names: tuple[str, str], *, first: bool) -> list[str]:
    (name, size), bottom = names, top + _HEIGHT
    parts = [_text(left, top - 10, name, "soft")]
    for tick in up.ticks:
        y = bottom - up(tick)
        parts.append(_segment(left, y, left + _WIDTH, y, "grid"))
        if first:
            parts.append(_text(left - 8, y + 4, _number(tick), "soft", "end"))
    for tick in across.ticks:
        x = left + across(tick)
        parts += [_segment(x, top, x, bottom, "grid"), _text(x, bottom + 18, _number(tick), "soft", "middle")]
    parts.append(_text(left + _WIDTH / 2, bottom + 34, size, "soft", "middle"))
    return [*parts, _segment(left, bottom, left + _WIDTH, bottom, "axis"), _segment(left, top, left, bottom, "axis")]


def _legend(servers: Sequence[str]) -> list[str]:
    parts, x = [], float(_LEFT)
    for number, server in enumerate(servers):
        parts += [*_curve([(x, 40.0), (x + 26, 40.0)], number, "line"), _text(x + 36, 44, server)]
        x += 60 + 7 * len(server)
    return [*parts, _text(x, 44, "time: solid p99, dotted p50", "soft")]


def _curve(places: Sequence[tuple[float, float]], number: int, style: str) -> list[str]:
    colour = f"var(--c{number % 3})"
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    parts = [f'<polyline class="{style}" style="stroke:{colour}" points="{path}"/>']
    if "dotted" not in style:
        parts += [_mark(x, y, number, colour) for x, y in places]
    return parts


def _mark(x: float, y: float, number: int, colour: str) -> str:
    outlines = (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4"',
        f'<rect x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8"',
        f'<path d="M{x:.1f} {y - 5:.1f}l5 9h-10z"',
    )
    return f'{outlines[number % 3]} style="fill:{colour}"/>'


def _text(x: float, y: float, words: str, style: str = "", anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{style}" text-anchor="{anchor}">{words}</text>'


def _segment(x1: float, y1: float, x2: float, y2: float, style: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{style}"/>'


def _number(tick: float) -> str:
    return f"{tick:,.0f}" if tick >= 1.0 else f"{tick:g}"
