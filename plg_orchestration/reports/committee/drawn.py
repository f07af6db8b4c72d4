"""The pack's drawings: where risks stand by likelihood and impact, and how each risk and control stood day by day."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from plg_orchestration.reports.drawings.marks import color, drawing, element, text

SIDE, LEFT, FOOT = 300, 58, 40
LEVELS = ("low", "medium", "high")
WIDE, NAMES, ROW, TOP = 860, 74, 24, 20
HEIGHTS = {"good": 6.0, "none": 6.0, "warn": 11.0, "bad": 17.0}
"""How tall a day's mark is: the graver, the taller, so that color is not all that tells."""


@dataclass(frozen=True)
class Placed:
    """A risk's place: likelihood and impact from 1 to 3."""

    name: str
    likelihood: int
    impact: int


@dataclass(frozen=True)
class Row:
    """A line of the calendar: its name, and the tone and a word for each stored day."""

    name: str
    days: Mapping[dt.date, tuple[str, str]]


def tone_of(score: int) -> str:
    """How grave a score from 1 to 9 is: 6 and 9 are bad, 3 and 4 a warning."""
    return "bad" if score >= 6 else "warn" if score >= 3 else "good"


def heat_map(placed: Sequence[Placed], *, label: str) -> Markup:
    """Three by three cells, impact across and likelihood up, each with its score and the risks that stand there."""
    side = (SIDE - FOOT) / 3
    parts: list[Markup] = []
    for likelihood in (1, 2, 3):
        for impact in (1, 2, 3):
            x, y, score = LEFT + (impact - 1) * side, (3 - likelihood) * side, likelihood * impact
            parts.append(element("rect", x=x + 1.5, y=y + 1.5, width=side - 3, height=side - 3, rx=4,
                                 fill=color(tone_of(score)), opacity=0.2))  # fmt: skip
            parts.append(text(score, x + side - 9, y + 17, anchor="end", tone="muted", size=11))
            here = [one.name for one in placed if (one.likelihood, one.impact) == (likelihood, impact)]
            for place, name in enumerate(here):
                across, down = place % 2, place // 2
                parts.append(_pill(name, x + 8 + across * 36, y + 26 + down * 25))
        parts.append(text(LEVELS[likelihood - 1], LEFT - 8, (3 - likelihood + 0.5) * side + 4, anchor="end", tone="muted"))
    for impact in (1, 2, 3):
        parts.append(text(LEVELS[impact - 1], LEFT + (impact - 0.5) * side, 3 * side + 16, anchor="middle", tone="muted"))
    parts.append(text("impact across, likelihood up", LEFT + 1.5 * side, 3 * side + 34, anchor="middle", tone="muted"))
    return drawing(LEFT + 3 * side + 4, SIDE, label, parts)


def _pill(name: str, x: float, y: float) -> Markup:
    box = element("rect", x=x, y=y, width=33, height=20, rx=10, fill=color("ink"))
    return box + text(name, x + 16.5, y + 14, anchor="middle", tone="grid", size=11, font_weight=600)


def calendar(rows: Sequence[Row], *, first: dt.date, last: dt.date, label: str) -> Markup:
    """A mark for each day and row; a day that was not stored stays blank. The graver the day, the taller its mark."""
    days = (last - first).days + 1
    part = (WIDE - NAMES) / days
    parts: list[Markup] = []
    for day in (first + dt.timedelta(days=number) for number in range(days)):
        if day == first or day.day in {1, 15}:
            x = NAMES + (day - first).days * part
            parts.append(element("line", x1=x, y1=TOP - 4, x2=x, y2=TOP + len(rows) * ROW, stroke=color("grid"), stroke_width=1))
            late = x > WIDE - 40
            said = f"{day.day} {day:%b}"
            parts.append(text(said, WIDE if late else x + 2, 11, anchor="end" if late else "start", tone="muted", size=10.5))
    for place, row in enumerate(rows):
        top = TOP + place * ROW
        parts.append(text(row.name, NAMES - 8, top + ROW - 6, anchor="end", tone="ink"))
        parts.append(element("line", x1=NAMES, y1=top + ROW - 2.5, x2=WIDE, y2=top + ROW - 2.5, stroke=color("grid")))
        for day, (tone, said) in sorted(row.days.items()):
            height, x = HEIGHTS.get(tone, 6.0), NAMES + (day - first).days * part
            shade = color("neutral" if tone == "none" else tone)
            mark = element("title", f"{row.name} on {day}: {said}")
            parts.append(element("rect", mark, x=x + 0.6, y=top + ROW - 3 - height, width=max(part - 1.2, 1.0), height=height,
                                 fill=shade))  # fmt: skip
    return drawing(WIDE, TOP + len(rows) * ROW + 4, label, parts, kind="drawn wide")
