"""From a chart to an image file (PNG, SVG) or to SVG text that follows the page's colors; one converter per process."""

import html
import re
from typing import TYPE_CHECKING, Any

from plg_orchestration.charts.theme import PROPERTIES

if TYPE_CHECKING:
    from plg_orchestration.charts.theme import Chart

OPENING = re.compile(r"<svg\b[^>]*>")
VIEW_BOX = re.compile(r'viewBox="[^"]*"')
SIZE = re.compile(r'width="([\d.]+)" height="([\d.]+)" viewBox="[^"]*"')
MARGIN = 30
"""How far a label may reach beyond the chart's own width, in points."""
COLOR = re.compile(r"#[0-9a-f]{6}\b")


def to_png(chart: "Chart", *, scale: float = 1.5) -> bytes:
    """The chart as a PNG on white, `scale` pixels per point."""
    import vl_convert

    spec = {**_spec(chart), "background": "white"}
    return vl_convert.vegalite_to_png(spec, scale=scale)


def to_image(chart: "Chart") -> bytes:
    """The chart as an SVG file on white, for an `<img>`: smaller than a PNG, sharp at any size, and quicker to make.

    It has room at its sides for readers whose fonts are wider than those by which the labels were placed.
    """
    import vl_convert

    text = vl_convert.vegalite_to_svg(_spec(chart))
    size = SIZE.search(text)
    if size is None:
        raise ValueError("the renderer gave no <svg> element with a width, a height and a viewBox")
    width, height = float(size[1]) + 2 * MARGIN, float(size[2])
    wider = f'width="{width:g}" height="{height:g}" viewBox="{-MARGIN} 0 {width:g} {height:g}" style="background: white"'
    return (text[: size.start()] + wider + text[size.end() :]).encode()


def to_svg(chart: "Chart", *, label: str = "") -> str:
    """The chart as an `<svg>` element for a page: as wide as its container, named `label` to screen readers.

    Colors are the page's `--chart-*` properties, with the light ones as fallback; the element refers to nothing outside.
    """
    import vl_convert

    text = vl_convert.vegalite_to_svg(_spec(chart))
    opening = OPENING.search(text)
    box = VIEW_BOX.search(text)
    if opening is None or box is None:
        raise ValueError("the renderer gave no <svg> element with a viewBox")
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {box[0]} role="img" aria-label="{html.escape(label)}" class="chart">'
    return COLOR.sub(_property, head + text[opening.end() :])


def _property(match: re.Match[str]) -> str:
    name = PROPERTIES.get(match[0])
    return f"var(--chart-{name}, {match[0]})" if name else match[0]


def _spec(chart: "Chart") -> dict[str, Any]:
    return chart.to_dict(validate=False)  # tests hold every chart to Vega-Lite's schema
