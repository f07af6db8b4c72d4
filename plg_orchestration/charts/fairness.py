"""Charts of fairness: what a mitigation costs, how the audits went over time, and how live leads fared by group."""

from typing import TYPE_CHECKING

from plg_orchestration.charts.theme import (
    ACCENT,
    BAD,
    HEIGHT,
    INK,
    MUTED,
    SAND,
    SKY,
    TEAL,
    VERDICT_COLORS,
    WIDTH,
    finished,
    no_data,
)

if TYPE_CHECKING:
    import pandas as pd

    from plg_orchestration.charts.theme import Chart

KINDS = {"challenger": ACCENT, "plain": INK, "variant": SKY, "bound": SAND}
"""Colors of the contestants: the one that became the challenger, the plain one, other variants, diagnostics."""


def mitigation_tradeoff(rows: "pd.DataFrame", *, reason: str = "") -> "Chart":
    """Lift at capacity against disparity, a dot for each contestant with the interval of its lift; the limit is dashed.

    `rows`: variant, kind, lift, lift_low, lift_high, disparity (a multiple of its limit), chosen, as in `pql.mitigation`.
    """
    import altair as alt
    import pandas as pd

    title = "What fairness costs: lift against disparity"
    known = rows[rows["lift"].notna() & rows["disparity"].notna()] if len(rows) else rows
    if not len(known):
        return no_data(title, reason or "no protected contrast could be formed")
    data = known[["variant", "kind", "lift", "lift_low", "lift_high", "disparity", "chosen"]].copy()
    for name in ("lift", "lift_low", "lift_high", "disparity"):
        data[name] = data[name].astype(float)
    data["who"] = data["kind"].where(~data["chosen"].astype(bool), "challenger")
    data = data.sort_values(["disparity", "variant"], kind="stable", ignore_index=True)
    data["number"] = [str(place) for place in range(1, len(data) + 1)]
    data["name"] = data["number"] + "  " + data["variant"].str.replace("_", " ")
    right, top = max(1.3, float(data["disparity"].max()) * 1.1), float(data[["lift", "lift_high"]].max().max()) * 1.08
    scale = alt.Scale(domain=[0, right], nice=False, type="sqrt")
    ticks = [tick for tick in (0, 0.5, 1, 2, 4, 8, 16) if tick <= right]
    axis = alt.Axis(values=ticks, format="~g")
    x = alt.X("disparity:Q", title="largest protected gap, times its limit", scale=scale, axis=axis)
    y = alt.Y("lift:Q", title="lift at capacity", scale=alt.Scale(domain=[0, top], nice=False))
    shown = [kind for kind in KINDS if kind in set(data["who"])]
    color = alt.Color("who:N", scale=alt.Scale(domain=shown, range=[KINDS[kind] for kind in shown]))
    base = alt.Chart(data[["number", "name", "who", "lift", "lift_low", "lift_high", "disparity"]]).encode(color=color)
    spans = base.transform_filter("isValid(datum.lift_low)").mark_rule(strokeWidth=1.5, opacity=0.55)
    spans = spans.encode(x=x, y=alt.Y("lift_low:Q", title="lift at capacity"), y2="lift_high:Q")
    points = base.mark_circle(size=190, opacity=1).encode(x=x, y=y)
    numbers = base.mark_text(fontSize=10, fontWeight=600).encode(x=x, y=y, text="number:N", color=alt.value("white"))
    limit = alt.Chart(pd.DataFrame({"at": [1.0]})).mark_rule(color=MUTED, strokeDash=[4, 3]).encode(x=alt.X("at:Q", scale=scale))
    drawn = (limit + spans + points + numbers).properties(width=WIDTH - 150, height=HEIGHT + 40)
    order = list(data["name"])
    key = base.mark_text(align="left", fontSize=11).encode(
        y=alt.Y("name:N", sort=order, axis=None), x=alt.value(0), text="name:N"
    )
    chart = alt.hconcat(drawn, key.properties(width=150, height=17 * len(data)), spacing=14)
    return finished(chart, title, "Test rows; left of the dashed line every gap is within its limit. Bounds are diagnostics.")


GROUPS = (ACCENT, TEAL, SAND, SKY, BAD, INK)
"""Colors of groups in their order; with more groups they repeat."""
TRAININGS = 30
"""So many newest trainings are drawn."""
OUTCOMES = {
    "accepted": "accepted by sales", "held_back": "held back", "left_alone": "left alone", "sla_breached": "contacted late",
}  # fmt: skip


