"""Charts of the events themselves: how many came, against what is usual.

What is usual is decided by the coverage's SQL; only the drawing stands here.
"""

from typing import TYPE_CHECKING

from plg_orchestration.charts.theme import ACCENT, BAD, INK, NEUTRAL, WIDTH, finished, no_data

if TYPE_CHECKING:
    import pandas as pd

    from plg_orchestration.charts.theme import Chart

EVENTS = 24
WIDEST = 3.0
"""The chart ends at so many times the usual number; what lies beyond stands at its edge."""


def event_volumes(rows: "pd.DataFrame", *, reason: str = "") -> "Chart":
    """The day's number of each event as a share of its usual number, before the band that is usual for it.

    `rows`: event, events, usual, usual_low, usual_high, volume, expected, seen, as in `ingest.coverage` for one day. Unusual
    events come first, then the most frequent ones; events that usually do not come at all are left out.
    """
    import altair as alt

    title = "Events of the day against their usual number"
    judged = rows[rows["usual"].notna() & (rows["usual"].fillna(0) >= 1)] if len(rows) else rows
    if not len(judged):
        return no_data(title, reason or "no event has three weeks of history yet")
    odd = judged["volume"] != "usual"
    shown = judged.assign(odd=odd).sort_values(["odd", "usual", "event"], ascending=[False, False, True]).head(EVENTS)
    usual = shown["usual"].astype(float)
    data = shown[["event", "volume", "events"]].assign(
        share=(shown["events"] / usual).clip(upper=WIDEST), low=shown["usual_low"] / usual,
        high=(shown["usual_high"] / usual).clip(upper=WIDEST), label=[f"{count:,}" for count in shown["events"]],
    )  # fmt: skip
    order = data["event"].tolist()
    y = alt.Y("event:N", sort=order, title=None, axis=alt.Axis(labelLimit=220))
    axis = alt.Axis(format=".0%", tickCount=6)
    x = alt.X("share:Q", title="share of the usual number", axis=axis, scale=alt.Scale(domain=[0, WIDEST]))
    base = alt.Chart(data)
    bands = base.mark_bar(color=NEUTRAL, opacity=0.28, height=9).encode(y=y, x=alt.X("low:Q", title=None), x2="high:Q")
    color = alt.Color(
        "volume:N", scale=alt.Scale(domain=["usual", "low", "high"], range=[ACCENT, BAD, BAD]), legend=None
    )  # fmt: skip
    points = base.mark_circle(size=52, opacity=1).encode(y=y, x=x, color=color)
    labels = base.mark_text(align="left", dx=7, fontSize=10, color=INK).encode(y=y, x=x, text="label:N")
    chart = (bands + points + labels).properties(width=WIDTH - 40, height=18 * len(data))
    return finished(chart, title, _said(rows, int(odd.sum())))


def _said(rows: "pd.DataFrame", odd: int) -> str:
    expected = rows[rows["expected"].astype(bool)]
    seen = int(expected["seen"].astype(bool).sum())
    said = f"{seen} of {len(expected)} expected events were seen lately. " if len(expected) else ""
    return said + f"{odd} came in an unusual number. Gray: what is usual on this weekday; labels: the day's number."
