"""Charts of activation: the score by age, its weights, and the weeks that differ."""

from typing import TYPE_CHECKING

from plg_orchestration.charts.theme import (
    ACCENT,
    BAD,
    GOOD,
    HEIGHT,
    INK,
    MUTED,
    NEUTRAL,
    SAND,
    SKY,
    TEAL,
    WIDTH,
    finished,
    no_data,
)

if TYPE_CHECKING:
    import pandas as pd

    from plg_orchestration.charts.theme import Chart

WEEKS = (NEUTRAL, SAND, SKY, ACCENT)
"""The colors of the newest signup weeks, the newest last."""
CELLS = 10
INPUTS = {"progress": "progress", "workflow": "core workflow", "collaboration": "collaboration"}


def activation_score_by_age(rows: "pd.DataFrame", *, reason: str = "") -> "Chart":
    """Median activation score by age, of the four newest signup weeks that have one, before the threshold.

    `rows`: cohort_week (date), age_days, median_score (null while no user is so old), threshold, as in
    `cohorts.activation_by_age`.
    """
    import altair as alt

    title = "Activation score by age"
    known = rows[rows["median_score"].notna()] if len(rows) else rows
    if not len(known):
        return no_data(title, reason or "no user's first day is over, or no input of the score can be shown")
    weeks = sorted(known["cohort_week"].unique())[-len(WEEKS) :]
    shown = known.loc[known["cohort_week"].isin(weeks), ["cohort_week", "age_days", "median_score"]].copy()
    shown["week"] = shown["cohort_week"].map(lambda week: f"{week:%d %b}")
    shown["median_score"] = shown["median_score"].astype(float)
    shown["age_days"] = shown["age_days"].astype(int)
    ages = sorted(int(age) for age in rows["age_days"].unique())
    named = [f"{week:%d %b}" for week in weeks]
    colors = alt.Scale(domain=named, range=list(WEEKS[-len(weeks) :]))
    base = alt.Chart(shown.drop(columns="cohort_week")).encode(
        x=alt.X("age_days:O", title="days after the signup's day", scale=alt.Scale(domain=ages), axis=alt.Axis(labelAngle=0)),
        y=alt.Y("median_score:Q", title="median score", scale=alt.Scale(domain=[0, 100]), axis=alt.Axis(tickCount=5)),
        color=alt.Color("week:N", scale=colors, sort=named),
    )
    lines = base.mark_line(strokeWidth=2, point=alt.OverlayMarkDef(size=30))
    threshold = float(known["threshold"].max())
    rule = alt.Chart(alt.Data(values=[{}])).mark_rule(color=TEAL, strokeDash=[4, 3]).encode(y=alt.datum(threshold))
    subtitle = f"Users by the week of their signup, whose day is over. The dashed line is the threshold of {threshold:g}."
    return finished((rule + lines).properties(width=WIDTH, height=HEIGHT), title, subtitle)


