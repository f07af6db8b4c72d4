"""Charts of segments: who needs which touch and why, how units moved within a week, and cohort segments against benchmarks."""

import math
from typing import TYPE_CHECKING, Any

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
)  # fmt: skip

if TYPE_CHECKING:
    import pandas as pd

    from plg_orchestration.charts.theme import Chart

SEGMENTS = {
    "high touch": TEAL, "tech touch": SKY, "risk touch": BAD, "unclassified": NEUTRAL, "not there": SAND,
}  # fmt: skip
REASONS = {
    "deep_broad_rising": "deep, broad, more collaboration", "stable": "steady or growing", "begun": "core usage began",
    "falling_high_value": "falling, high value", "falling_single_user": "falling, one active user",
    "falling_low_value": "falling, neither of these", "too_little_data": "too little data", "too_new": "too new",
    "no_core_feature": "no core feature is mapped",
}  # fmt: skip
UNITS = {"account": "accounts", "user": "users"}
COHORTS = {
    "new_signup_high_engagement": "high engagement", "new_signup_low_engagement": "low engagement",
    "reactivated_free": "reactivated free", "referral_driven": "referral driven", "mobile_first": "mobile first",
    "enterprise_trial_drop_in": "enterprise trial", "overall": "overall",
}  # fmt: skip
MEASURES = {
    "activation_24h_pct": "activated within 24 hours, %", "free_to_paid_pct": "free to paid within 30 days, %",
    "avg_days_to_first_key_action": "days to the first key action", "arpu_delta_per_month": "ARPU of converted less all, a month",
}  # fmt: skip
VERDICTS = {
    "better": GOOD, "no clear difference": ACCENT, "worse": BAD, "not comparable": NEUTRAL,
}  # fmt: skip
STEPS, GAP, BAR = 24, 0.025, 0.035
"""Points along a band of the flow, and the space between segments and the width of their bars as shares of the drawing."""


def segment_counts(rows: "pd.DataFrame", *, reason: str = "") -> "Chart":
    """Accounts and users by the reason for their segment.

    `rows`: unit, segment, reason_code, any number of units a row (a column `units` counts them, else each row is one), as in
    `cohorts.segments`.
    """
    import altair as alt

    title = "Who needs which touch, and why"
    if not len(rows):
        return no_data(title, reason or "nobody has signed up")
    counted = rows.assign(units=rows.get("units", 1))
    data = counted.groupby(["unit", "segment", "reason_code"], as_index=False).agg({"units": "sum"})
    data["segment"] = data["segment"].str.replace("_", " ")
    data["unit"] = data["unit"].map(UNITS)
    data["why"] = data["reason_code"].map(REASONS)
    data["label"] = [f"{count:,}" for count in data["units"]]
    order = [text for text in REASONS.values() if text in set(data["why"])]
    shown = [name for name in SEGMENTS if name in set(data["segment"])]
    top = data.groupby("unit")["units"].transform("max")
    data["share"] = data["units"] / top
    base = alt.Chart(data).encode(
        y=alt.Y("why:N", title=None, sort=order, axis=alt.Axis(labelLimit=220)),
        x=alt.X("share:Q", title=None, axis=None, scale=alt.Scale(domain=[0, 1.25])),
    )
    color = alt.Color("segment:N", scale=alt.Scale(domain=shown, range=[SEGMENTS[name] for name in shown]))
    bars = base.mark_bar(size=15).encode(color=color)
    labels = base.mark_text(align="left", dx=4, fontSize=10.5, color=INK).encode(text="label:N")
    chart = (bars + labels).properties(width=150, height=22 * len(order)).facet(
        column=alt.Column("unit:N", title=None, header=alt.Header(labelFontSize=11, labelColor=MUTED, labelAnchor="start"))
    )  # fmt: skip
    return finished(chart, title, "Bars are scaled to the longest of each side; a user has the value and team of the account.")


