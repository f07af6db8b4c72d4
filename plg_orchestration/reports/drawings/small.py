"""Drawings of a word's size: a line of past values, and a place among three published percentiles."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from plg_orchestration.reports.drawings.marks import color, drawing, element, line, scale

ZONES = (("bad", 0.34), ("warn", 0.36), ("good", 0.30), ("good", 0.62))


@dataclass(frozen=True)
class Spot:
    """One past value of a KPI; `definition` is the hash under which it was computed."""

    label: str
    value: float
    definition: str = ""


@dataclass(frozen=True)
class Marks:
    """The published percentiles from the worse to the better; an outer one may be unknown."""

    p25: float | None
    p50: float
    p75: float | None


def sparkline(spots: Sequence[Spot], *, label: str, width: int = 116, height: int = 30) -> Markup:
    """The values in their order, the newest with a dot; the line breaks where the definition changes. Empty for one value."""
    if len(spots) < 2:
        return Markup("")
    values = [spot.value for spot in spots]
    x = scale(0, len(spots) - 1, 3, width - 5)
    y = scale(min(values), max(values), height - 5, 5) if max(values) > min(values) else scale(0, 1, height / 2, height / 2)
    parts: list[Markup] = []
    begin = 0
    for i in range(1, len(spots) + 1):
        if i == len(spots) or spots[i].definition != spots[i - 1].definition:
            points = " ".join(f"{x(j):.1f},{y(values[j]):.1f}" for j in range(begin, i))
            parts.append(
                element(
                    "polyline", points=points, fill="none", stroke=color("accent"), stroke_width=1.75, stroke_linejoin="round"
                )
            )
            if i < len(spots):
                middle = (x(i - 1) + x(i)) / 2
                parts.append(line(middle, 2, middle, height - 2, tone="muted", stroke_dasharray="2 2"))
            begin = i
    parts.append(element("circle", cx=x(len(spots) - 1), cy=y(values[-1]), r=2.75, fill=color("accent")))
    return drawing(width, height, label, parts, kind="spark")


def place(value: float, marks: Marks) -> float:
    """Where the value stands from 0 (worst) to 1 (best) when each quarter between the percentiles is equally wide.

    Beyond an outer percentile the scale goes on as wide as the quarter next to it. Without an outer percentile there are halves.

    >>> place(25.0, Marks(15.0, 25.0, 40.0)), place(8.0, Marks(8.0, 5.0, 3.0)), place(99.0, Marks(15.0, 25.0, 40.0))
    (0.5, 0.25, 1.0)
    """
    known = [(at, mark) for at, mark in ((0.25, marks.p25), (0.5, marks.p50), (0.75, marks.p75)) if mark is not None]
    if len(known) == 1:
        spread = abs(marks.p50) or 1.0
        return min(1.0, max(0.0, 0.5 + 0.25 * (value - marks.p50) / spread))
    sign = 1.0 if known[-1][1] >= known[0][1] else -1.0
    edges = [(at, sign * mark) for at, mark in known]
    where = sign * value
    pair = next(((a, b) for a, b in itertools.pairwise(edges) if where <= b[1]), (edges[-2], edges[-1]))
    (low_at, low), (high_at, high) = pair
    found = low_at + (high_at - low_at) * ((where - low) / (high - low) if high != low else 0.0)
    return min(1.0, max(0.0, found))


def strip(value: float, marks: Marks, *, label: str, width: int = 96, height: int = 14) -> Markup:
    """Four quarters from worse to better (two halves when only the median is known), and where the value stands."""
    zones = ZONES if marks.p25 is not None or marks.p75 is not None else (ZONES[1], ZONES[2])
    part = width / len(zones)
    parts = [
        element("rect", x=i * part + 0.5, y=4, width=part - 1, height=height - 8, rx=1.5, fill=color(tone), opacity=opacity)
        for i, (tone, opacity) in enumerate(zones)
    ]
    at = 2 + place(value, marks) * (width - 4)
    parts.append(element("rect", x=at - 2, y=0.5, width=4, height=height - 1, rx=1.5, fill=color("ink")))
    return drawing(width, height, label, parts, kind="strip")