def activation_weights(rows: "pd.DataFrame", *, reason: str = "") -> "Chart":
    """The weights of the activation score: learned ones with their 95 % intervals beside the declared ones.

    `rows`: input, declared, learned, ci_low, ci_high, n, auc, reason, as in `cohorts.activation_weights`.
    """
    import altair as alt

    title = "Weights of the activation score"
    if not len(rows):
        return no_data(title, reason or "the weights of this day were not computed")
    known = rows[rows["learned"].notna()]
    said = "" if len(known) else f"Nothing was learned: {next(iter(rows['reason'].dropna()), 'no reason was given')}."
    if len(known):
        auc = float(known["auc"].iloc[0])
        said = f"Learned from {int(known['n'].iloc[0]):,} users' retention at day 30 (AUC {auc:.2f}); lines are 95 % intervals."
    shown = rows[["input", "declared", "learned", "ci_low", "ci_high"]].copy()
    shown["input"] = shown["input"].map(lambda name: INPUTS.get(str(name), str(name)))
    numbers = ["declared", "learned", "ci_low", "ci_high"]
    shown[numbers] = shown[numbers].astype(float)
    top = max(0.6, float(shown[numbers].max().max()))
    order = [INPUTS[name] for name in INPUTS]
    y = alt.Y("input:N", title=None, sort=order, axis=alt.Axis(labelLimit=160))
    scale, axis = alt.Scale(domain=[0, top]), alt.Axis(format=".0%", grid=True, tickCount=6)
    spans = alt.Chart(shown[shown["learned"].notna()]).encode(y=y)
    bars = spans.mark_rule(color=ACCENT, strokeWidth=2).encode(
        x=alt.X("ci_low:Q", title=None, scale=scale, axis=axis), x2="ci_high:Q"
    )
    points = shown.melt("input", ["declared", "learned"], var_name="kind", value_name="weight").dropna()
    kinds = alt.Scale(domain=["learned", "declared"], range=[ACCENT, SAND])
    marks = alt.Chart(points).mark_point(filled=True, size=80, opacity=1).encode(
        x=alt.X("weight:Q", title=None, scale=scale, axis=axis), y=y, color=alt.Color("kind:N", scale=kinds),
        shape=alt.Shape("kind:N", scale=alt.Scale(domain=["learned", "declared"], range=["circle", "diamond"])),
    )  # fmt: skip
    layers = (bars + marks) if len(known) else marks
    return finished(layers.properties(width=WIDTH - 60, height=38 * len(shown)), title, said)


def activation_shifts(rows: "pd.DataFrame", *, reason: str = "") -> "Chart":
    """The most striking weeks of a segment, channel, region or device: activation beside that of its other weeks.

    `rows`: dimension, dimension_value, cohort_week (date), mature, rate, rate_elsewhen, p, q, verdict, as in
    `cohorts.activation_shifts`.
    """
    import altair as alt

    title = "Weeks in which activation differed"
    tested = rows[rows["p"].notna()] if len(rows) else rows
    if not len(tested):
        return no_data(title, reason or "no week of any segment has enough mature signups")
    shown = tested.sort_values(["p", "dimension", "dimension_value", "cohort_week"], kind="stable").head(CELLS).copy()
    shown["cell"] = [
        f"{value} · {week:%d %b} (n {int(n)})"
        for value, week, n in zip(shown["dimension_value"], shown["cohort_week"], shown["mature"], strict=True)
    ]
    finding = {"fail": "fewer activated", "warn": "more activated", "pass": "no difference shown"}
    shown["finding"] = shown["verdict"].map(finding)
    shown[["rate", "rate_elsewhen"]] = shown[["rate", "rate_elsewhen"]].astype(float)
    shown = shown[["cell", "finding", "rate", "rate_elsewhen"]]
    y = alt.Y("cell:N", title=None, sort=list(shown["cell"]), axis=alt.Axis(labelLimit=230))
    axis = alt.Axis(format=".0%", grid=True, tickCount=5)
    x = alt.X("rate:Q", title=None, axis=axis, scale=alt.Scale(domainMin=0))
    named = [name for name in finding.values() if name in set(shown["finding"])]
    colors = {"fewer activated": BAD, "more activated": GOOD, "no difference shown": NEUTRAL}
    base = alt.Chart(shown).encode(y=y)
    gaps = base.mark_rule(color=MUTED).encode(x=x, x2="rate_elsewhen:Q")
    others = base.mark_tick(color=INK, thickness=2, size=14).encode(x="rate_elsewhen:Q")
    points = base.mark_circle(size=85, opacity=1).encode(
        x=x, color=alt.Color("finding:N", scale=alt.Scale(domain=named, range=[colors[name] for name in named]))
    )
    found = int((tested["verdict"] != "pass").sum())
    cells = "cell differs" if found == 1 else "cells differ"
    subtitle = f"Share activated within 7 days; the tick is the same value's other weeks. {found} of {len(tested)} {cells}."
    return finished((gaps + others + points).properties(width=WIDTH - 120, height=22 * len(shown)), title, subtitle)
