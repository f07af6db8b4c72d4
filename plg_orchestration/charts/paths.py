"""Charts of what goes before staying, leaving and paying: the golden path, friction, gates, and features beside conversion."""

import itertools
import math
from typing import TYPE_CHECKING, Any

from plg_orchestration.charts.theme import ACCENT, BAD, INK, MUTED, NEUTRAL, SAND, WIDTH, finished, no_data

if TYPE_CHECKING:
    import pandas as pd

    from plg_orchestration.charts.theme import Chart

STEP = 44
ROW = 30
WORST = 3
LABELS = 220
STAYED, LEFT = "stayed", "did not"


def golden_path(rows: "pd.DataFrame", *, reason: str = "") -> "Chart":
    """The path as a graph: a node a step at the share of those who stayed, an edge a transition, beside the share of the others.

    `rows`: kind, from_step, to_step, position, stayers_share, others_share, median_hours, on_path, reason, as in
    `cohorts.golden_path` for one day.
    """
    import altair as alt

    title = "Golden path"
    steps = rows[(rows["kind"] == "step") & rows["on_path"].astype(bool)] if len(rows) else rows
    if not len(steps):
        told = rows[rows["kind"] == "path"]["reason"].dropna() if len(rows) else rows
        return no_data(title, reason or (str(told.iloc[0]) if len(told) else "no users are known for long enough"))
    steps = steps.sort_values("position")
    edges = rows[(rows["kind"] == "transition") & rows["on_path"].astype(bool)].set_index(["from_step", "to_step"])
    names = [f"{name}\u2002{_time(hours)}" for name, hours in zip(steps["to_step"], steps["median_hours"], strict=True)]
    nodes = steps.assign(name=names, low=steps["others_share"].astype(float), share=steps["stayers_share"].astype(float))
    nodes["label"] = [f"{100 * share:.0f} %" for share in nodes["share"]]
    nodes["other"] = [f"{100 * share:.0f} %" for share in nodes["low"]]
    frame = nodes[["name", "position", "low", "share", "label", "other"]].astype({"position": "int64"})
    y = alt.Y("position:Q", title=None, axis=None, scale=alt.Scale(domain=[0.5, len(frame) + 0.5], reverse=True))
    x = alt.X(
        "share:Q", title="share that took the step", axis=alt.Axis(format=".0%", tickCount=5), scale=alt.Scale(domain=[0, 1])
    )
    base = alt.Chart(frame).encode(y=y)
    gap = base.mark_rule(color=NEUTRAL, strokeWidth=1.2, strokeDash=[3, 3]).encode(x=x, x2="low:Q")
    line = base.mark_line(color=ACCENT, strokeWidth=2).encode(x=x, order="position:Q")
    left = base.mark_point(color=NEUTRAL, filled=True, size=70, opacity=1).encode(x=alt.X("low:Q"))
    stayed = base.mark_point(color=ACCENT, filled=True, size=150, opacity=1).encode(x=x)
    said = base.mark_text(align="left", dx=10, fontSize=11, color=INK).encode(x=x, text="label:N")
    other = base.mark_text(align="right", dx=-8, fontSize=11, color=MUTED).encode(x=alt.X("low:Q"), text="other:N")
    label = base.mark_text(align="left", fontSize=11.5, color=INK, baseline="bottom", dy=-9, x=0).encode(text="name:N")
    layers = [gap, line, left, stayed, said, other, label]
    between = _edges(steps, edges)
    if between:
        marks = alt.Chart(alt.Data(values=between)).encode(y=alt.Y("position:Q"), x=alt.X("share:Q"))
        layers.append(marks.mark_text(align="left", dx=10, fontSize=10, color=MUTED).encode(text="label:N"))
    chart = alt.layer(*layers).properties(width=WIDTH, height=STEP * len(frame))
    said_below = (
        "Steps in the order of their median time (beside the name), of users who activated and stayed (blue) against the "
    )
    return finished(
        chart, title, f"{said_below}others (gray); on the line: stayed and went straight on. An association, not a cause."
    )


