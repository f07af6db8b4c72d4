"""Charts of abuse detection: when suspects signed up and by which rules, and how odd their behavior is among everybody's.

The figures come from `governance.suspects` and `governance.abuse_scores`.
"""

from typing import TYPE_CHECKING

from plg_orchestration.charts.theme import BAD, GRID, HEIGHT, SKY, WIDTH, finished, no_data

if TYPE_CHECKING:
    import pandas as pd

    from plg_orchestration.charts.theme import Chart

MOST_WEEKS = 26
BINS = 40


def suspects_by_rule(rows: "pd.DataFrame", *, reason: str = "") -> "Chart":
    """How many people each rule suspects, by the week of their signup; a person whom two rules suspect stands in both lines.

    `rows`: week, rule, people.
    """
    import altair as alt
    import pandas as pd

    title = "Suspected signups by rule and week"
    if not len(rows):
        return no_data(title, reason or "no rule suspects anybody")
    data = rows[["week", "rule", "people"]].assign(
        week=pd.to_datetime(rows["week"]), rule=rows["rule"].str.replace("_", " "), people=rows["people"].astype(int)
    )
    last = data["week"].max()
    first = max(data["week"].min() - pd.Timedelta(weeks=2), last - pd.Timedelta(weeks=MOST_WEEKS))
    weeks = [week.strftime("%d %b") for week in pd.date_range(first, last + pd.Timedelta(weeks=2), freq="7D")]
    data = data[data["week"] >= first]
    data = data.assign(label=data["week"].dt.strftime("%d %b"))[["label", "rule", "people"]]
    order = list(data.groupby("rule")["people"].sum().sort_values(ascending=False, kind="stable").index)
    axis = alt.Axis(labelAngle=0 if len(weeks) <= 8 else -45, domain=True)
    x = alt.X("label:O", title="week of the signup, by its Monday", sort=weeks, scale=alt.Scale(domain=weeks), axis=axis)
    y = alt.Y("rule:N", title=None, sort=order, axis=alt.Axis(grid=True, gridColor=GRID))
    size = alt.Size("people:Q", legend=None, scale=alt.Scale(range=[160, 900], zero=True))
    base = alt.Chart(data).encode(x=x, y=y)
    dots = base.mark_circle(color=BAD, opacity=0.85).encode(size=size)
    numbers = base.mark_text(color="white", fontSize=11, fontWeight=600).encode(text="people:Q")
    chart = (dots + numbers).properties(width=WIDTH, height=42 * len(order) + 10)
    return finished(chart, title, "People in each circle; whoever breaks several rules stands in each of their lines.")


def odd_behavior(rows: "pd.DataFrame", *, reason: str = "") -> "Chart":
    """The anomaly scores of recent signups: how they are spread, and where those lie whom a rule suspects.

    `rows`: score, by_rules, as in `governance.abuse_scores` for one day.
    """
    import altair as alt
    import numpy as np
    import pandas as pd

    title = "How odd the first days of recent signups are"
    if not len(rows):
        return no_data(title, reason or "nobody was scored")
    score, suspected = rows["score"].to_numpy(dtype=float), rows["by_rules"].to_numpy(dtype=bool)
    edges = np.linspace(float(score.min()), max(float(score.max()), float(score.min()) + 1e-6), BINS + 1)
    parts = {"nobody suspects them": score[~suspected], "a rule suspects them": score[suspected]}
    made = [
        pd.DataFrame({
            "low": edges[:-1], "high": edges[1:], "who": who,
            "share": 100 * np.histogram(values, bins=edges)[0] / max(len(values), 1),
        })
        for who, values in parts.items() if len(values)
    ]  # fmt: skip
    data = pd.concat(made, ignore_index=True)
    data = data[data["share"] > 0]
    scale = alt.Scale(domain=list(parts), range=[SKY, BAD])
    bars = alt.Chart(data).mark_rect(opacity=0.6).encode(
        x=alt.X("low:Q", title="anomaly score (right is odder)", scale=alt.Scale(zero=False), axis=alt.Axis(format=".2f")),
        x2="high:Q", y=alt.Y("share:Q", title="percent of each group"), y2=alt.datum(0),
        color=alt.Color("who:N", scale=scale),
    )  # fmt: skip
    chart = bars.properties(width=WIDTH, height=HEIGHT)
    said = f"{len(score):,} people scored".replace(",", " ")
    if suspected.any():
        typical = float((score[~suspected] <= np.median(score[suspected])).mean()) if (~suspected).any() else 0.0
        said += f"; the middle suspect is odder than {100 * typical:.0f} % of the others"
    return finished(chart, title, f"{said}. The model suspects nobody by itself.")
