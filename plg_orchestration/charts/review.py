"""Charts of the KPI stage's judgments: what each layer leaks, claims beside what was published, and what a lift would bring."""

import math
from typing import TYPE_CHECKING, Any

from plg_orchestration.charts.theme import ACCENT, BAD, GOOD, INK, MUTED, NEUTRAL, SAND, WIDTH, finished, no_data

if TYPE_CHECKING:
    import pandas as pd

    from plg_orchestration.charts.theme import Chart

ROW = 30
LABELS = 240
LETTERS = frozenset({"arpu", "arpa", "arr", "mrr", "pql", "mql", "ttv"})
VERDICT_WORDS = {
    "holds": "holds", "does_not_hold": "does not hold", "too_little_data": "too little data", "unavailable": "unavailable",
}  # fmt: skip
CLAIM_COLORS = {"holds": GOOD, "does not hold": BAD, "too little data": NEUTRAL, "unavailable": MUTED}
UNIT_TITLES = {"ratio": "times as often", "percent": "percent"}


def words(name: str) -> str:
    """A KPI's, lever's or claim's name as words.

    >>> words("expansion_mrr")
    'expansion MRR'
    """
    return " ".join(part.upper() if part in LETTERS else part for part in name.split("_"))


def layer_leaks(rows: "pd.DataFrame", *, reason: str = "") -> "Chart":
    """What each layer of the weekly review leaks a month, in a customer's order; the leakiest in red, those not weighed named.

    `rows`: kind, label, place, kpi, leak, currency, leakiest, reason, as in `kpis.weekly_review` for one day.
    """
    import altair as alt

    title = "Which layer leaks most"
    layers = rows[rows["kind"] == "layer"].sort_values("place") if len(rows) else rows
    known = layers[layers["leak"].notna()] if len(layers) else layers
    if not len(known):
        told = layers["reason"].dropna() if len(layers) else layers
        return no_data(title, reason or (str(told.iloc[0]) if len(told) else "no layer is configured"))
    currency = str(known["currency"].dropna().iloc[0]) if known["currency"].notna().any() else ""
    frame = layers[["label", "kpi", "leak", "leakiest"]].astype({"leak": float, "leakiest": bool})
    frame["name"] = frame["label"]
    frame["what"] = [
        "not weighed" if math.isnan(leak) else f"{leak:,.0f}\u2002{words(kpi)}" if leak > 0 else "at its median or better"
        for leak, kpi in zip(frame["leak"], frame["kpi"].astype(str), strict=True)
    ]
    frame["shown"] = frame["leak"].fillna(0.0)
    worst = frame[frame["leakiest"]]
    y = alt.Y("name:N", sort=list(frame["name"]), title=None, axis=alt.Axis(labelLimit=LABELS, labelColor=INK))
    highest = max(float(frame["shown"].max()), 1.0)
    x = alt.X(
        "shown:Q", title=f"{currency} a month", axis=alt.Axis(tickCount=4, format="~s"),
        scale=alt.Scale(domain=[0, 1.75 * highest], nice=False),
    )  # fmt: skip
    base = alt.Chart(frame).encode(y=y)
    color = alt.condition("datum.leakiest", alt.value(BAD), alt.value(ACCENT))
    bars = base.mark_bar(size=16).encode(x=x, color=color)
    texts = base.mark_text(align="left", dx=6, fontSize=11).encode(
        x=x, text="what:N", color=alt.condition("datum.what == 'not weighed'", alt.value(MUTED), alt.value(INK))
    )
    named = f"{worst['label'].iloc[0]} leaks most. " if len(worst) else "No layer stands below its median. "
    return finished(
        (bars + texts).properties(width=WIDTH, height=ROW * len(frame)), title,
        f"{named}Each layer by its worst metric: gap to the published median × affected accounts × ARPU per account.",
    )  # fmt: skip