def friction_points(rows: "pd.DataFrame", *, reason: str = "") -> "Chart":
    """Users lost at each onboarding step and before activation; the three worst by lost × effect stand out.

    `rows`: step, name, lost, reached, effect, rank, as in `cohorts.friction` for one day.
    """
    import altair as alt

    title = "Friction on the way to activation"
    if not len(rows) or not rows["reached"].sum():
        return no_data(title, reason or "no new user's window is over, or no event is an onboarding step")
    data = rows.sort_values("step").copy()
    data["worst"] = [f"worst {WORST}" if worst else "other" for worst in data["rank"].fillna(WORST + 1) <= WORST]
    data["label"] = [
        f"{lost:,.0f} of {reached:,.0f}"
        + ("" if math.isnan(effect) or name == "activation" else f", effect {100 * effect:+.0f} points")
        for lost, reached, effect, name in zip(
            data["lost"], data["reached"], data["effect"].astype(float), data["name"], strict=True
        )
    ]
    frame = data[["step", "name", "lost", "worst", "label"]]
    axis = alt.Axis(labelLimit=LABELS, labelColor=INK)
    most = 1.8 * max(float(frame["lost"].max()), 1.0)
    base = alt.Chart(frame).encode(
        y=alt.Y("name:N", sort=list(frame["name"]), title=None, axis=axis),
        x=alt.X("lost:Q", title="users lost", axis=alt.Axis(format="~s", tickCount=5), scale=alt.Scale(domain=[0, most])),
    )
    colors = alt.Scale(domain=[f"worst {WORST}", "other"], range=[BAD, NEUTRAL])
    bars = base.mark_bar(size=16).encode(color=alt.Color("worst:N", scale=colors))
    text = base.mark_text(align="left", dx=5, fontSize=11, color=INK).encode(text="label:N")
    below = (
        "Users who came to the step, neither completed it nor activated in time. Effect: share that activates with the step less "
    )
    return finished(
        (bars + text).properties(width=WIDTH - 80, height=ROW * len(frame)), title,
        f"{below}without it (activation: 100 points). Worst by users lost × effect. Observational.",
    )  # fmt: skip


def gate_rates(rows: "pd.DataFrame", *, reason: str = "") -> "Chart":
    """Shares that upgrade after a limit, the price or a prompt, and that activate after guidance, with intervals and baselines.

    `rows`: kind, item, bucket, window_days, mature_exposed, rate, ci_low, ci_high, baseline_rate, as in `cohorts.gates` for one
    day; of each the longest window that has a rate.
    """
    import altair as alt

    title = "Gates, prompts and guidance"
    kinds = {"gate": "limit", "pricing": "pricing viewed", "nudge": "prompt", "guidance": "tour"}
    whole = rows[rows["rate"].notna() & rows["bucket"].isin(["all", "shown to goal"])] if len(rows) else rows
    if not len(whole):
        return no_data(title, reason or "too few exposures have their whole window behind them")
    newest = whole.sort_values("window_days").groupby(["kind", "item"], as_index=False).last()
    panels: list[Any] = []
    for goal, names in (("upgrade", ["gate", "pricing", "nudge"]), ("activation", ["guidance"])):
        part = newest[newest["kind"].isin(names)].copy()
        if not len(part):
            continue
        part["place"] = part["kind"].map({kind: place for place, kind in enumerate(kinds)})
        part = part.sort_values(["place", "item"])
        part["name"] = [
            f"{kinds[kind]}{'' if kind == 'pricing' else f': {item}'}\u2002{days:.0f} d, n = {n:,.0f}"
            for kind, item, days, n in zip(part["kind"], part["item"], part["window_days"], part["mature_exposed"], strict=True)
        ]
        panels.append(_rates(part, f"share with {goal}"))
    chart = alt.vconcat(*panels, spacing=14) if len(panels) > 1 else panels[0]
    below = "First exposures whose window (in days) is over; lines are 95 % intervals, the yellow mark is the baseline: "
    return finished(chart, title, f"{below}active free users who had not met it, or new users without guidance. Observational.")


