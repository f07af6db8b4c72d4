"""Charts of growth: activation, retention, KPI trends and MRR movements."""

from typing import TYPE_CHECKING

from plg_orchestration.charts.theme import ACCENT, BAD, HEIGHT, INK, MUTED, NEUTRAL, SAND, SKY, TEAL, WIDTH, finished, no_data

if TYPE_CHECKING:
    import pandas as pd

    from plg_orchestration.charts.theme import Chart

PERIODS = 12
MOVEMENTS = {"new": ACCENT, "expansion": TEAL, "reactivation": SKY, "contraction": SAND, "churn": BAD}


def retention_heatmap(rows: "pd.DataFrame", *, reason: str = "") -> "Chart":
    """Size of each cohort and the share that came back, by periods since it entered; the newest 12 cohorts, 12 periods at most.

    `rows`: cohort (date), index, size, rate (share, null while immature), as in `cohorts.retention` for one unit, entry, mode and
    period.
    """
    import altair as alt

    title = "Retention by cohort"
    shown = rows[rows["rate"].notna() & rows["index"].between(1, PERIODS)].copy() if len(rows) else rows
    if not len(shown):
        return no_data(title, reason or "no cohort has a period behind it")
    newest = sorted(shown["cohort"].unique())[-PERIODS:]
    shown = shown[shown["cohort"].isin(newest)]
    shown["rate"] = shown["rate"].astype(float)
    shown["cohort"] = shown["cohort"].map(lambda cohort: f"{cohort:%Y-%m-%d}")
    shown["label"] = [f"{100 * rate:.0f}" for rate in shown["rate"]]
    x = alt.X(
        "index:O", title="periods after entry", axis=alt.Axis(orient="top", labelAngle=0, domain=False, ticks=False),
        scale=alt.Scale(domain=["size", *range(1, int(shown["index"].max()) + 1)]),
    )  # fmt: skip
    y = alt.Y("cohort:O", title=None)
    sizes = shown.groupby("cohort", as_index=False)["size"].max().assign(index="size")
    beside = alt.Chart(sizes).mark_text(fontSize=10.5, color=MUTED).encode(x=x, y=y, text=alt.Text("size:Q", format=",d"))
    base = alt.Chart(shown[["cohort", "index", "rate", "label"]]).encode(x=x, y=y)
    cells = base.mark_rect(color=ACCENT, cornerRadius=2).encode(
        opacity=alt.Opacity(
            "rate:Q", scale=alt.Scale(domain=[0, max(0.4, float(shown["rate"].max()))], range=[0.04, 0.62]), legend=None
        )
    )
    labels = base.mark_text(fontSize=10.5, color=INK).encode(text="label:N")
    chart = (cells + labels + beside).properties(width=WIDTH - 40, height=22 * len(newest))
    return finished(
        chart, title, "Percent of each cohort active in the n-th period after it entered; open periods are left blank."
    )


def activation_by_cohort(
    rows: "pd.DataFrame",
    *,
    band: tuple[float, float] | None = None,
    target: float | None = None,
    reason: str = "",
) -> "Chart":
    """Seven-day activation of each signup week with its 95 % Wilson interval, before the benchmark band.

    `rows`: cohort_week (date), activated_7d, mature_7d, any number a week, as in `cohorts.signup_cohorts`; `band` (25th and 75th
    percentile) and `target` are shares.
    """
    title = "Activation within 7 days, by signup week"
    known = rows[rows["activated_7d"].notna() & (rows["mature_7d"] > 0)] if len(rows) else rows
    if not len(known):
        return no_data(title, reason or "no signup is seven days old, or no event plays the activation role")
    weeks = known.groupby("cohort_week", as_index=False)[["activated_7d", "mature_7d"]].sum()
    weeks["value"] = weeks["activated_7d"].astype(float) / weeks["mature_7d"].astype(float)
    bounds = [wilson(a, n) for a, n in zip(weeks["activated_7d"], weeks["mature_7d"], strict=True)]
    weeks["ci_low"], weeks["ci_high"] = [b[0] for b in bounds], [b[1] for b in bounds]
    subtitle = "Share of signups whose seven days are over; bars are 95 % intervals."
    subtitle += f" Band: benchmark {100 * band[0]:.0f}-{100 * band[1]:.0f} %." if band else ""
    weeks = weeks.rename(columns={"cohort_week": "period_start"})
    return finished(_trend(weeks, percent=True, band=band, target=target), title, subtitle)


