"""What drawings are made of: escaped SVG elements, colors of the page, linear scales and round ticks."""

import math
from collections.abc import Callable, Iterable

from markupsafe import Markup, escape

Scale = Callable[[float], float]
FONT = 11


def color(name: str) -> str:
    """The page's chart color of that name: ink, muted, grid, accent, teal, sky, sand, good, warn, bad, neutral."""
    return f"var(--chart-{name})"


def element(tag: str, content: object = "", **attributes: object) -> Markup:
    """An element with its attributes, all escaped; `_` in a name stands for `-`, and a trailing one is dropped.

    >>> str(element("text", "a < b", x=1.5, text_anchor="end"))
    '<text x="1.5" text-anchor="end">a &lt; b</text>'
    """
    listed = "".join(f' {name.rstrip("_").replace("_", "-")}="{escape(_shown(value))}"' for name, value in attributes.items())
    body = escape(content)
    return Markup(f"<{tag}{listed}>{body}</{tag}>") if body else Markup(f"<{tag}{listed}/>")


def text(
    content: object, x: float, y: float, *, anchor: str = "start", tone: str = "ink", size: float = FONT, **more: object
) -> Markup:
    """A line of text whose baseline is at `y`."""
    return element("text", content, x=x, y=y, text_anchor=anchor, fill=color(tone), font_size=size, **more)


def line(x1: float, y1: float, x2: float, y2: float, *, tone: str = "grid", width: float = 1, **more: object) -> Markup:
    """A straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=color(tone), stroke_width=width, **more)


def drawing(width: float, height: float, label: str, parts: Iterable[object], *, kind: str = "drawn") -> Markup:
    """The whole drawing, named `label` to whoever hears the page; `kind` is its class."""
    body = Markup("").join(escape(part) for part in parts)
    return element(
        "svg", body, xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {_shown(width)} {_shown(height)}", role="img",
        aria_label=label, class_=kind,
    )  # fmt: skip


def scale(low: float, high: float, start: float, end: float) -> Scale:
    """The linear map of [low, high] to [start, end]; a range of no width maps to its start."""
    width = high - low
    return lambda value: start + (end - start) * ((value - low) / width if width else 0.0)


def ticks(low: float, high: float, count: int = 4) -> list[float]:
    """Round numbers that cover [low, high], about `count` steps of 1, 2, 2.5 or 5 times a power of ten.

    >>> ticks(0.0, 47.0)
    [0.0, 20.0, 40.0, 60.0]
    """
    if high - low <= 1e-9 * max(1.0, abs(low)):
        high = low + (abs(low) if abs(low) > 1e-9 else 1.0)
    raw = (high - low) / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1.0, 2.0, 2.5, 5.0, 10.0) if factor * power >= raw * (1 - 1e-9))
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    return [round(place * step, 10) for place in range(first, last + 1)]


def _shown(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