def claims_against_published(rows: "pd.DataFrame", *, reason: str = "") -> "Chart":
    """Each claim's estimate with its interval against the published figure or range, colored by verdict; a panel a unit.

    `rows`: claim, place, unit, value, ci_low, ci_high, published_low, published_high, verdict, reason, as in `kpis.claims` for
    one day. Claims without an estimate stand there by name. Intervals that reach beyond the panel are cut at its edge.
    """
    import altair as alt

    title = "Published rules of thumb on this workspace's own data"
    known = rows[rows["published_low"].notna()].sort_values("place") if len(rows) else rows
    if not len(known) or not known["value"].notna().any():
        told = known["reason"].dropna() if len(known) else known
        return no_data(title, reason or (str(told.iloc[0]) if len(told) else "no claim is configured"))
    frame = known[["claim", "unit", "value", "ci_low", "ci_high", "published_low", "published_high", "verdict"]].copy()
    frame["name"] = [words(claim) for claim in frame["claim"]]
    frame["published_high"] = frame["published_high"].astype(float).fillna(frame["published_low"].astype(float))
    frame["verdict"] = frame["verdict"].map(VERDICT_WORDS)
    present = [name for name in VERDICT_WORDS.values() if name in set(frame["verdict"])]
    color = alt.Color("verdict:N", scale=alt.Scale(domain=present, range=[CLAIM_COLORS[name] for name in present]))
    panels: list[Any] = []
    for unit in [name for name in ("ratio", "percent") if name in set(frame["unit"])]:
        part = frame[frame["unit"] == unit].astype(dict.fromkeys(("value", "ci_low", "ci_high", "published_low"), float))
        least = min(0.0, float(part[["value", "published_low"]].min().min()))
        most = 1.5 * float(part[["value", "published_high"]].astype(float).max().max())
        part["low"], part["high"] = part["ci_low"].clip(least, most), part["ci_high"].clip(least, most)
        scale = alt.Scale(domain=[least, most], nice=False)
        x = alt.X("value:Q", title=UNIT_TITLES[unit], scale=scale, axis=alt.Axis(tickCount=6, format=",.2~f"))
        y = alt.Y("name:N", sort=list(part["name"]), title=None, axis=alt.Axis(labelLimit=LABELS, labelColor=INK, minExtent=178))
        base = alt.Chart(part.drop(columns=["claim", "unit"])).encode(y=y)
        told = base.mark_bar(size=16, color=SAND, opacity=0.45, stroke=SAND, strokeWidth=2).encode(
            x=alt.X("published_low:Q", scale=scale), x2="published_high:Q"
        )
        shown = base.transform_filter("isValid(datum.value)")
        spans = shown.transform_filter("isValid(datum.low)").mark_rule(strokeWidth=2.2)
        spans = spans.encode(x=alt.X("low:Q", scale=scale), x2="high:Q", color=color)
        dots = shown.mark_circle(size=70, opacity=1).encode(x=x, color=color)
        panels.append(alt.layer(told, spans, dots).properties(width=WIDTH - 60, height=ROW * len(part)))
    return finished(
        alt.vconcat(*panels) if len(panels) > 1 else panels[0], title,
        "Dots with 95 % intervals are this workspace, yellow what was published. Comparisons are associations, not causes.",
    )  # fmt: skip


def what_if_bars(rows: "pd.DataFrame", *, reason: str = "") -> "Chart":
    """What each lever would add to ARR, in percent of it and in money, with intervals, beside the published effect.

    `rows`: lever, change, months, effect_percent, percent_low, percent_high, arr_effect, currency, published_low, published_high,
    reason, as in `kpis.what_if` for one day.
    """
    import altair as alt

    title = "What a lift would bring in ARR"
    known = rows[rows["effect_percent"].notna()].sort_values("effect_percent", ascending=False) if len(rows) else rows
    if not len(known):
        told = rows["reason"].dropna() if len(rows) else rows
        return no_data(title, reason or (str(told.iloc[0]) if len(told) else "no lever is configured"))
    columns = ["effect_percent", "percent_low", "percent_high", "published_low", "published_high"]
    frame = known[columns].astype(float)
    frame["name"] = [f"{words(lever)} +{change:g} %" for lever, change in zip(known["lever"], known["change"], strict=True)]
    frame["money"] = [
        f"{effect:+,.0f} {currency}" for effect, currency in zip(known["arr_effect"], known["currency"], strict=True)
    ]
    least = min(0.0, float(frame[columns].min().min()))
    scale = alt.Scale(domain=[1.15 * least, 1.25 * max(float(frame[columns].max().max()), 1.0)], nice=False)
    base = alt.Chart(frame).encode(
        y=alt.Y("name:N", sort=list(frame["name"]), title=None, axis=alt.Axis(labelLimit=LABELS, labelColor=INK))
    )
    x = alt.X("effect_percent:Q", title="percent of ARR", scale=scale, axis=alt.Axis(tickCount=6, format=",.2~f"))
    told = base.transform_filter("isValid(datum.published_low)").mark_bar(size=22, color=SAND, opacity=0.45)
    told = told.encode(x=alt.X("published_low:Q", scale=scale), x2="published_high:Q")
    bars = base.mark_bar(size=16, color=ACCENT).encode(x=x)
    spans = base.transform_filter("isValid(datum.percent_low)").mark_rule(color=INK, strokeWidth=1.8)
    spans = spans.encode(x=alt.X("percent_low:Q", scale=scale), x2="percent_high:Q")
    frame["end"] = frame[["effect_percent", "percent_high"]].max(axis=1)
    texts = base.mark_text(align="left", dx=6, fontSize=11, color=INK).encode(x=alt.X("end:Q", scale=scale), text="money:N")
    months = int(known["months"].iloc[0])
    return finished(
        alt.layer(told, bars, spans, texts).properties(width=WIDTH, height=(ROW + 6) * len(frame)), title,
        f"ARR in {months} months with the lever higher against ARR without; lines are 95 % intervals, yellow what was published. "
        "A model on this workspace's own rates, whose assumptions stand beside it.",
    )  # fmt: skip