def conversion_associations(rows: "pd.DataFrame", *, reason: str = "") -> "Chart":
    """Odds of conversion with a feature against without it, with intervals, on a logarithmic axis; found ones stand out.

    `rows`: feature, unit, odds_ratio, ci_low, ci_high, found, as in `cohorts.conversion_associations` for one day.
    """
    import altair as alt

    title = "Features that go with conversion"
    known = rows[rows["odds_ratio"].notna()].sort_values("odds_ratio", ascending=False) if len(rows) else rows
    if not len(known):
        told = rows["reason"].dropna() if len(rows) else rows
        return no_data(title, reason or (str(told.iloc[0]) if len(told) else "no free account used a core feature"))
    several = known["unit"].nunique() > 1
    names = [f"{feature} ({unit})" if several else feature for feature, unit in zip(known["feature"], known["unit"], strict=True)]
    frame = known[["odds_ratio", "ci_low", "ci_high"]].astype(float).assign(
        name=names, what=["found" if found else "not told from chance" for found in known["found"]]
    )  # fmt: skip
    low, high = min(0.5, float(frame["ci_low"].min())), max(2.0, float(frame["ci_high"].max()))
    scale = alt.Scale(type="log", domain=[low, high], nice=False)
    x = alt.X(
        "odds_ratio:Q",
        title="odds ratio",
        scale=scale,
        axis=alt.Axis(values=[0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100], format="~g"),
    )
    colors = alt.Color("what:N", scale=alt.Scale(domain=["found", "not told from chance"], range=[ACCENT, NEUTRAL]))
    y = alt.Y("name:N", sort=names, title=None, axis=alt.Axis(labelLimit=LABELS, labelColor=INK))
    base = alt.Chart(frame).encode(y=y, color=colors)
    spans = base.mark_rule(strokeWidth=2).encode(x=alt.X("ci_low:Q", scale=scale, title="odds ratio"), x2="ci_high:Q")
    points = base.mark_point(filled=True, size=70, opacity=1).encode(x=x)
    one = alt.Chart(alt.Data(values=[{}])).mark_rule(color=MUTED, strokeDash=[4, 3]).encode(x=alt.datum(1, scale=scale))
    below = "Odds of converting for free accounts that used the feature against those that did not, within segment and tenure; "
    return finished(
        (one + spans + points).properties(width=WIDTH - 80, height=ROW * len(frame)), title,
        f"{below}lines are 95 % intervals. An association, not a cause.",
    )  # fmt: skip


def _edges(steps: "pd.DataFrame", edges: "pd.DataFrame") -> list[dict[str, object]]:
    """The transitions between neighbors of the path, half-way between them."""
    made: list[dict[str, object]] = []
    listed = list(zip(steps["to_step"], steps["stayers_share"].astype(float), strict=True))
    shares = {key: float(share) for key, share in zip(edges.index, edges["stayers_share"].astype(float), strict=True)}
    for place, ((came, first), (to, second)) in enumerate(itertools.pairwise(listed), start=1):
        if (came, to) in shares:
            label = f"{100 * shares[came, to]:.0f} % straight on"
            made.append({"position": place + 0.5, "share": (first + second) / 2, "label": label})
    return made


def _rates(part: "pd.DataFrame", heading: str) -> Any:
    import altair as alt

    frame = part[["rate", "ci_low", "ci_high", "baseline_rate"]].astype(float).assign(name=list(part["name"]))
    axis = alt.Axis(labelLimit=LABELS, labelColor=INK)
    base = alt.Chart(frame).encode(y=alt.Y("name:N", sort=list(frame["name"]), title=None, axis=axis))
    x = alt.X("rate:Q", title=heading, axis=alt.Axis(format=".0%", tickCount=5), scale=alt.Scale(zero=True))
    bars = base.mark_bar(size=14, color=ACCENT, opacity=0.8).encode(x=x)
    spans = base.mark_rule(color=INK, strokeWidth=1.5).encode(x=alt.X("ci_low:Q"), x2="ci_high:Q")
    known = base.transform_filter("isValid(datum.baseline_rate)")
    marks = known.mark_tick(color=SAND, thickness=3, size=20).encode(x=alt.X("baseline_rate:Q"))
    return alt.layer(bars, spans, marks).properties(width=WIDTH - 120, height=ROW * len(frame))


def _time(hours: float) -> str:
    if hours < 1:
        return f"{max(round(60 * hours), 1)} min"
    return f"{round(hours)} h" if hours < 48 else f"{round(hours / 24)} d"