def kpi_trend(
    rows: "pd.DataFrame",
    *,
    title: str,
    percent: bool = False,
    band: tuple[float, float] | None = None,
    target: float | None = None,
    reason: str = "",
) -> "Chart":
    """A KPI over its periods with the interval where it has one.

    `rows`: period_start (date), value, ci_low, ci_high, as in `kpis.snapshot`; shares when `percent`.
    """
    known = rows[rows["value"].notna()] if len(rows) else rows
    if not len(known):
        return no_data(title, reason or "no period has a value")
    return finished(_trend(known, percent=percent, band=band, target=target), title)


def mrr_movements(rows: "pd.DataFrame", *, currency: str = "", reason: str = "") -> "Chart":
    """MRR gained and lost by month and kind of movement, with the net change as a line.

    `rows`: month (date) and a column of each kind of movement, in one currency, one row a month.
    """
    import altair as alt

    title = "MRR movements by month"
    if not len(rows):
        return no_data(title, reason or "no subscription is known")
    months = sorted(rows["month"].unique())[-PERIODS:]
    shown = rows[rows["month"].isin(months)]
    summed = shown.melt("month", value_vars=list(MOVEMENTS), var_name="movement", value_name="amount").query("amount != 0")
    summed = summed.astype({"amount": float})
    net = summed.groupby("month", as_index=False).agg(amount=("amount", "sum"))
    for frame in (summed, net):
        frame["month"] = frame["month"].map(lambda month: f"{month:%Y-%m}")
    summed["rank"] = summed["movement"].map({name: rank for rank, name in enumerate(MOVEMENTS)})
    x = alt.X("month:O", title=None, axis=alt.Axis(labelAngle=0 if len(months) < 8 else -45))
    bars = alt.Chart(summed).mark_bar(size=min(28, 260 // len(months))).encode(
        x=x, y=alt.Y("amount:Q", title=currency or None, axis=alt.Axis(format="~s", tickCount=5)), order="rank:Q",
        color=alt.Color("movement:N", scale=alt.Scale(domain=list(MOVEMENTS), range=list(MOVEMENTS.values()))),
    )  # fmt: skip
    line = (
        alt.Chart(net)
        .mark_line(color=INK, strokeWidth=1.5, point=alt.OverlayMarkDef(color=INK, size=26))
        .encode(x=x, y="amount:Q")
    )
    zero = alt.Chart(alt.Data(values=[{}])).mark_rule(color=MUTED).encode(y=alt.datum(0))
    return finished(
        (bars + zero + line).properties(width=WIDTH, height=HEIGHT), title, "Bars by kind of movement; the line is the net."
    )


def wilson(hits: float, n: float, z: float = 1.959964) -> tuple[float, float]:
    """The 95 % Wilson interval of a share: (low, high), both within 0 and 1.

    >>> [round(bound, 4) for bound in wilson(8, 10)]
    [0.4902, 0.9433]
    """
    rate = hits / n
    center = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * (rate * (1 - rate) / n + z * z / (4 * n * n)) ** 0.5
    return max(0.0, center - half), min(1.0, center + half)


def _trend(rows: "pd.DataFrame", *, percent: bool, band: tuple[float, float] | None, target: float | None) -> "Chart":
    import altair as alt
    import pandas as pd

    data = rows[["period_start", "value", "ci_low", "ci_high"]].copy()
    data[["value", "ci_low", "ci_high"]] = data[["value", "ci_low", "ci_high"]].astype(float)
    data["period_start"] = pd.to_datetime(data["period_start"])
    axis = alt.Axis(format=".0%" if percent else "~s", tickCount=5)
    x = alt.X("period_start:T", title=None, axis=alt.Axis(format="%d %b", tickCount=6, labelOverlap=True))
    y = alt.Y("value:Q", title=None, axis=axis, scale=alt.Scale(zero=True))
    layers: list[alt.Chart] = []
    blank = alt.Data(values=[{}])
    if band is not None:
        layers.append(alt.Chart(blank).mark_rect(color=TEAL, opacity=0.13).encode(y=alt.datum(band[0]), y2=alt.datum(band[1])))
    if target is not None:
        layers.append(alt.Chart(blank).mark_rule(color=TEAL, strokeDash=[4, 3]).encode(y=alt.datum(target)))
    with_interval = data[data["ci_low"].notna()]
    if len(with_interval):
        bars = alt.Chart(with_interval).mark_rule(color=NEUTRAL, strokeWidth=1.5)
        layers.append(bars.encode(x=x, y=alt.Y("ci_low:Q", title=None, axis=axis), y2="ci_high:Q"))
    line = alt.Chart(data).mark_line(color=ACCENT, strokeWidth=2, point=alt.OverlayMarkDef(color=ACCENT, size=28))
    return alt.layer(*layers, line.encode(x=x, y=y)).properties(width=WIDTH, height=HEIGHT)
