"""Charts of funnels: how far people get, and how many are lost against what is published."""

from typing import TYPE_CHECKING

from plg_orchestration.charts.theme import ACCENT, BAD, GOOD, INK, MUTED, NEUTRAL, SAND, SKY, WIDTH, finished, no_data

if TYPE_CHECKING:
    import pandas as pd

    from plg_orchestration.charts.theme import Chart

PANELS = 2
ROW = 34
POSITIONS = {"above": BAD, "within": NEUTRAL, "below": GOOD}
LENGTHS = ((86_400.0, "d"), (3_600.0, "h"), (60.0, "min"), (1.0, "s"))


def funnel_bars(rows: "pd.DataFrame", *, unit: str | None = None, reason: str = "") -> "Chart":
    """Each funnel's steps over the whole span: bars of those whose window is over, rates, and medians between the steps.

    `rows` as in `cohorts.funnel`; the two funnels with most entrants are drawn. Without `unit` users are, or accounts where there
    are none.
    """
    import altair as alt

    whole = (
        rows[(rows["dimension"] == "all") & rows["cohort_week"].isna() & rows["rate_from_first"].notna()] if len(rows) else rows
    )
    shown, known = of_unit(whole, unit)
    title = f"Funnels of {shown}s"
    if not len(known):
        return no_data(title, reason or "no funnel has an entrant whose window is over")
    sizes = known.groupby("funnel")["mature_entrants"].max().sort_values(ascending=False, kind="stable")
    panels = [_panel(known[known["funnel"] == name], str(name)) for name in sizes.index[:PANELS]]
    subtitle = "Percent of those who took the first step and whose window is over; lines are 95 % intervals."
    chart = panels[0] if len(panels) == 1 else alt.vconcat(*panels, spacing=18)
    return finished(chart, title, subtitle)


def _panel(rows: "pd.DataFrame", name: str) -> "Chart":
    import altair as alt

    rows = rows.sort_values("step")
    data = rows[["rate_from_first", "ci_low", "ci_high"]].astype(float)
    ends = data[["rate_from_first", "ci_high"]].max(axis=1)
    data = data.assign(
        start=0.0, end=ends, step=[f"{int(at)}. {text}" for at, text in zip(rows["step"], rows["name"], strict=True)]
    )
    counted = zip(rows["rate_from_first"], rows["mature_entrants"], strict=True)
    data["label"] = [f"{100 * rate:.0f} %  ({int(n):,})" for rate, n in counted]
    data["change"] = list(map(_change, rows["rate_from_previous"], rows["from_previous_p50"]))
    y = alt.Y("step:N", sort=list(data["step"]), title=None, axis=alt.Axis(labelLimit=150))
    hidden = alt.Axis(labels=False, ticks=False, domain=False)

    def x(column: str) -> "alt.X":
        return alt.X(f"{column}:Q", title=None, scale=alt.Scale(domain=[0, 1.35], nice=False), axis=hidden)

    base = alt.Chart(data).encode(y=y)
    bars = base.mark_bar(color=ACCENT, opacity=0.85, height=14, yOffset=-5).encode(x=x("rate_from_first"))
    between = alt.Chart(data[data["ci_low"].notna()]).encode(y=y)
    spans = between.mark_rule(color=INK, strokeWidth=1, yOffset=-5).encode(x=x("ci_low"), x2="ci_high:Q")
    labels = base.mark_text(align="left", dx=7, dy=-5, color=INK, fontSize=11).encode(x=x("end"), text="label:N")
    changes = base.mark_text(align="left", dy=10, color=MUTED, fontSize=10).encode(x=x("start"), text="change:N")
    days = f"{float(rows['window_days'].iloc[0]):g}"
    heading = alt.TitleParams(
        text=f"{name} within {days} days", fontSize=11, fontWeight=600, color=MUTED, anchor="start", frame="group"
    )
    return (bars + spans + labels + changes).properties(width=WIDTH - 110, height=ROW * len(data), title=heading)


def _change(share: float | None, seconds: float | None) -> str:
    import pandas as pd

    if pd.isna(share):
        return ""
    return f"{100 * share:.0f} % of the step before" + ("" if pd.isna(seconds) else f", median {length(seconds)}")


def of_unit(rows: "pd.DataFrame", unit: str | None) -> "tuple[str, pd.DataFrame]":
    """The rows of the unit; without one, those of users, or of accounts where no user has any."""
    if not len(rows):
        return unit or "user", rows
    chosen = unit or ("user" if (rows["unit"] == "user").any() else "account")
    return chosen, rows[rows["unit"] == chosen]