def segment_flow(rows: "pd.DataFrame", *, reason: str = "") -> "Chart":
    """How units moved between segments within seven days, as bands from the segment before to the one after.

    `rows`: unit, from_segment, to_segment, units, as in `cohorts.segment_movements` for one day. Units that stayed unclassified,
    and new ones that are, stand in the subtitle only: they would hide the rest.
    """
    import altair as alt
    import pandas as pd

    title = "Movements between segments within seven days"
    quiet = {"unclassified", "none"}
    if not len(rows):
        return no_data(title, reason or "nobody has signed up")
    dull = rows["from_segment"].isin(quiet) & rows["to_segment"].isin(quiet)
    moved = rows[~dull]
    if not len(moved):
        return no_data(title, reason or "nobody has or had another segment than unclassified")
    bands: list[dict[str, object]] = []
    bars: list[dict[str, object]] = []
    for unit in [name for name in UNITS if name in set(moved["unit"])]:
        flow = {(_word(f), _word(t)): int(n) for f, t, n in _triples(moved[moved["unit"] == unit])}
        some_bands, some_bars = _layout(flow)
        bands += [{"unit": UNITS[unit], **row} for row in some_bands]
        bars += [{"unit": UNITS[unit], **row} for row in some_bars]
    present = [name for name in SEGMENTS if any(row["segment"] == name for row in bars)]
    color = alt.Color("segment:N", scale=alt.Scale(domain=present, range=[SEGMENTS[name] for name in present]))
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[-0.16, 1.16], nice=False))
    y_scale = alt.Scale(domain=[0, 1], reverse=True, nice=False)
    data = pd.concat([pd.DataFrame(bands).assign(kind="band"), pd.DataFrame(bars).assign(kind="bar")], ignore_index=True)
    base = alt.Chart(data)
    areas = base.transform_filter("datum.kind == 'band'").mark_area(opacity=0.45).encode(
        x=x, y=alt.Y("y:Q", axis=None, scale=y_scale), y2="y2:Q", color=color, detail="band:N"
    )  # fmt: skip
    boxes = base.transform_filter("datum.kind == 'bar'").mark_rect().encode(
        x=x, x2="x2:Q", y=alt.Y("y:Q", axis=None, scale=y_scale), y2="y2:Q", color=color
    )  # fmt: skip
    before = base.transform_filter("datum.kind == 'bar' && datum.side == 'before'")
    after = base.transform_filter("datum.kind == 'bar' && datum.side == 'after'")
    middle = alt.Y("middle:Q", scale=y_scale)
    texts = (
        before.mark_text(align="right", dx=-4, fontSize=10, color=INK).encode(x="x:Q", y=middle, text="label:N"),
        after.mark_text(align="left", dx=4, fontSize=10, color=INK).encode(x="x2:Q", y=middle, text="label:N"),
    )
    chart = alt.layer(areas, boxes, *texts).properties(width=(WIDTH + 100) // 2, height=270).facet(
        column=alt.Column("unit:N", title=None, header=alt.Header(labelFontSize=11, labelColor=MUTED, labelAnchor="middle"))
    )  # fmt: skip
    hidden = {name: int(rows[dull & (rows["unit"] == unit)]["units"].sum()) for unit, name in UNITS.items()}
    left_out = ", ".join(f"{count:,} {name}" for name, count in hidden.items() if count)
    note = f" Left out: {left_out} unclassified before (or new) and after." if left_out else ""
    return finished(chart, title, f"Left seven days before, right now; bands have the color of the segment they go to.{note}")


