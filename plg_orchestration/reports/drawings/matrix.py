"""A drawing of things in the nine cells of two levels each, such as impact against effort."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from plg_orchestration.reports.drawings.marks import drawing, line, text

LEVELS = ("low", "medium", "high")
LEFT, CELL, LINE, PAD = 64, 176, 16, 12


@dataclass(frozen=True)
class Placed:
    """A thing with its level across and upward; `tone` is a color of the page."""

    name: str
    across: str
    upward: str
    tone: str = "ink"


def matrix(things: Sequence[Placed], *, across: str, upward: str, label: str) -> Markup:
    """The things by name in their cells, in the order given; a row of cells is as high as its fullest cell. Empty without any."""
    if not things:
        return Markup("")
    cells = {(a, u): [thing for thing in things if (thing.across, thing.upward) == (a, u)] for a in LEVELS for u in LEVELS}
    heights = [2 * PAD + LINE * max(2, *(len(cells[a, u]) for a in LEVELS)) for u in reversed(LEVELS)]
    width, bottom = LEFT + 3 * CELL, sum(heights)
    parts: list[Markup] = []
    top = 0
    for u, height in zip(reversed(LEVELS), heights, strict=True):
        parts.append(text(u, LEFT - 8, top + height / 2 + 4, anchor="end", tone="muted"))
        for place, a in enumerate(LEVELS):
            middle = LEFT + (place + 0.5) * CELL
            for number, thing in enumerate(cells[a, u]):
                at = top + PAD + LINE * number + 11
                parts.append(text(thing.name, middle, at, anchor="middle", tone=thing.tone, font_weight=600))
        top += height
        parts.append(line(LEFT, top, width, top))
    parts += [line(LEFT + place * CELL, 0, LEFT + place * CELL, bottom) for place in range(4)]
    parts.append(line(LEFT, 0, width, 0))
    parts += [text(a, LEFT + (place + 0.5) * CELL, bottom + 16, anchor="middle", tone="muted") for place, a in enumerate(LEVELS)]
    parts.append(text(f"{across} →", width, bottom + 34, anchor="end", tone="muted"))
    parts.append(text(f"↑ {upward}", 0, 10, tone="muted"))
    return drawing(width, bottom + 40, label, parts)
