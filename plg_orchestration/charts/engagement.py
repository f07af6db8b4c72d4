"""Charts of engagement: who is new, returning, resurrected or dormant, and on how many days people are active.

How charts look is in `theme`; the retention heat map is in `growth`.
"""

from typing import TYPE_CHECKING

from plg_orchestration.charts.theme import (
    ACCENT,
    HEIGHT,
    INK,
    MUTED,
    NEUTRAL,
    SKY,
    TEAL,
    WIDTH,
    finished,
    no_data,
)

if TYPE_CHECKING:
    import pandas as pd

    from plg_orchestration.charts.theme import Chart

PERIODS = 12
STATUSES = {"returning": ACCENT, "resurrected": SKY, "new": TEAL, "dormant": NEUTRAL}
PLURAL = {"user": "users", "account": "accounts"}


def lifecycle_bars(rows: "pd.DataFrame", *, unit: str = "user", period: str = "week", reason: str = "") -> "Chart":
    """New, returning and resurrected units upward and dormant ones downward, in each of the newest 12 complete periods.

    `rows`: unit, period, period_start (date), status, users, complete, as in `cohorts.lifecycle`; rows of other units and periods
    are left out.
    """
    import altair as alt
    import pandas as pd

    title = f"Lifecycle of {PLURAL[unit]} by {period}"
    shown = rows[(rows["unit"] == unit) & (rows["period"] == period) & rows["complete"]].copy() if len(rows) else rows
    if not len(shown):
        return no_data(title, reason or f"no {period} is over yet")
    newest = sorted(shown["period_start"].unique())[-PERIODS:]
    shown = shown[shown["period_start"].isin(newest)]
    labels = {"day": "%d %b", "week": "%d %b", "month": "%b %Y"}
    written = pd.to_datetime(shown["period_start"]).dt.strftime(labels[period])
    order = list(dict.fromkeys(written[shown["period_start"].sort_values().index]))
    data = shown[["status"]].assign(
        start=written, users=shown["users"].astype(int), rank=shown["status"].map(list(STATUSES).index)
    )
    data["height"] = data["users"].where(data["status"] != "dormant", -data["users"])
    axis = alt.Axis(labelExpr="format(abs(datum.value), '~s')", tickCount=5)
    bars = alt.Chart(data).mark_bar(size=min(28, 260 // len(order))).encode(
        x=alt.X("start:O", title=None, sort=order, axis=alt.Axis(labelAngle=0 if len(order) < 8 else -45)),
        y=alt.Y("height:Q", title=PLURAL[unit], axis=axis), order="rank:Q",
        color=alt.Color("status:N", scale=alt.Scale(domain=list(STATUSES), range=list(STATUSES.values()))),
    )  # fmt: skip
    zero = alt.Chart(alt.Data(values=[{}])).mark_rule(color=MUTED).encode(y=alt.datum(0))
    said = f"Active {PLURAL[unit]} upward; downward those active in the {period} before and not in this one."
    return finished((bars + zero).properties(width=WIDTH, height=HEIGHT), title, said)


def stickiness_histogram(rows: "pd.DataFrame", *, unit: str = "user", period: str = "week", reason: str = "") -> "Chart":
    """Share of the active units by the number of days on which they were active, in the last complete period.

    A line across each bar is the mean of the earlier periods, where there are any. `rows`: unit, period, period_start (date),
    interval, active_intervals, units, share, as in `cohorts.stickiness`; those of `unit`, `period` and interval day are drawn.
    """
    import altair as alt

    title = f"Days active in a {period}"
    chosen = (rows["unit"] == unit) & (rows["period"] == period) & (rows["interval"] == "day") if len(rows) else None
    kept = rows if chosen is None else rows[chosen]
    if not len(kept):
        return no_data(title, reason or f"nobody was active in a complete {period}")
    last = kept["period_start"].max()
    newest = kept[kept["period_start"] == last]
    data = newest[["active_intervals", "share"]].astype({"active_intervals": int, "share": float})
    data["label"] = [f"{100 * share:.0f} %" if share else "" for share in data["share"]]
    x = alt.X("active_intervals:O", title="days active", axis=alt.Axis(labelAngle=0, labelOverlap=True))
    y = alt.Y("share:Q", title=None, axis=alt.Axis(format=".0%", tickCount=5))
    size = min(34, 300 // len(data))
    layers: list[alt.Chart] = [alt.Chart(data).mark_bar(color=ACCENT, size=size).encode(x=x, y=y)]
    data["top"] = data["share"]
    earlier = kept[kept["period_start"] < last]
    if len(earlier):
        means = earlier.astype({"share": float}).groupby("active_intervals", as_index=False)["share"].mean()
        layers.append(alt.Chart(means).mark_tick(color=INK, thickness=1.5, size=size + 6).encode(x=x, y=y))
        data["top"] = data["share"].clip(lower=data["active_intervals"].map(means.set_index("active_intervals")["share"]))
    if size > 20:
        layers.append(alt.Chart(data).mark_text(dy=-8, fontSize=10.5, color=INK).encode(x=x, y="top:Q", text="label:N"))
    total = int(newest["units"].sum())
    said = f"{total:,} {PLURAL[unit]} active in the {period} that began on {last:%Y-%m-%d}."
    before = earlier["period_start"].nunique()
    if before:
        said += f" Line: mean of {before} earlier {period}s." if before > 1 else f" Line: the {period} before."
    return finished(alt.layer(*layers).properties(width=WIDTH, height=HEIGHT), title, said)
