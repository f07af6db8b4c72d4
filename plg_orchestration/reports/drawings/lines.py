"""Drawings of estimates with their intervals: over time, against what was predicted, and group by group."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from plg_orchestration.reports.drawings.marks import Scale, color, drawing, element, line, scale, text, ticks

WIDTH = 360


@dataclass(frozen=True)
class Moment:
    """A value of one period with its interval, where it has one; `definition` is the hash it was computed under."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None
    definition: str = ""


@dataclass(frozen=True)
class Estimate:
    """A named value with its interval and the tone of its verdict."""

    name: str
    value: float
    low: float | None
    high: float | None
    tone: str = "none"


def trend(
    moments: Sequence[Moment], *, label: str, shown: Callable[[float], str], band: tuple[float, float] | None = None,
    target: float | None = None, height: int = 190,
) -> Markup:  # fmt: skip
    """A line over its periods with 95 % intervals, before a band; it breaks where the definition changes."""
    left, bottom, top = 44, height - 24, 10
    reached = [end for one in moments for end in (one.value, one.low, one.high) if end is not None]
    reached += [*(band or ()), *([target] if target is not None else [])]
    marks = ticks(min(reached), max(reached), 4)
    x = scale(0, max(len(moments) - 1, 1), left + 8, WIDTH - 10)
    y = scale(marks[0], marks[-1], bottom, top)
    parts: list[Markup] = []
    if band:
        parts.append(
            element(
                "rect",
                x=left,
                y=y(max(band)),
                width=WIDTH - left,
                height=y(min(band)) - y(max(band)),
                fill=color("good"),
                opacity=0.14,
            )
        )
    for mark in marks:
        parts += [line(left, y(mark), WIDTH, y(mark)), text(shown(mark), left - 6, y(mark) + 4, anchor="end", tone="muted")]
    if target is not None:
        parts.append(line(left, y(target), WIDTH, y(target), tone="muted", stroke_dasharray="5 3"))
    for i, one in enumerate(moments):
        if one.low is not None and one.high is not None:
            parts.append(line(x(i), y(one.low), x(i), y(one.high), tone="sky", width=2))
    parts += _path(moments, x, y)
    parts += [element("circle", cx=x(i), cy=y(one.value), r=3, fill=color("accent")) for i, one in enumerate(moments)]
    every = max(1, -(-len(moments) // 5))
    last = len(moments) - 1
    for i in sorted({last - step for step in range(0, len(moments), every)}):
        anchor = "end" if i == last and last else "middle"
        parts.append(text(moments[i].label, x(i) + (8 if anchor == "end" else 0), bottom + 17, anchor=anchor, tone="muted"))
    return drawing(WIDTH, height, label, parts)


def _path(moments: Sequence[Moment], x: Scale, y: Scale) -> list[Markup]:
    parts: list[Markup] = []
    for i in range(1, len(moments)):
        if moments[i].definition == moments[i - 1].definition:
            parts.append(line(x(i - 1), y(moments[i - 1].value), x(i), y(moments[i].value), tone="accent", width=2))
    return parts


def calibration(points: Sequence[tuple[float, float, int]], *, label: str, size: int = 260) -> Markup:
    """Predicted against observed shares, a dot for each bin (predicted, observed, people), before the line of a perfect one."""
    left, bottom, top = 44, size - 36, 10
    marks = ticks(0, max((end for one in points for end in one[:2]), default=1.0) or 1.0, 4)
    x, y = scale(0, marks[-1], left, WIDTH - 12), scale(0, marks[-1], bottom, top)
    parts: list[Markup] = []
    for mark in marks:
        said = f"{100 * mark:.3g}\u202f%"
        parts += [line(left, y(mark), WIDTH - 12, y(mark)), text(said, left - 6, y(mark) + 4, anchor="end", tone="muted")]
        parts.append(text(said, x(mark), bottom + 15, anchor="middle", tone="muted"))
    parts.append(line(x(0), y(0), x(marks[-1]), y(marks[-1]), tone="muted", stroke_dasharray="4 3"))
    for a, b in itertools.pairwise(points):
        parts.append(line(x(a[0]), y(a[1]), x(b[0]), y(b[1]), tone="accent", width=1.75))
    parts += [element("circle", cx=x(one[0]), cy=y(one[1]), r=3.25, fill=color("accent")) for one in points]
    parts.append(
        text("predicted share (across) and observed share (up)", (left + WIDTH) / 2, size - 4, anchor="middle", tone="muted")
    )
    return drawing(WIDTH, size, label, parts)


def forest(estimates: Sequence[Estimate], *, label: str, shown: Callable[[float], str], axis: str) -> Markup:
    """A dot with its interval for each name around zero, colored by verdict; the shape repeats what the color says."""
    names, row = 140, 22
    reached = [end for one in estimates for end in (one.value, one.low, one.high) if end is not None]
    marks = ticks(min([*reached, 0.0]), max([*reached, 0.0]), 3)
    bottom = len(estimates) * row + 4
    x = scale(marks[0], marks[-1], names + 6, WIDTH - 14)
    parts: list[Markup] = []
    for mark in marks:
        parts += [
            line(x(mark), 0, x(mark), bottom, tone="muted" if mark == 0 else "grid"),
            text(shown(mark), x(mark), bottom + 14, anchor="middle", tone="muted"),
        ]
    for i, one in enumerate(estimates):
        y = i * row + 13
        tone = {"none": "neutral"}.get(one.tone, one.tone)
        parts.append(text(one.name if len(one.name) <= 20 else one.name[:19] + "…", names - 4, y + 4, anchor="end", tone="ink"))
        if one.low is not None and one.high is not None:
            parts.append(line(x(one.low), y, x(one.high), y, tone=tone, width=2))
        if one.tone in ("warn", "bad"):
            parts.append(element("rect", x=x(one.value) - 4, y=y - 4, width=8, height=8, fill=color(tone)))
        else:
            parts.append(element("circle", cx=x(one.value), cy=y, r=4, fill=color(tone)))
    parts.append(text(axis, (names + WIDTH) / 2, bottom + 32, anchor="middle", tone="muted"))
    return drawing(WIDTH, bottom + 38, label, parts)
