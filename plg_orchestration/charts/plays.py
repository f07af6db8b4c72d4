"""Charts of success plays: what runs, by play, channel and arm, and what plays did against those drawn to be shown nothing."""

import math
from typing import TYPE_CHECKING

from plg_orchestration.charts.theme import (
    ACCENT,
    BAD,
    GOOD,
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

SHOWN = {"in app": ACCENT, "email": SKY, "agent": TEAL, "human": SAND, "held out": NEUTRAL}
VERDICTS = {"better": GOOD, "worse": BAD, "no_difference": INK, "too_little_data": MUTED}
ARMS = {"play": ACCENT, "holdout": NEUTRAL}


def plays_by_kind(rows: "pd.DataFrame", *, reason: str = "") -> "Chart":
    """How many plays run, by play and channel; those held out apart. At the right: all that run, and how many queue.

    `rows`: play, channel, holdout, status and priority, as in `cohorts.plays` of one day.
    """
    import altair as alt

    title = "Success plays that run"
    live = rows[rows["status"] == "live"] if len(rows) else rows
    if not len(live):
        return no_data(title, reason or "nobody is due for a play")
    shown = live.assign(shown=live["channel"].str.replace("_", " ").where(~live["holdout"].astype(bool), "held out"))
    counted = shown.groupby(["play", "shown"])["priority"].count().rename("plays").reset_index()
    counted["rank"] = counted["shown"].map({name: rank for rank, name in enumerate(SHOWN)})
    totals = counted.groupby("play")["plays"].sum().reset_index()
    queued = rows[rows["status"] == "queued"].groupby("play").size()
    totals["label"] = [
        f"{total:,}" + (f" (+ {queued[play]:,} queue)" if play in queued.index else "")
        for play, total in zip(totals["play"], totals["plays"], strict=True)
    ]
    present = [name for name in SHOWN if name in set(counted["shown"])]
    order = list(rows[rows["play"].isin(totals["play"])].groupby("play")["priority"].min().sort_values(kind="stable").index)
    for frame in (counted, totals):
        frame["play"] = frame["play"].str.replace("_", " ")
    y = alt.Y("play:N", title=None, sort=[name.replace("_", " ") for name in order], axis=alt.Axis(labelLimit=200))
    room = alt.Scale(domainMax=1.3 * float(totals["plays"].max()))
    x = alt.X("plays:Q", title="plays", axis=alt.Axis(tickCount=5, grid=True), scale=room)
    color = alt.Color("shown:N", scale=alt.Scale(domain=present, range=[SHOWN[name] for name in present]))
    bars = alt.Chart(counted).mark_bar(size=15).encode(y=y, x=x, order="rank:Q", color=color)
    labels = alt.Chart(totals).mark_text(align="left", dx=5, color=INK, fontSize=11).encode(y=y, x="plays:Q", text="label:N")
    chart = (bars + labels).properties(width=WIDTH - 90, height=max(26 * len(totals), 60))
    return finished(chart, title, "By play, the first priority on top, and by channel; whoever is held out is shown nothing.")


def play_results(rows: "pd.DataFrame", *, reason: str = "") -> "Chart":
    """Each play's share of successes beside its holdout's, with 95 % intervals, the difference in points and the verdict.

    `rows`: play, cohort, arm, mature_n, rate, ci_low, ci_high, difference, difference_low, difference_high and verdict, as in
    `cohorts.play_results` of one day; those of all weeks are drawn.
    """
    import altair as alt

    title = "What plays did, against their holdout"
    known = rows[(rows["cohort"] == "all") & rows["rate"].notna()] if len(rows) else rows
    if not len(known):
        return no_data(title, reason or "no play is old enough to have a result")
    known = known.assign(name=known["play"].str.replace("_", " "))
    for column in ("rate", "ci_low", "ci_high"):
        known[column] = known[column].astype(float)
    verdicts = known[known["arm"] == "play"].copy()
    low, high = verdicts["difference_low"].astype(float), verdicts["difference_high"].astype(float)
    said = zip(verdicts["difference"].astype(float), low, high, verdicts["verdict"].astype(str), strict=True)
    verdicts["label"] = [_said(*figures) for figures in said]
    verdicts["x"] = 1.03
    y = alt.Y("name:N", title=None, sort="ascending", axis=alt.Axis(labelLimit=200))
    beside = alt.YOffset("arm:N", sort=list(ARMS), scale=alt.Scale(domain=list(ARMS), paddingOuter=0.6))
    colors = alt.Scale(domain=list(ARMS), range=list(ARMS.values()))
    x_axis = alt.Axis(format=".0%", values=[0, 0.25, 0.5, 0.75, 1], grid=True)
    x = alt.X("rate:Q", title="share that succeeded in time", axis=x_axis, scale=alt.Scale(domain=[0, 1.9], nice=False))
    columns = ["name", "arm", "rate", "ci_low", "ci_high"]
    base = alt.Chart(known[columns])
    bars = base.mark_rule(strokeWidth=2).encode(
        y=y, yOffset=beside, x=alt.X("ci_low:Q", title=None), x2="ci_high:Q", color=alt.Color("arm:N", scale=colors, legend=None)
    )
    points = base.mark_point(filled=True, size=48, opacity=1).encode(
        y=y, yOffset=beside, x=x, color=alt.Color("arm:N", scale=colors)
    )
    words = alt.Chart(verdicts[["name", "x", "label", "verdict"]]).mark_text(align="left", fontSize=11).encode(
        y=y, x="x:Q", text="label:N",
        color=alt.Color("verdict:N", scale=alt.Scale(domain=list(VERDICTS), range=list(VERDICTS.values())), legend=None),
    )  # fmt: skip
    chart = (
        (bars + points + words)
        .resolve_scale(color="independent")
        .properties(width=WIDTH, height=max(38 * known["name"].nunique(), 76))
    )
    return finished(chart, title, "All weeks of entry whose days are over, by the arm drawn; bars are 95 % intervals.")


def _said(difference: float, low: float, high: float, verdict: str) -> str:
    words = verdict.replace("_", " ")
    if math.isnan(difference):
        return f"{words} (nobody held out)"
    return f"{100 * difference:+.0f} points ({100 * low:+.0f} to {100 * high:+.0f}): {words}"
