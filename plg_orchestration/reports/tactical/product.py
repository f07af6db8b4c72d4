"""The tactical report on the product: onboarding, friction, support deflection, gates, plays, segments, drill-down."""

from typing import Any

from plg_orchestration.reports.drawings import Moment, trend
from plg_orchestration.reports.formats import (
    SEGMENT_NAMES,
    between,
    compact,
    count,
    decimal,
    known,
    segment_name,
    share,
    signed,
    stretch,
    words,
)  # fmt: skip
from plg_orchestration.reports.kpi_parts import series
from plg_orchestration.reports.sheets import (
    Cell,
    Component,
    Figure,
    Sheet,
    columns,
    count_cell,
    share_cell,
    text_cell,
    value_cell,
)
from plg_orchestration.reports.tactical.material import Material, link_of

DEFLECTION = "support_deflection"


def onboarding(material: Material) -> Component:
    """Each onboarding step and what is lost at it."""
    made = tuple(
        (text_cell(f"{row['step']}. {row['name']}"), count_cell(row["completed"]), share_cell(row, "rate", bar=True),
         Cell(share(row["drop_from_previous"]), known(row["drop_from_previous"])))
        for row in material.rows("onboarding_steps")
    )  # fmt: skip
    steps = Sheet("onboarding-steps", "Onboarding steps", columns("Step", "Completed#", "Of signups#", "Lost since#"),
                  made, "cohorts.onboarding", narrow=True)  # fmt: skip
    lost = tuple(
        (
            text_cell(f"day {row['day']}"),
            count_cell(row["waiting"]),
            share_cell(row, "dropoff"),
            Cell(share(row["published"]), known(row["published"])),
            text_cell(row["cause"]),
        )
        for row in material.rows("dropoff_rows")
    )
    names = ("Not activated by", "Users#", "Not seen again#", "Published#", "Published cause")
    left = Sheet("dropoff-days", "Users who had not activated and left", columns(*names), lost, "cohorts.dropoff", narrow=True)
    return material.component("onboarding", "Onboarding and drop-off", "onboarding_steps", "dropoff_rows", sheets=(steps, left))


def friction(material: Material) -> Component:
    """The steps at which most is lost, the worst first, with the three worst in words."""
    rows = material.rows("friction_rows")
    made = tuple(
        (
            text_cell(words(str(row["name"]))),
            count_cell(row["rank"]),
            count_cell(row["lost"]),
            Cell(share(row["share_lost"]), known(row["share_lost"])),
            Cell(
                signed(_points(row["effect"]), "percent"),
                known(row["effect"]),
                note=between(row["effect_low"], row["effect_high"], "share"),
            ),
            Cell(decimal(row["score"], 0), known(row["score"])),
            text_cell(row["basis"]),
        )
        for row in rows
    )
    said = " ".join(str(row["sentence"]) for row in rows[:3] if row["sentence"])
    names = ("Step", "Rank#", "Users lost#", "Share lost#", "Activation with it#", "Lost × effect#", "Basis")
    sheet = Sheet("friction-points", "Friction points", columns(*names), made, "cohorts.friction", tool=True)
    return material.component("friction", "Friction points", "friction_rows", said=said, sheets=(sheet,))


def _points(value: object) -> float | None:
    number = known(value)
    return None if number is None else 100 * number


def deflection(material: Material) -> Component:
    """Self-resolved incidents week by week, and by segment."""
    rows = [row for row in material.kpis if row["kpi"] == DEFLECTION]
    whole = [row for row in rows if row["segment"] == "all" and row["period"] == "week"]
    past = series(whole, "week", max((row["period_start"] for row in whole), default=None)) if whole else []  # type: ignore[arg-type]
    if not past:
        reasons = [str(row["reason"]) for row in rows if row["reason"]]
        said = (*reasons[:1],) or material.lacking("kpi_history") or (f"{DEFLECTION} is not in the snapshot",)
        return Component("deflection", "Support deflection", absent=said)
    moments = [
        Moment(
            f"{row['period_start']:%b %d}",
            row["value"],
            known(row["ci_low"]),
            known(row["ci_high"]),
            str(row.get("definition_hash") or ""),
        )
        for row in past[-13:]
    ]
    drawn = trend(
        moments,
        shown=lambda mark: compact(mark, "percent"),
        label=f"Line: share of incidents resolved without a ticket, {len(moments)} weeks",
    )
    cells = {(row["period_start"], row["segment"]): row for row in rows if row["period"] == "week"}
    weeks = [row["period_start"] for row in reversed(past[-13:])]
    made = tuple(
        (text_cell(f"{week:%Y-%m-%d}"), *(_segment_cell(cells.get((week, segment))) for segment in SEGMENT_NAMES))
        for week in weeks
    )
    names = ("Week of", *(f"{name}#" for name in SEGMENT_NAMES.values()))
    numbers = Sheet("deflection-weeks", "Support deflection by segment", columns(*names), made, "kpis.snapshot")
    figure = Figure(drawn, "Incidents resolved without a ticket, by week; bars are 95 % intervals")
    return Component("deflection", "Support deflection", figures=(figure,), sheets=(numbers,))


def _segment_cell(row: dict[str, Any] | None) -> Cell:
    if row is None or known(row["value"]) is None:
        return text_cell(None)
    return value_cell(row["value"], row["unit"], link=link_of(row["kpi"]), note=f"n = {count(row['n'])}")


