"""The chart of an alert's evidence: the series, the range in which the value was to be expected, the limit, and the point."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plg_orchestration.charts.theme import ACCENT, BAD, HEIGHT, MUTED, NEUTRAL, TEAL, WARN, WIDTH, finished, no_data

if TYPE_CHECKING:
    import pandas as pd

    from plg_orchestration.charts.theme import Chart

SEVERITY_COLORS = {"high": BAD, "warn": WARN, "info": ACCENT}
SHOWN = 32
"""The newest periods that are drawn."""


@dataclass(frozen=True)
class Evidence:
    """What one picture shows: the alert in a line, its series (period_start, value), and the figures of the judged period.

    `low` and `high` bound the range in which the value was to be expected, `range_is` says what that range is.
    """

    title: str
    severity: str
    unit: str
    series: "pd.DataFrame"
    value: float
    threshold: float | None = None
    low: float | None = None
    high: float | None = None
    range_is: str = "expected"


def alert_evidence(shown: Sequence[Evidence], *, subtitle: str = "") -> "Chart":
    """One picture below the other, the most severe first."""
    import altair as alt

    title = "What the alerts rest on"
    if not shown:
        return no_data(title, "no alert is running")
    chart = alt.vconcat(*map(_one, shown), spacing=26).resolve_scale(x="independent", y="independent")
    return finished(chart, title, subtitle)


def _one(evidence: Evidence) -> Any:
    import altair as alt
    import pandas as pd

    rows = evidence.series.tail(SHOWN).assign(period_start=lambda frame: pd.to_datetime(frame["period_start"]))
    unit = "%" if evidence.unit == "percent" else evidence.unit.replace("_", " ")
    x = alt.X("period_start:T", title=None, axis=alt.Axis(format="%d %b", tickCount=6, labelOverlap=True))
    y = alt.Y("value:Q", title=unit, axis=alt.Axis(format="~s", tickCount=5), scale=alt.Scale(zero=True))
    color = SEVERITY_COLORS[evidence.severity]
    last = rows.tail(1).assign(value=evidence.value)
    layers: list[alt.Chart] = []
    if evidence.low is not None and evidence.high is not None:
        band = last.assign(low=evidence.low, high=evidence.high)
        bar = alt.Chart(band).mark_rule(color=TEAL, strokeWidth=13, opacity=0.3, strokeCap="butt")
        layers.append(bar.encode(x=x, y=alt.Y("low:Q", title=unit), y2="high:Q"))
    if evidence.threshold is not None:
        blank = alt.Chart(alt.Data(values=[{}]))
        layers.append(blank.mark_rule(color=MUTED, strokeDash=[4, 3]).encode(y=alt.datum(evidence.threshold)))
    line = (
        alt.Chart(rows).mark_line(color=NEUTRAL, strokeWidth=2, point=alt.OverlayMarkDef(color=NEUTRAL, size=24)).encode(x=x, y=y)
    )
    point = alt.Chart(last).mark_point(color=color, filled=True, size=110, opacity=1).encode(x=x, y=y)
    heading = alt.TitleParams(text=evidence.title, subtitle=_legend(evidence), fontSize=12, subtitleFontSize=11)
    return alt.layer(*layers, line, point).properties(width=WIDTH, height=HEIGHT - 70, title=heading)


def _legend(evidence: Evidence) -> str:
    parts = ["point: the judged value"]
    if evidence.low is not None:
        parts.append(f"bar: {evidence.range_is} (95 %)")
    if evidence.threshold is not None:
        parts.append("dashed: the limit")
    return "; ".join(parts)
