"""Charts of the viral loop: the projection by both forms, k by age, and the sensitivity to the invite conversion.

The figures come from the tables of the same names; nothing is computed here but labels.
"""

from typing import TYPE_CHECKING

from plg_orchestration.charts.theme import ACCENT, HEIGHT, INK, NEUTRAL, SAND, WIDTH, finished, no_data

if TYPE_CHECKING:
    import pandas as pd

    from plg_orchestration.charts.theme import Chart

FORMS = {"published": "published form", "one_round": "one round of invites"}


def viral_projection(rows: "pd.DataFrame", *, reason: str = "") -> "Chart":
    """Users month by month by the published form and with one round of invites, with the band of k's interval.

    `rows`: scenario, form, month, k, cumulative_users, as in `cohorts.viral_projection` for one day. The workspace's own k is
    drawn, or the published example when none was measured.
    """
    import altair as alt

    title = "Users that the invites would bring"
    own = "workspace" if len(rows) and (rows["scenario"] == "workspace").any() else "published_example"
    lines = rows[rows["scenario"] == own] if len(rows) else rows
    lines = lines[lines["cumulative_users"] > 0] if len(lines) else lines
    if not len(lines):
        return no_data(title, reason or "nobody signed up lately, and no example is configured")
    lines = lines[["form", "month", "cumulative_users"]].assign(form=lines["form"].map(FORMS))
    band = _ends(rows)
    low, high = float(lines["cumulative_users"].min()), float(max([*lines["cumulative_users"], *band["high"]]))
    x = alt.X("month:Q", title="month", axis=alt.Axis(tickMinStep=1, format="d"), scale=alt.Scale(nice=False))
    scale = alt.Scale(type="log", domain=[low * 0.9, high * 1.1], nice=False)
    y = alt.Y("cumulative_users:Q", title="users, log scale", scale=scale, axis=alt.Axis(format="~s", tickCount=5, grid=False))
    color = alt.Color("form:N", scale=alt.Scale(domain=list(FORMS.values()), range=[SAND, ACCENT]))
    layers: list[alt.Chart] = []
    if len(band):
        area = alt.Chart(band).mark_area(fillOpacity=0.18, opacity=1)
        layers.append(area.encode(x=x, y=alt.Y("low:Q", scale=scale, title="users, log scale"), y2="high:Q", color=color))
    drawn = alt.Chart(lines).mark_line(strokeWidth=2, point=alt.OverlayMarkDef(size=26)).encode(x=x, y=y, color=color)
    chart = alt.layer(*layers, drawn).properties(width=WIDTH, height=HEIGHT)
    return finished(chart, title, _projection_said(rows, own))