def length(seconds: float) -> str:
    """A duration in the largest unit of which it holds one.

    >>> length(5400)
    '1.5 h'
    """
    size, name = next(((size, name) for size, name in LENGTHS if seconds >= size), LENGTHS[-1])
    return f"{seconds / size:.1f}".removesuffix(".0") + f" {name}"


def onboarding_steps(rows: "pd.DataFrame", *, unit: str | None = None, reason: str = "") -> "Chart":
    """Each onboarding step over all weeks: those who did it in time, and those who did every step so far.

    `rows` as in `cohorts.onboarding`.
    """
    import altair as alt

    shown, whole = of_unit(rows[rows["cohort_week"].isna() & rows["rate"].notna()] if len(rows) else rows, unit)
    title = f"Onboarding steps of new {shown}s"
    if not len(whole):
        return no_data(title, reason or "nobody's time for the onboarding steps is over")
    data = whole.sort_values("step")[["step", "name", "rate", "rate_through"]].copy()
    data["step_name"] = [f"{int(step)}. {name}" for step, name in zip(data["step"], data["name"], strict=True)]
    kinds = {"rate": "did the step", "rate_through": "did every step so far"}
    long = data.melt(["step_name"], ["rate", "rate_through"], var_name="kind", value_name="share")
    long["share"], long["kind"] = long["share"].astype(float), long["kind"].map(kinds)
    long["label"] = [f"{100 * share:.0f} %" for share in long["share"]]
    base = alt.Chart(long).encode(
        y=alt.Y("step_name:N", sort=list(data["step_name"]), title=None, axis=alt.Axis(labelLimit=150)),
        yOffset=alt.YOffset("kind:N", sort=list(kinds.values())),
        x=alt.X("share:Q", title=None, scale=alt.Scale(domain=[0, 1.1], nice=False), axis=None),
    )
    scale = alt.Scale(domain=list(kinds.values()), range=[ACCENT, SKY])
    bars = base.mark_bar(opacity=0.85).encode(color=alt.Color("kind:N", scale=scale))
    labels = base.mark_text(align="left", dx=5, color=INK, fontSize=10.5).encode(text="label:N")
    chart = (bars + labels).properties(width=WIDTH - 110, height=34 * len(data))
    return finished(chart, title, "Percent of the signups whose time for the steps is over.")


def dropoff_against_published(rows: "pd.DataFrame", *, unit: str | None = None, reason: str = "") -> "Chart":
    """The share lost after each day with its 95 % interval, beside the published one.

    `rows` as in `cohorts.dropoff`.
    """
    import altair as alt

    shown, known = of_unit(rows[rows["dropoff"].notna()] if len(rows) else rows, unit)
    title = f"{shown.capitalize()}s lost before activation"
    if not len(known):
        return no_data(title, reason or "no signup's quiet days are over")
    data = known.sort_values("day")[["day", "dropoff", "ci_low", "ci_high", "published", "verdict", "waiting"]].copy()
    figures = ["dropoff", "ci_low", "ci_high", "published"]
    data[figures] = data[figures].astype(float)
    data["day_name"] = [f"day {int(day)}" for day in data["day"]]
    data["label"] = [f"{100 * share:.0f} % of {int(n):,}" for share, n in zip(data["dropoff"], data["waiting"], strict=True)]
    data["top"] = data[["ci_high", "published"]].max(axis=1)
    top = max(0.1, float(data[["ci_high", "published"]].max().max()) * 1.12)
    y = alt.Y("dropoff:Q", title="lost", scale=alt.Scale(domain=[0, top], nice=False), axis=alt.Axis(format="~%", tickCount=5))
    verdicts = [name for name in POSITIONS if name in set(data["verdict"])]
    scale = alt.Scale(domain=verdicts, range=[POSITIONS[name] for name in verdicts])
    base = alt.Chart(data).encode(x=alt.X("day_name:N", sort=list(data["day_name"]), title=None, axis=alt.Axis(labelAngle=0)))
    bars = base.mark_bar(opacity=0.8, size=46).encode(y=y, color=alt.Color("verdict:N", scale=scale))
    spans = base.mark_rule(color=INK, strokeWidth=1.5).encode(y=alt.Y("ci_low:Q", title=None), y2="ci_high:Q")
    ticks = base.mark_tick(color=SAND, thickness=3, size=66).encode(y=alt.Y("published:Q", title=None))
    labels = (
        base.mark_text(dy=-8, color=INK, fontSize=11)
        .encode(y=alt.Y("top:Q", title=None), text="label:N")
        .transform_calculate(top="max(datum.ci_high, datum.published)")
    )
    chart = (bars + spans + ticks + labels).properties(width=WIDTH, height=200)
    return finished(
        chart, title, "Of those not activated by day n: not seen in the quiet days after it. Thick marks: published shares."
    )
