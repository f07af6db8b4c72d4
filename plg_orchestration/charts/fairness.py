"""Charts of fairness: what a mitigation costs, how the audits went over time, and how live leads fared by group."""

from typing import TYPE_CHECKING

from plg_orchestration.charts.theme import ACCENT, HEIGHT, INK, MUTED, SAND, SKY, WIDTH, finished, no_data

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
    ticks = [tick for tick in (0, 0.25, 1, 2, 4, 8, 16) if tick <= right]
    x = alt.X("disparity:Q", title="largest protected gap, times its limit", scale=scale, axis=alt.Axis(values=ticks, format="~g"))
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
    return finished(chart, title, "On the test rows; left of the dashed line every gap is within its limit. Bounds are diagnostics.")