def bias_history(rows: "pd.DataFrame", *, limit: float = 0.10, reason: str = "") -> "Chart":
    """Difference in a rate of each group against the rest from training to training, with its interval; the limits are dashed.

    `rows`: as_of (the training), version, attribute, grp, metric, difference, ci_low, ci_high. One metric is drawn: the
    selection rate where it is among them.
    """
    import altair as alt
    import pandas as pd

    title = "Groups against the rest, from training to training"
    known = rows[rows["difference"].notna()] if len(rows) else rows
    if not len(known):
        return no_data(title, reason or "no training was audited")
    metrics = set(known["metric"])
    metric = "selection_rate" if "selection_rate" in metrics else sorted(metrics)[0]
    data = known[known["metric"] == metric].copy()
    data["group"] = data["attribute"].astype(str) + ": " + data["grp"].astype(str)
    data["day"] = pd.to_datetime(data["as_of"]).dt.strftime("%Y-%m-%d")
    data[["difference", "ci_low", "ci_high"]] = data[["difference", "ci_low", "ci_high"]].astype(float)
    days = sorted(set(data["day"]))[-TRAININGS:]
    data = data[data["day"].isin(days)]
    names = sorted(set(data["group"]))
    reach = max(limit * 1.3, float(data[["difference", "ci_low", "ci_high"]].abs().max().max()) * 1.05)
    colors = [GROUPS[place % len(GROUPS)] for place in range(len(names))]
    labels = alt.Axis(values=days[:: max(len(days) // 5, 1)], labelAngle=-30 if len(days) > 4 else 0)
    x = alt.X("day:O", title="training", axis=labels)
    scale, axis = alt.Scale(domain=[-reach, reach]), alt.Axis(format="+.0%", tickCount=5)
    y = alt.Y("difference:Q", title="difference", scale=scale, axis=axis)
    kept = data[["day", "group", "difference", "ci_low", "ci_high"]]
    base = alt.Chart(kept).encode(
        x=x,
        color=alt.Color("group:N", scale=alt.Scale(domain=names, range=colors)),
        xOffset=alt.XOffset("group:N", scale=alt.Scale(domain=names)),
    )
    spans = base.mark_rule(strokeWidth=1.5, opacity=0.6).encode(y=alt.Y("ci_low:Q", title="difference"), y2="ci_high:Q")
    points = base.mark_circle(size=40, opacity=1).encode(y=y)
    marks = pd.DataFrame({"at": [-limit, limit]})
    limits = alt.Chart(marks).mark_rule(color=MUTED, strokeDash=[4, 3]).encode(y=alt.Y("at:Q", scale=scale))
    zero = alt.Chart(pd.DataFrame({"at": [0.0]})).mark_rule(color=INK, strokeWidth=0.8).encode(y=alt.Y("at:Q", scale=scale))
    chart = (limits + zero + spans + points).properties(width=WIDTH, height=HEIGHT + 20)
    words = f"{metric.replace('_', ' ').capitalize()}, dots with 95 % intervals; dashed: the limit of {100 * limit:.0f} points."
    return finished(chart, title, words)


def routing_outcomes(rows: "pd.DataFrame", *, reason: str = "") -> "Chart":
    """How the leads of a group fared against everybody else's: a dot for the group, a tick for the rest, by outcome.

    `rows`: period (window or scan), first_on, last_on, grp, metric, n, value_group, value_rest (shares), verdict.
    """
    import altair as alt
    import pandas as pd

    title = "How teams treat the leads of a group"
    known = rows[rows["value_group"].notna() & rows["verdict"].notna()] if len(rows) else rows
    if not len(known):
        return no_data(title, reason or "no group has enough leads yet")
    data = known[["period", "first_on", "last_on", "grp", "metric", "n", "value_group", "value_rest", "verdict"]].copy()
    spans = zip(data["period"], pd.to_datetime(data["first_on"]), pd.to_datetime(data["last_on"]), strict=True)
    when = [f", {first:%d %b} to {last:%d %b}" if period == "scan" else "" for period, first, last in spans]
    data["name"] = [f"{OUTCOMES.get(m, m)}: {g}{w}" for m, g, w in zip(data["metric"], data["grp"], when, strict=True)]
    data[["value_group", "value_rest"]] = data[["value_group", "value_rest"]].astype(float)
    data = data[["name", "value_group", "value_rest", "verdict"]]
    verdicts = [verdict for verdict in VERDICT_COLORS if verdict in set(data["verdict"])]
    color = alt.Color("verdict:N", scale=alt.Scale(domain=verdicts, range=[VERDICT_COLORS[v] for v in verdicts]))
    scale, axis = alt.Scale(domain=[0, 1]), alt.Axis(format="~%", tickCount=5)
    base = alt.Chart(data).encode(y=alt.Y("name:N", title=None, sort=None, axis=alt.Axis(labelLimit=260)))
    gaps = base.mark_rule(strokeWidth=1.5, opacity=0.6).encode(
        x=alt.X("value_group:Q", title="share of leads", scale=scale, axis=axis), x2="value_rest:Q", color=color
    )
    rest = base.mark_tick(color=MUTED, thickness=2, size=14).encode(x=alt.X("value_rest:Q", scale=scale, axis=axis))
    own = base.mark_circle(size=60, opacity=1).encode(x=alt.X("value_group:Q", scale=scale, axis=axis), color=color)
    chart = (gaps + rest + own).properties(width=WIDTH - 160, height=20 * len(data))
    return finished(chart, title, "Dots: the group; ticks: everybody else's leads. Groups that are too small are not shown.")
