"""Charts of standings: each KPI among its benchmark percentiles, one in its own history, and values that were restated."""

from typing import TYPE_CHECKING

from plg_orchestration.charts.growth import kpi_trend
from plg_orchestration.charts.review import words
from plg_orchestration.charts.theme import ACCENT, BAD, GOOD, HEIGHT, INK, MUTED, NEUTRAL, SAND, TEAL, WIDTH, finished, no_data

if TYPE_CHECKING:
    import pandas as pd

    from plg_orchestration.charts.theme import Chart

ROW = 20
LABELS = 230
EDGE = 2.4
RESTATED = 12
BANDS = {
    "below_p25": ("lowest quarter", BAD), "p25_p50": ("below the median", SAND), "below_p50": ("below the median", SAND),
    "p50_p75": ("above the median", TEAL), "above_p50": ("above the median", TEAL), "above_p75": ("best quarter", GOOD),
}  # fmt: skip


def benchmark_places(rows: "pd.DataFrame", *, reason: str = "") -> "Chart":
    """Every KPI and segment that has a band, on one scale from the lowest to the best quarter of its own benchmark.

    `rows`: kpi, segment, period, current, p25, p50, p75, band, source, as in `kpis.standings` for one day.
    """
    import altair as alt
    import pandas as pd

    title = "Place among published benchmarks"
    shown = rows[rows["band"].notna()] if len(rows) else rows
    if not len(shown):
        return no_data(title, reason or "no value stands beside a percentile benchmark of its segment and period")
    columns = ["kpi", "segment", "current", "p25", "p50", "p75", "band"]
    places = [
        {
            "name": f"{words(str(row['kpi']))} · {str(row['segment']).replace('_', '-')}",
            "place": place(row["current"], row["p25"], row["p50"], row["p75"]), "band": BANDS[str(row["band"])][0],
        }
        for row in shown[columns].to_dict("records")
    ]  # fmt: skip
    frame = pd.DataFrame(places)
    named = list(dict.fromkeys(name for name, _ in BANDS.values()))
    used = [name for name in named if name in set(frame["band"])]
    colors = dict(BANDS.values())
    scale = alt.Scale(domain=[-EDGE - 0.15, EDGE + 0.15], nice=False)
    labels = "datum.value == 0 ? 'median' : datum.value == -1 ? '25th' : datum.value == 1 ? '75th' : ''"
    x = alt.X("place:Q", title=None, scale=scale, axis=alt.Axis(values=[-1, 0, 1], labelExpr=labels, grid=True, orient="top"))
    y = alt.Y("name:N", title=None, sort=list(frame["name"]), axis=alt.Axis(labelLimit=LABELS, labelColor=INK))
    base = alt.Chart(frame).encode(y=y)
    stems = base.mark_rule(color=NEUTRAL).encode(x=x, x2=alt.datum(0))
    points = base.mark_circle(size=80, opacity=1).encode(
        x=x, color=alt.Color("band:N", scale=alt.Scale(domain=used, range=[colors[name] for name in used]))
    )
    chart = (stems + points).properties(width=WIDTH - 90, height=ROW * len(frame))
    return finished(chart, title, "Each value between the percentiles of its own segment and source; right is better.")


def place(value: float, p25: float, p50: float, p75: float) -> float:
    """Where a value lies when p25, p50 and p75 lie at -1, 0 and 1; straight in between and beyond, held within the chart.

    >>> [place(20, 15, 25, 40), place(3.0, 5.0, 3.0, 1.0), place(100, 15, 25, 40), place(24, float("nan"), 9, 24)]
    [-0.5, 0.0, 2.4, 1.0]
    """
    low, high = p50 - p25, p75 - p50
    low, high = (high if low != low else low), (low if high != high else high)  # noqa: PLR0124
    better = (value - p50) * (1 if high + low >= 0 else -1)
    width = abs(high if better >= 0 else low) or 1.0
    return max(-EDGE, min(EDGE, better / width if width == width else better)) + 0.0  # noqa: PLR0124


def own_history(rows: "pd.DataFrame", *, name: str, reason: str = "") -> "Chart":
    """A KPI over its periods before the middle half of its own values.

    `rows`: period_start, value, ci_low, ci_high, unit, as in `kpi_series` for one KPI, period and segment.
    """
    title = f"{name}, in its own history"
    known = rows[rows["value"].notna()] if len(rows) else rows
    if len(known) < 2:
        return no_data(title, reason or "it takes two periods with a value")
    percent = str(known["unit"].iloc[-1]) == "percent"
    shares = known.assign(
        **{column: known[column].astype(float) / (100 if percent else 1) for column in ("value", "ci_low", "ci_high")}
    )
    earlier = shares["value"].iloc[:-1]
    band = (float(earlier.quantile(0.25)), float(earlier.quantile(0.75))) if len(earlier) >= 4 else None
    return kpi_trend(shares, title=title, percent=percent, band=band)


def restated_values(rows: "pd.DataFrame", *, reason: str = "") -> "Chart":
    """The largest restatements of the night in percent of what was published; material ones in red.

    `rows`: kpi, segment, period, period_start (date), published_on (date), published_value, change, material, as in
    `kpis.restatements` for one day.
    """
    import altair as alt

    title = "Restated values"
    known = rows[rows["change"].notna() & (rows["published_value"] != 0)] if len(rows) else rows
    if not len(known):
        return no_data(title, reason or "no published value of a closed period is known otherwise tonight")
    shown = known.assign(percent=100 * known["change"].astype(float) / known["published_value"].abs().astype(float))
    shown = shown.loc[shown["percent"].abs().sort_values(ascending=False, kind="stable").index].head(RESTATED)
    frame = shown[["percent"]].copy()
    frame["name"] = [
        f"{words(str(row['kpi']))} · {str(row['segment']).replace('_', '-')} · {row['period']} of "
        f"{row['period_start']:%d %b} (told {row['published_on']:%d %b})" for row in shown.to_dict("records")
    ]  # fmt: skip
    frame["told"] = ["material" if material else "within the limits" for material in shown["material"]]
    used = [name for name in ("material", "within the limits") if name in set(frame["told"])]
    colors = {"material": BAD, "within the limits": ACCENT}
    x = alt.X("percent:Q", title="change in % of the published value", axis=alt.Axis(grid=True, tickCount=5))
    y = alt.Y("name:N", title=None, sort=list(frame["name"]), axis=alt.Axis(labelLimit=LABELS + 120, labelColor=INK))
    base = alt.Chart(frame).encode(y=y)
    zero = alt.Chart(alt.Data(values=[{}])).mark_rule(color=MUTED).encode(x=alt.datum(0))
    points = base.mark_circle(size=70, opacity=1).encode(
        x=x, color=alt.Color("told:N", scale=alt.Scale(domain=used, range=[colors[name] for name in used]))
    )
    stems = base.mark_rule(color=NEUTRAL).encode(x=x, x2=alt.datum(0))
    height = max(ROW * len(frame), HEIGHT // 4)
    return finished(
        (zero + stems + points).properties(width=WIDTH - 150, height=height), title, f"The {len(frame)} largest of {len(known)}."
    )
