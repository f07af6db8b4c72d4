"""The chart of third parties: how well each fits against how long its certificate still holds."""

from typing import TYPE_CHECKING

from plg_orchestration.charts.theme import BAD, GOOD, INK, MUTED, NEUTRAL, WARN, WIDTH, finished, no_data

if TYPE_CHECKING:
    import pandas as pd

    from plg_orchestration.charts.theme import Chart

STATUS = {"pass": ("in order", GOOD), "warn": ("due soon", WARN), "insufficient": ("not known", NEUTRAL), "fail": ("failed", BAD)}
WARNING_DAYS = 30


def vendor_standing(rows: "pd.DataFrame", *, reason: str = "", warning_days: int = WARNING_DAYS) -> "Chart":
    """Fit (1 to 10) against the days until the certificate expires, each vendor named and colored by its status.

    `rows`: vendor, fit, certificate_days_left, status, as in `governance.vendors` for one day. Vendors of which one of the two is
    unknown are named below.
    """
    import altair as alt

    title = "Third parties: fit, and how long certificates hold"
    known = rows[rows["fit"].notna() & rows["certificate_days_left"].notna()] if len(rows) else rows
    if not len(known):
        return no_data(title, reason or "no vendor has both a fit and a certificate with an expiry")
    frame = known[["vendor", "fit", "certificate_days_left"]].assign(told=[STATUS[str(status)][0] for status in known["status"]])
    frame["days"] = frame["certificate_days_left"].astype(float)
    low, high = min(float(frame["days"].min()), 0.0), max(float(frame["days"].max()), 2.0 * warning_days)
    span = [low - 0.06 * (high - low), high + 0.36 * (high - low)]
    scale, axis = alt.Scale(domain=span, nice=False), alt.Axis(tickCount=6, grid=True)
    x = alt.X("days:Q", title="days until the certificate expires", scale=scale, axis=axis)
    y = alt.Y(
        "fit:Q",
        title="weighted fit (1 to 10)",
        scale=alt.Scale(domain=[0.5, 10.8], nice=False),
        axis=alt.Axis(values=[1, 4, 7, 10]),
    )
    used = [(name, color) for name, color in STATUS.values() if name in set(frame["told"])]
    color = alt.Color("told:N", scale=alt.Scale(domain=[name for name, _ in used], range=[color for _, color in used]))
    blank = alt.Chart(alt.Data(values=[{}]))
    lapsed = blank.mark_rule(color=BAD).encode(x=alt.datum(0))
    soon = blank.mark_rule(color=MUTED, strokeDash=[4, 3]).encode(x=alt.datum(warning_days))
    base = alt.Chart(frame).encode(x=x, y=y)
    points = base.mark_circle(size=110, opacity=1).encode(color=color)
    names = base.mark_text(align="left", dx=9, dy=-1, color=INK, fontSize=11, limit=150).encode(text="vendor:N")
    unknown = sorted(str(name) for name in rows["vendor"] if name not in set(known["vendor"]))
    said = f"Red line: expired. Dashed: {warning_days} days left."
    said += f" Without fit or expiry: {', '.join(unknown)}." if unknown else ""
    return finished((lapsed + soon + points + names).properties(width=WIDTH, height=220), title, said)