def gates(material: Material) -> Component:
    """How often a limit, a pricing page, a nudge or guidance is followed by its goal, against those who did not meet it."""
    made = tuple(
        (
            text_cell(words(str(row["kind"]))),
            text_cell(words(str(row["item"]))),
            text_cell(row["bucket"]),
            count_cell(row["window_days"]),
            count_cell(row["mature_exposed"]),
            share_cell(row, "rate") if known(row["rate"]) is not None else Cell(share(None), note=str(row["reason"] or "")),
            Cell(
                signed(_points(row["difference"]), "percent"),
                known(row["difference"]),
                note=between(row["difference_low"], row["difference_high"], "share"),
            ),
            text_cell(row["compared_with"]),
        )
        for row in material.rows("gate_rows")
    )
    names = ("Kind?", "Which?", "Group", "Days#", "Met it#", "Reached the goal#", "Difference#", "Compared with")
    sheet = Sheet(
        "gates-and-prompts", "Gates and prompts: associations, not effects", columns(*names), made, "cohorts.gates", tool=True
    )
    return material.component("gates", "Gates and prompts", "gate_rows", sheets=(sheet,))


def plays(material: Material) -> Component:
    """Success plays by status, and what came of them against their holdout."""
    rows = material.rows("play_counts")
    counted = tuple(
        (
            text_cell(words(str(row["play"]))),
            text_cell(row["channel"]),
            text_cell(row["status"]),
            text_cell(row["owner"]),
            count_cell(row["plays"]),
            count_cell(row["held_out"]),
        )
        for row in rows
    )
    names = ("Play?", "Channel?", "Status?", "Owner?", "Plays#", "Held out#")
    sheet = Sheet("play-counts", "Plays now", columns(*names), counted, "cohorts.plays", tool=True)
    made = tuple(
        (
            text_cell(words(str(row["play"]))),
            text_cell(row["arm"]),
            count_cell(row["mature_n"]),
            count_cell(row["succeeded"]),
            share_cell(row, "rate"),
            Cell(
                signed(_points(row["difference"]), "percent"),
                known(row["difference"]),
                note=between(row["difference_low"], row["difference_high"], "share"),
            ),
            text_cell(words(str(row["verdict"])) if row["verdict"] else None),
        )
        for row in material.rows("play_outcomes")
    )
    heads = ("Play", "Arm", "Finished#", "Succeeded#", "Rate#", "Against the holdout#", "Verdict")
    results = Sheet("play-outcomes", "What came of them", columns(*heads), made, "cohorts.play_results")
    total: dict[str, int] = {}
    for row in rows:
        total[str(row["status"])] = total.get(str(row["status"]), 0) + int(row["plays"])
    said = "Now: " + ", ".join(f"{count(number)} {status}" for status, number in sorted(total.items())) + "." if total else ""
    return material.component("plays", "Success plays", "play_counts", "play_outcomes", said=said, sheets=(sheet, results))


def segments(material: Material) -> Component:
    """How many users and accounts are in each action segment."""
    rows = material.rows("segment_counts")
    totals: dict[str, int] = {}
    for row in rows:
        totals[str(row["unit"])] = totals.get(str(row["unit"]), 0) + int(row["units"])
    made = tuple(
        (
            text_cell(words(str(row["segment"]))),
            text_cell(f"{row['unit']}s"),
            count_cell(row["units"]),
            Cell(
                share(row["units"] / totals[str(row["unit"])]),
                row["units"] / totals[str(row["unit"])],
                bar=100 * row["units"] / totals[str(row["unit"])],
            ),
        )
        for row in rows
    )
    sheet = Sheet("action-segments", "Action segments", columns("Segment", "Of", "Number#", "Share#"), made, "cohorts.segments")
    return material.component("segments", "Segments", "segment_counts", sheets=(sheet,))


def drilldown(material: Material) -> Component:
    """Every KPI by segment, and by channel, region, device and plan, to be sorted and filtered."""
    rows = material.rows("dimension_rows")
    preferred = {kpi: str(row["period"]) for kpi, row in material.shown.items()}
    rows = [row for row in rows if row["period"] == preferred.get(str(row["kpi"]), row["period"])]
    by_group = tuple(
        (
            text_cell(words(str(row["kpi"]))),
            text_cell(row["dimension"]),
            text_cell(words(str(row["dimension_value"]))),
            Cell(stretch(str(row["period"]), row["period_start"]), f"{row['period_start']:%Y-%m-%d}"),
            value_cell(row["value"], row["unit"], link=link_of(row["kpi"])),
            text_cell(between(row["ci_low"], row["ci_high"], row["unit"])),
            count_cell(row["n"]),
        )
        for row in rows
    )
    names = ("KPI?", "By?", "Value", "Period", "Figure#", "95 % interval", "n#")
    dimensions = Sheet(
        "kpis-by-group", "KPIs by channel, region, device and plan", columns(*names), by_group, "kpis.snapshot", tool=True
    )
    chosen = {kpi: (row["period"], row["period_start"]) for kpi, row in material.shown.items()}
    by_segment = tuple(
        (
            text_cell(words(str(row["kpi"]))),
            text_cell(segment_name(row["segment"])),
            text_cell(stretch(str(row["period"]), row["period_start"])),
            value_cell(row["value"], row["unit"], link=link_of(row["kpi"])),
            text_cell(between(row["ci_low"], row["ci_high"], row["unit"])),
            count_cell(row["n"]),
            value_cell(row["target"], row["unit"]),
            text_cell(words(str(row["band"])) if row["band"] else None),
        )
        for row in material.kpis
        if chosen.get(row["kpi"]) == (row["period"], row["period_start"]) and known(row["value"]) is not None
    )
    heads = ("KPI?", "Segment?", "Period", "Figure#", "95 % interval", "n#", "Target#", "Band?")
    segmented = Sheet("kpis-by-segment", "KPIs by segment", columns(*heads), by_segment, "kpis.snapshot", tool=True)
    return material.component("drilldown", "Every KPI, to sort and filter", "kpi_history", sheets=(segmented, dimensions))
