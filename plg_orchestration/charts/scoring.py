"""Charts of scores: how they are spread, whether probabilities hold, and how groups compare."""

from typing import TYPE_CHECKING

from plg_orchestration.charts.theme import (
    ACCENT,
    BAD,
    HEIGHT,
    INK,
    MUTED,
    NEUTRAL,
    VERDICT_COLORS,
    WIDTH,
    finished,
    no_data,
)  # fmt: skip

if TYPE_CHECKING:
    import pandas as pd

    from plg_orchestration.charts.theme import Chart

BINS = 30
ROWS = 16


def score_distribution(rows: "pd.DataFrame", *, threshold: float | None = None, subtitle: str = "", reason: str = "") -> "Chart":
    """How many people have which score, in 30 equal bins, with the threshold of qualification.

    `rows`: score, on the scorer's own scale.
    """
    import altair as alt
    import numpy as np
    import pandas as pd

    title = "Scores of the night"
    scores = rows["score"].dropna().to_numpy(dtype=float) if len(rows) else np.array([])
    if not len(scores):
        return no_data(title, reason or "nobody was scored")
    counts, edges = np.histogram(scores, bins=BINS, range=(float(min(scores.min(), 0)), float(max(scores.max(), 1))))
    bins = pd.DataFrame({"low": edges[:-1], "high": edges[1:], "people": counts})
    bins = bins[bins["people"] > 0]
    ticks = alt.Axis(values=ladder(int(counts.max())), format=",d")
    chart = alt.Chart(bins).mark_bar(color=ACCENT, opacity=0.85, binSpacing=1).encode(
        x=alt.X("low:Q", bin="binned", title="score", axis=alt.Axis(tickCount=6, format="~r")), x2="high:Q",
        y=alt.Y("people:Q", title="people", scale=alt.Scale(type="symlog"), axis=ticks),
    )  # fmt: skip
    if threshold is None:
        return finished(chart.properties(width=WIDTH, height=HEIGHT), title, subtitle)
    rule = (
        alt.Chart(alt.Data(values=[{}])).mark_rule(color=BAD, strokeDash=[4, 3], strokeWidth=1.5).encode(x=alt.datum(threshold))
    )
    return finished((chart + rule).properties(width=WIDTH, height=HEIGHT), title, subtitle)


def ladder(top: int) -> list[int]:
    """Ticks 0, 1, 10, 100 ... up to the first that covers `top`.

    >>> ladder(37)
    [0, 1, 10, 100]
    """
    steps = [0, 1]
    while steps[-1] < top:
        steps.append(steps[-1] * 10)
    return steps


def calibration_curve(rows: "pd.DataFrame", *, reason: str = "") -> "Chart":
    """Observed share against predicted probability, by bin; the diagonal is a model that means what it says.

    `rows`: predicted, observed (shares), n.
    """
    import altair as alt
    import pandas as pd

    title = "Calibration on the test slice"
    known = rows[rows["predicted"].notna() & rows["observed"].notna()] if len(rows) else rows
    if not len(known):
        return no_data(title, reason or "no model was tested")
    data = known[["predicted", "observed", "n"]].astype(float)
    top = float(max(data["predicted"].max(), data["observed"].max(), 0.01)) * 1.05
    scale, axis = alt.Scale(domain=[0, top], nice=False), alt.Axis(format="~%", tickCount=5)
    x, y = (
        alt.X("predicted:Q", title="predicted", scale=scale, axis=axis),
        alt.Y("observed:Q", title="observed", scale=scale, axis=axis),
    )
    diagonal = alt.Chart(pd.DataFrame({"predicted": [0, top], "observed": [0, top]})).mark_line(color=NEUTRAL, strokeDash=[4, 3])
    base = alt.Chart(data)
    line = base.mark_line(color=ACCENT, strokeWidth=2).encode(x=x, y=y)
    points = base.mark_circle(color=ACCENT, opacity=0.9).encode(
        x=x, y=y, size=alt.Size("n:Q", scale=alt.Scale(range=[30, 200]), legend=None)
    )
    chart = (diagonal.encode(x=x, y=y) + line + points).properties(width=WIDTH, height=HEIGHT + 40)
    return finished(chart, title, "Points sized by rows; on the dashed line, predicted and observed shares agree.")


def bias_contrasts(rows: "pd.DataFrame", *, limit: float = 0.10, reason: str = "") -> "Chart":
    """Difference in selection rate of each group against everybody else, with its interval and the limit on both sides.

    `rows`: attribute, group_value, difference, ci_low, ci_high (shares), verdict; the 16 widest are drawn.
    """
    import altair as alt
    import pandas as pd

    title = "Selection rate of each group against the rest"
    known = rows[rows["difference"].notna()] if len(rows) else rows
    if not len(known):
        return no_data(title, reason or "no scorer was audited")
    widest = known.reindex(known["difference"].astype(float).abs().sort_values(ascending=False, kind="stable").index)[:ROWS]
    data = widest.assign(group=widest["attribute"].astype(str) + ": " + widest["group_value"].astype(str)).copy()
    data[["difference", "ci_low", "ci_high"]] = data[["difference", "ci_low", "ci_high"]].astype(float)
    data = data[["group", "attribute", "difference", "ci_low", "ci_high", "verdict"]].sort_values(["attribute", "group"])
    reach = max(limit * 1.3, float(data[["difference", "ci_low", "ci_high"]].abs().max().max()) * 1.05)
    y = alt.Y("group:N", title=None, sort=list(data["group"]))
    verdicts = sorted(set(data["verdict"]), key=list(VERDICT_COLORS).index)
    color = alt.Color("verdict:N", scale=alt.Scale(domain=verdicts, range=[VERDICT_COLORS[v] for v in verdicts]))
    scale = alt.Scale(domain=[-reach, reach])
    axis = alt.Axis(format="+.0%", tickCount=5)
    base = alt.Chart(data).encode(y=y, color=color)
    spans = base.mark_rule(strokeWidth=2).encode(x=alt.X("ci_low:Q", title="difference", scale=scale, axis=axis), x2="ci_high:Q")
    points = base.mark_circle(size=54, opacity=1).encode(x=alt.X("difference:Q", scale=scale, axis=axis))
    marks = pd.DataFrame({"at": [-limit, limit]})
    limits = alt.Chart(marks).mark_rule(color=MUTED, strokeDash=[4, 3]).encode(x="at:Q")
    zero = alt.Chart(pd.DataFrame({"at": [0.0]})).mark_rule(color=INK, strokeWidth=0.8).encode(x="at:Q")
    chart = (limits + zero + spans + points).properties(width=WIDTH - 90, height=22 * len(data))
    return finished(chart, title, f"Dots with 95 % intervals; dashed lines are the limit of {100 * limit:.0f} points.")
