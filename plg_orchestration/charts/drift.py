"""Charts of drift and of live performance: the index by night, estimates against outcomes, and the lift over the holdout."""

from typing import TYPE_CHECKING

from plg_orchestration.charts.theme import (
    ACCENT,
    BAD,
    GOOD,
    GRID,
    HEIGHT,
    INK,
    MUTED,
    NEUTRAL,
    SAND,
    SKY,
    WIDTH,
    finished,
    no_data,
)  # fmt: skip

if TYPE_CHECKING:
    import pandas as pd

    from plg_orchestration.charts.theme import Chart

STRIPS = 16
WEEKS = 13


def drift_strips(rows: "pd.DataFrame", *, limit: float = 0.2, reason: str = "") -> "Chart":
    """The population stability index by night, a strip each for the subjects that moved most.

    `rows`: as_of, subject, population_stability_index; nights and subjects in any order.
    """
    import altair as alt
    import pandas as pd

    title = "How far people and scores moved from the champion's training"
    known = rows[rows["population_stability_index"].notna()] if len(rows) else rows
    if not len(known):
        return no_data(title, reason or "no night was held against a reference")
    data = known[["as_of", "subject", "population_stability_index"]].copy()
    data["index"] = data["population_stability_index"].astype(float)
    worst = data.groupby("subject")["index"].max().sort_values(ascending=False, kind="stable")
    chosen = [*(["score"] if "score" in worst.index else []), *(name for name in worst.index if name != "score")][:STRIPS]
    data = data[data["subject"].isin(chosen)]
    data["night"] = pd.to_datetime(data["as_of"]).dt.strftime("%Y-%m-%d")
    data["name"] = data["subject"].str.replace("_", " ")
    nights = sorted(set(data["night"]))
    shown = nights[:: max(len(nights) // 6, 1)]
    color = alt.Color(
        "index:Q", scale=alt.Scale(type="threshold", domain=[limit / 4, limit / 2, limit], range=[GRID, SKY, SAND, BAD]),
        legend=alt.Legend(title="index", format=".2f", gradientLength=200, gradientThickness=10),
    )  # fmt: skip
    y = alt.Y("name:N", sort=[name.replace("_", " ") for name in chosen], title=None, axis=alt.Axis(labelLimit=200))
    x = alt.X("night:O", title="night", axis=alt.Axis(values=shown, labelAngle=0 if len(shown) < 4 else -40))
    base = alt.Chart(data[["night", "name", "index"]]).encode(x=x, y=y)
    strips = base.mark_rect().encode(color=color)
    chart: Chart = strips
    if len(nights) <= 4:
        chart = strips + base.mark_text(fontSize=10, color=INK).encode(text=alt.Text("index:Q", format=".2f"))
    subtitle = f"Population stability index; an alarm from {limit:g} on. The {len(chosen)} of {len(worst)} that moved most."
    return finished(chart.properties(width=WIDTH - 120, height=18 * len(chosen)), title, subtitle)


def live_precision(rows: "pd.DataFrame", *, reason: str = "") -> "Chart":
    """Precision of the champions by week: what their probabilities promised, and what came of the leads.

    `rows`: period_start, kind (estimated, realized), value, low, high of the metric precision.
    """
    import altair as alt
    import pandas as pd

    title = "Precision by week: promised and come true"
    known = rows[rows["value"].notna()] if len(rows) else rows
    if not len(known):
        return no_data(title, reason or "no week has a figure yet")
    data = known[["period_start", "kind", "value", "low", "high"]].copy()
    data["week"] = pd.to_datetime(data["period_start"]).dt.strftime("%Y-%m-%d")
    data[["value", "low", "high"]] = data[["value", "low", "high"]].astype(float)
    weeks = sorted(set(data["week"]))[-WEEKS:]
    data = data[data["week"].isin(weeks)].drop(columns="period_start")
    kinds = [kind for kind in ("estimated", "realized") if kind in set(data["kind"])]
    color = alt.Color("kind:N", scale=alt.Scale(domain=kinds, range=[{"estimated": SAND, "realized": ACCENT}[k] for k in kinds]))
    top = min(1.0, float(data[["value", "high"]].max().max()) * 1.1 + 0.01)
    scale, axis = alt.Scale(domain=[0, top], nice=False), alt.Axis(format="~%", tickCount=5)
    x = alt.X("week:O", title="week of the decision", axis=alt.Axis(labelAngle=-40 if len(weeks) > 5 else 0))
    base = alt.Chart(data).encode(
        x=x, xOffset=alt.XOffset("kind:N", scale=alt.Scale(domain=["estimated", "realized"])), color=color
    )
    spans = base.mark_rule(strokeWidth=2).encode(y=alt.Y("low:Q", title="precision", scale=scale, axis=axis), y2="high:Q")
    points = base.mark_circle(size=60, opacity=1).encode(y=alt.Y("value:Q", scale=scale, axis=axis))
    chart = (spans + points).properties(width=WIDTH, height=HEIGHT)
    return finished(chart, title, "Dots with 95 % intervals; the promise was written down before any outcome was known.")


def holdout_lift(rows: "pd.DataFrame", *, wanted: float = 1.2, reason: str = "") -> "Chart":
    """The lift of accounts that teams were given over accounts held back, with its interval and the verdict.

    `rows`: scorer, version, value, low, high, verdict of the metric lift; all versions together are named all.
    """
    import altair as alt
    import pandas as pd

    title = "Lift of leads over the accounts held back"
    known = rows[rows["low"].notna() & rows["high"].notna()] if len(rows) else rows
    if not len(known):
        return no_data(title, reason or "no account that was held back is old enough")
    data = known[["version", "value", "low", "high", "verdict"]].copy()
    data["name"] = data["version"].where(data["version"] != "all", "all versions")
    data[["value", "low", "high"]] = data[["value", "low", "high"]].astype(float)
    data = data.sort_values("name")[:STRIPS]
    edge = [min(0.5, float(data["low"].min()) * 0.9), max(2.0, float(data["high"].max()) * 1.1)]
    colors = {"pass": GOOD, "warn": BAD, "insufficient": NEUTRAL}
    verdicts = [verdict for verdict in colors if verdict in set(data["verdict"])]
    color = alt.Color("verdict:N", scale=alt.Scale(domain=verdicts, range=[colors[v] for v in verdicts]))
    ticks = [tick for tick in (0.1, 0.25, 0.5, 1, 2, 4, 8, 16) if edge[0] <= tick <= edge[1]]
    scale, axis = alt.Scale(type="log", domain=edge, nice=False), alt.Axis(values=ticks, format="~g")
    base = alt.Chart(data).encode(y=alt.Y("name:N", title=None, axis=alt.Axis(labelLimit=200)), color=color)
    spans = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", title="times as many", scale=scale, axis=axis), x2="high:Q")
    points = base.transform_filter("isValid(datum.value)").mark_circle(size=60, opacity=1)
    points = points.encode(x=alt.X("value:Q", scale=scale, axis=axis))
    none = alt.Chart(pd.DataFrame({"at": [1.0]})).mark_rule(color=INK, strokeWidth=0.8).encode(x="at:Q")
    goal = alt.Chart(pd.DataFrame({"at": [wanted]})).mark_rule(color=MUTED, strokeDash=[4, 3]).encode(x="at:Q")
    chart = (none + goal + spans + points).properties(width=WIDTH - 120, height=26 * max(len(data), 2))
    return finished(chart, title, f"Outcomes per account with 95 % intervals; dashed: the wanted {wanted:g}. Logarithmic.")