def cohort_benchmarks(rows: "pd.DataFrame", *, unit: str = "user", reason: str = "") -> "Chart":
    """The published cohort segments: the workspace's own figures with 95 % intervals against the benchmark, by measure.

    `rows`: unit, cohort_segment, measure, value, ci_low, ci_high, benchmark, difference, better, verdict, as in
    `cohorts.cohort_segments`; a benchmark in another currency is not drawn.
    """
    import altair as alt

    title = "Cohort segments against published benchmarks"
    known = rows[(rows["unit"] == unit) & rows["value"].notna()] if len(rows) else rows
    if not len(known):
        return no_data(title, reason or "no signup's first 24 hours are over")
    data = known[["cohort_segment", "measure", "value", "ci_low", "ci_high", "benchmark"]].copy()
    known = known.assign(benchmark=known["benchmark"].where(known["difference"].notna()))
    for name in ("value", "ci_low", "ci_high", "benchmark"):
        data[name] = [None if math.isnan(value) else value for value in known[name].astype(float)]
    data["place"] = data["cohort_segment"].map(COHORTS)
    pairs = zip(known["verdict"], known["better"], strict=True)
    data["verdict"] = [_verdict(str(verdict), str(better)) for verdict, better in pairs]
    order = [name for name in COHORTS.values() if name in set(data["place"])]
    present = [name for name in VERDICTS if name in set(data["verdict"])]
    color = alt.Color("verdict:N", scale=alt.Scale(domain=present, range=[VERDICTS[name] for name in present]))
    y = alt.Y("place:N", title=None, sort=order)
    x = alt.X("value:Q", title=None, axis=alt.Axis(tickCount=4), scale=alt.Scale(zero=True))
    panels: list[Any] = []
    for measure in [name for name in MEASURES if name in set(data["measure"])]:
        base = alt.Chart(data[data["measure"] == measure].drop(columns=["measure", "cohort_segment"])).encode(y=y)
        spans = (
            base.transform_filter("datum.ci_low != null")
            .mark_rule(strokeWidth=2)
            .encode(x="ci_low:Q", x2="ci_high:Q", color=color)
        )
        dots = base.mark_circle(size=52, opacity=1).encode(x=x, color=color)
        ticks = (
            base.transform_filter("datum.benchmark != null").mark_tick(color=INK, thickness=2, size=14).encode(x="benchmark:Q")
        )
        heading = alt.TitleParams(MEASURES[measure], fontSize=11, fontWeight="normal", color=MUTED, anchor="start", offset=4)
        panels.append(alt.layer(spans, dots, ticks).properties(width=WIDTH // 2 - 20, height=18 * len(order), title=heading))
    rows_of_panels = [alt.hconcat(*panels[i : i + 2]) for i in range(0, len(panels), 2)]
    of = "Users" if unit == "user" else "Accounts"
    return finished(
        alt.vconcat(*rows_of_panels), title,
        f"{of} who entered in the last 26 weeks. Dots with 95 % intervals are this workspace, upright ticks the benchmark.",
    )  # fmt: skip


def _verdict(verdict: str, better: str) -> str:
    if verdict == "within":
        return "no clear difference"
    if verdict not in {"above", "below"}:
        return "not comparable"
    return "better" if (verdict == "above") == (better == "higher") else "worse"


def _word(segment: str) -> str:
    return "not there" if segment == "none" else segment.replace("_", " ")


def _triples(rows: "pd.DataFrame") -> list[tuple[str, str, int]]:
    return list(zip(rows["from_segment"].astype(str), rows["to_segment"].astype(str), rows["units"].astype(int), strict=True))


def _layout(flow: dict[tuple[str, str], int]) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Bands and bars of one alluvial drawing on the unit square: bars stack from the top in the order of SEGMENTS."""
    total = sum(flow.values())
    bars: list[dict[str, object]] = []
    tops: dict[tuple[int, str], float] = {}
    for side in (0, 1):
        sizes = {name: sum(n for pair, n in flow.items() if pair[side] == name) for name in SEGMENTS}
        sizes = {name: size for name, size in sizes.items() if size}
        room = 1 - GAP * (len(SEGMENTS) - 1)
        top = 0.0
        for name, size in sizes.items():
            bottom = top + room * size / total
            left = 0.0 if side == 0 else 1.0 - BAR
            bars.append({
                "segment": name, "x": left, "x2": left + BAR, "y": top, "y2": bottom, "middle": (top + bottom) / 2,
                "side": "after" if side else "before", "label": f"{size:,}", "size": size,
            })  # fmt: skip
            tops[side, name] = top
            top = bottom + GAP
    bands: list[dict[str, object]] = []
    for start in SEGMENTS:
        for end in SEGMENTS:
            count = flow.get((start, end), 0)
            if not count:
                continue
            thick = (1 - GAP * (len(SEGMENTS) - 1)) * count / total
            first, last = tops[0, start], tops[1, end]
            for step in range(STEPS + 1):
                along = step / STEPS
                at = first + (last - first) * along * along * (3 - 2 * along)
                bands.append({
                    "band": f"{start} to {end}", "segment": end, "x": BAR + (1 - 2 * BAR) * along, "y": at, "y2": at + thick,
                })  # fmt: skip
            tops[0, start], tops[1, end] = first + thick, last + thick
    return bands, bars