def k_by_age(rows: "pd.DataFrame", *, reason: str = "") -> "Chart":
    """Activated invitees that a member brings in each month of age, with 95 % intervals; ages not yet reached are left out.

    `rows`: measure, cohort_by, cohort, value, ci_low, ci_high, n, as in `cohorts.viral_loop` for one day.
    """
    import altair as alt

    title = "k by months since the inviter signed up"
    shown = rows[(rows["measure"] == "k_per_member") & (rows["cohort_by"] == "age_months")] if len(rows) else rows
    shown = shown[shown["value"].notna()] if len(shown) else shown
    if not len(shown):
        return no_data(title, reason or "nobody has been a member for a month and its wait")
    data = shown[["value", "ci_low", "ci_high", "n"]].astype(float).assign(
        age=shown["cohort"].astype(int) + 1, label=[f"{value:.3f}" if value >= 0.0005 else "0" for value in shown["value"]]
    )  # fmt: skip
    data["top"] = data["ci_high"].fillna(data["value"])
    x = alt.X("age:O", title="month since signup", axis=alt.Axis(labelAngle=0))
    base = alt.Chart(data)
    axis = alt.Axis(tickCount=5, format="~g")
    bars = base.mark_bar(color=ACCENT, opacity=0.75, size=min(26, 300 // len(data))).encode(
        x=x, y=alt.Y("value:Q", title="activated invitees per member", axis=axis)
    )
    ends = base.mark_rule(color=INK, strokeWidth=1.2).encode(x=x, y="ci_low:Q", y2="ci_high:Q")
    labels = base.mark_text(dy=-7, fontSize=10, color=INK).encode(x=x, y="top:Q", text="label:N")
    said = "Members whose month is over, with the wait for its invites; lines are 95 % intervals. "
    said += "A k that falls with age says that networks fill."
    return finished((bars + ends + labels).properties(width=WIDTH, height=HEIGHT), title, said)


def viral_sensitivity(rows: "pd.DataFrame", *, reason: str = "") -> "Chart":
    """Growth of the months by invite conversion: by the published form, with one round of invites, and as it was printed.

    `rows`: invite_conversion, k, months, published_multiplier, one_round_multiplier, printed_arr_multiplier, as in
    `cohorts.viral_sensitivity` for one day.
    """
    import altair as alt

    title = "Growth by share of invites accepted"
    if not len(rows) or rows["published_multiplier"].isna().all():
        return no_data(title, reason or "no conversion to try is configured")
    names = {
        "published_multiplier": "published form", "one_round_multiplier": "one round of invites",
        "printed_arr_multiplier": "as printed (ARR)",
    }  # fmt: skip
    ordered = rows.sort_values("invite_conversion")
    labels = [f"{100 * share:.0f} % (k {k:.2f})" for share, k in zip(ordered["invite_conversion"], ordered["k"], strict=True)]
    long = ordered.assign(tried=labels)[["tried", *names]].melt("tried", var_name="form", value_name="multiplier")
    long = long[long["multiplier"].notna() & (long["multiplier"].fillna(0) > 0)]
    texts = [f"{value:,.0f}×" if value >= 20 else f"{value:.1f}×" for value in long["multiplier"]]
    long = long.assign(form=long["form"].map(names), text=texts)
    color = alt.Color("form:N", scale=alt.Scale(domain=list(names.values()), range=[SAND, ACCENT, NEUTRAL]))
    x = alt.X("tried:O", sort=labels, title="share of invites accepted", axis=alt.Axis(labelAngle=0))
    offset = alt.XOffset("form:N", sort=list(names.values()))
    scale = alt.Scale(type="log", domain=[1, float(long["multiplier"].max()) * 2], nice=False)
    axis = alt.Axis(format="~s", tickCount=5, grid=False)
    y = alt.Y("multiplier:Q", title="users at the end / at the start, log scale", scale=scale, axis=axis)
    base = alt.Chart(long)
    bars = base.mark_bar().encode(x=x, xOffset=offset, y=y, y2=alt.datum(1), color=color)
    figures = base.mark_text(dy=-6, fontSize=9.5, color=INK).encode(x=x, xOffset=offset, y=y, text="text:N")
    said = f"After {int(ordered['months'].iloc[0])} months. The printed multipliers do not follow from the published formula."
    return finished((bars + figures).properties(width=WIDTH + 60, height=HEIGHT), title, said)


def _ends(rows: "pd.DataFrame") -> "pd.DataFrame":
    """The band between the projections of the interval's ends, by form and month."""
    ends = rows[rows["scenario"].isin(["workspace_low", "workspace_high"])]
    wide = ends.pivot(index=["form", "month"], columns="scenario", values="cumulative_users").reset_index()
    if not {"workspace_low", "workspace_high"} <= set(wide.columns):
        return wide.iloc[:0].assign(low=[], high=[])
    named = wide.rename(columns={"workspace_low": "low", "workspace_high": "high"})
    return named[named["low"] > 0].assign(form=named["form"].map(FORMS))


def _projection_said(rows: "pd.DataFrame", own: str) -> str:
    ks = rows.groupby("scenario")["k"].first()
    if own == "published_example":
        return f"The published example, k = {ks[own]:.2f}. The published form lets everybody invite again each month."
    ends = [ks.get("workspace_low"), ks.get("workspace_high")]
    interval = f" ({ends[0]:.2f} to {ends[1]:.2f})" if None not in ends else ""
    said = f"From the signups of 30 days, k = {ks[own]:.2f}{interval}."
    return f"{said} The published form lets everybody invite again each month."
