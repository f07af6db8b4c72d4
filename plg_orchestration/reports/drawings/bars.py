"""Drawings made of bars: a sum's way from opening to closing, and how many there are of each size."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from plg_orchestration.reports.drawings.marks import Scale, color, drawing, element, line, scale, text, ticks

WIDTH = 360
NAMES, AMOUNTS, ROW = 82, 66, 25


@dataclass(frozen=True)
class Step:
    """One line of a waterfall: an amount that is added, or (`total`) the level that has been reached."""

    name: str
    amount: float
    total: bool = False


@dataclass(frozen=True)
class Bin:
    """One bar of a histogram and the label below it ('' for none)."""

    label: str
    count: int


def waterfall(steps: Sequence[Step], *, label: str, shown: Callable[[float, bool], str]) -> tuple[Markup, float]:
    """Opening, movements and closing, each bar where the one before it ended; and where the axis begins (0 unless cut).

    The axis is cut below the smallest level when the movements would else be too small to see. `shown` prints an amount; its
    second argument says whether it is a total.
    """
    level, spans = 0.0, list[tuple[float, float]]()
    for step in steps:
        spans.append((0.0, step.amount) if step.total else (level, level + step.amount))
        level = step.amount if step.total else level + step.amount
    reached = [end for span, step in zip(spans, steps, strict=True) for end in (span[1:] if step.total else span)]
    low, high = min(reached, default=0.0), max(reached, default=0.0)
    cut = low > 0.6 * high > 0
    base = ticks(low - 0.25 * ((high - low) or high), high)[0] if cut else min(0.0, low)
    base = max(base, 0.0) if cut else base
    x = scale(base, max(high, base), NAMES, WIDTH - AMOUNTS)
    parts: list[Markup] = []
    for i, (step, (start, end)) in enumerate(zip(steps, spans, strict=True)):
        top, left, right = i * ROW + 3, x(max(base, min(start, end))), x(max(base, start, end))
        tone = "accent" if step.total else "good" if step.amount > 0 else "bad" if step.amount < 0 else "neutral"
        parts.append(text(step.name, NAMES - 8, top + 14, anchor="end", tone="ink"))
        parts.append(element("rect", x=left, y=top, width=max(right - left, 1.0), height=ROW - 7, rx=1.5, fill=color(tone)))
        if step.total and cut:
            parts.append(element("path", d=_tear(left + 7, top, ROW - 7), fill="none", stroke="var(--card)", stroke_width=2.5))
        parts.append(
            text(shown(step.amount, step.total), right + 6, top + 14, tone="ink", font_weight=600 if step.total else 400)
        )
        if i + 1 < len(steps):
            at = x(max(base, end))
            parts.append(line(at, top + ROW - 7, at, top + ROW, tone="muted", width=0.75))
    return drawing(WIDTH, len(steps) * ROW + 2, label, parts), base if cut else 0.0


def _tear(x: float, y: float, height: float) -> str:
    return f"M{x:.1f} {y - 1:.1f} l-3 {height / 3:.1f} l6 {height / 3:.1f} l-3 {height / 3 + 2:.1f}"


def histogram(bins: Sequence[Bin], *, label: str, axis: str, logarithmic: bool = False, height: int = 170) -> Markup:
    """A bar for each bin, the counts on the left; on a logarithmic scale when a few bins hold nearly everybody."""
    most = max((one.count for one in bins), default=0)
    left, bottom, top = 38, height - 34, 10
    y: Scale
    if logarithmic:
        steps = [0, *(10**power for power in range(max(1, math.ceil(math.log10(most + 1))) + 1))]
        marks = [float(step) for step in steps if step <= most * 1.001] or [0.0, 1.0]
        position = scale(0, math.log10(1 + most) or 1, bottom, top)
        y = lambda value: position(math.log10(1 + value))  # noqa: E731
    else:
        marks = [mark for mark in ticks(0, most or 1, 3) if mark == int(mark)]
        y = scale(0, marks[-1], bottom, top)
    parts: list[Markup] = []
    for mark in marks:
        parts += [
            line(left, y(mark), WIDTH, y(mark)),
            text(f"{mark:,.0f}".replace(",", "\u202f"), left - 5, y(mark) + 4, anchor="end", tone="muted"),
        ]
    part = (WIDTH - left) / max(len(bins), 1)
    for i, one in enumerate(bins):
        x = left + i * part
        if one.count:
            parts.append(
                element(
                    "rect", x=x + 1, y=y(one.count), width=max(part - 2, 1.0), height=bottom - y(one.count), fill=color("accent")
                )
            )
        if one.label:
            parts.append(text(one.label, x + part / 2, bottom + 14, anchor="middle", tone="muted", size=10))
    parts.append(text(axis, (WIDTH + left) / 2, height - 4, anchor="middle", tone="muted"))
    return drawing(WIDTH, height, label, parts)
