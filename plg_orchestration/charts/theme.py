"""How every chart looks: palette, fonts, axes, titles, and what stands there when nothing can be drawn.

Each color is a constant that the SVG renderer turns into a custom property of the page, so that one drawing serves light and
dark; what is drawn is decided in the sibling modules.
"""

import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import altair as alt

    Chart = alt.Chart | alt.LayerChart | alt.FacetChart | alt.VConcatChart | alt.HConcatChart

INK, MUTED, GRID = "#1f2a37", "#5b6675", "#dde3ea"
ACCENT, TEAL, SKY, SAND = "#2f5fd0", "#1a8a7d", "#7ba4ee", "#c98a1b"
GOOD, WARN, BAD, NEUTRAL = "#2e7d4f", "#b7791f", "#c0392b", "#93a0b0"
PROPERTIES: dict[str, str] = {
    INK: "ink", MUTED: "muted", GRID: "grid", ACCENT: "accent", TEAL: "teal", SKY: "sky", SAND: "sand",
    GOOD: "good", WARN: "warn", BAD: "bad", NEUTRAL: "neutral",
}  # fmt: skip
"""The custom property of the page (`--chart-NAME`) that each color becomes in SVG."""

VERDICT_COLORS = {"pass": GOOD, "warn": WARN, "fail": BAD, "insufficient": NEUTRAL}
FONT = "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
WIDTH, HEIGHT = 420, 210


def finished(chart: "Chart", title: str, subtitle: str = "") -> "Chart":
    """The chart with its title and the common look; the last step of every chart function.

    The look is set at once: each of Altair's `configure_*` calls would copy the whole chart.
    """
    import altair as alt

    return chart.properties(
        title=alt.TitleParams(text=title, subtitle=textwrap.wrap(subtitle, 64) or alt.Undefined),
        config=alt.Config(
            font=FONT, background="transparent", padding={"left": 4, "right": 10, "top": 4, "bottom": 4},
            view=alt.ViewConfig(stroke=None),
            axis=alt.AxisConfig(
                labelColor=MUTED, titleColor=MUTED, gridColor=GRID, domainColor=GRID, tickColor=GRID, labelFontSize=11,
                titleFontSize=11, titleFontWeight="normal", titlePadding=8, labelPadding=4,
            ),
            axisX=alt.AxisConfig(grid=False),
            axisY=alt.AxisConfig(domain=False, ticks=False),
            legend=alt.LegendConfig(
                labelColor=INK, titleColor=MUTED, labelFontSize=11, orient="bottom", title=None, symbolType="square"
            ),
            title=alt.TitleConfig(
                anchor="start", color=INK, fontSize=13, fontWeight=600, subtitleColor=MUTED, subtitleFontSize=11, offset=10,
                subtitlePadding=4, frame="bounds",
            ),
        ),
    )  # fmt: skip


def no_data(title: str, reason: str) -> "Chart":
    """A chart that says why there is nothing to draw."""
    import altair as alt

    lines = textwrap.wrap(f"no data yet: {reason}", 62)
    text = alt.Chart(alt.Data(values=[{}])).mark_text(
        text=lines, color=MUTED, fontSize=12, align="left", baseline="top", x=0, y=4, lineHeight=17
    )
    return finished(text.properties(width=WIDTH, height=17 * len(lines) + 8), title)
