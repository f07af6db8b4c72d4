"""The tactical report on management: dashboard, weekly review, alerts, restatements, claims and what-if.

These tables judge; here they are printed.
"""

import json
from collections.abc import Mapping
from typing import Any

from plg_orchestration.reports.alert_parts import UNITS, alerts_sheet, standing
from plg_orchestration.reports.definitions import kpi_anchor
from plg_orchestration.reports.formats import (
    DASH,
    NARROW,
    between,
    count,
    date,
    figure,
    known,
    segment_name,
    signed,
    stretch,
    words,
)  # fmt: skip
from plg_orchestration.reports.kpi_parts import newest, series, spark
from plg_orchestration.reports.rows import Chip
from plg_orchestration.reports.sheets import Cell, Component, Sheet, columns, count_cell, text_cell, value_cell
from plg_orchestration.reports.tactical.material import Material, link_of

VERDICTS = {"holds": "good", "does_not_hold": "bad", "too_little_data": "none", "unavailable": "none"}


TREND = (
    "Metric", "Group?", "Current#", "Target#", "Distance#", "Week over week#", "Month over month#", "Year over year#",
    "Own history#", "Past",
)  # fmt: skip
CHANGES = (("trend_wow", "within_week"), ("trend_mom", "within_month"), ("trend_yoy", "within_year"))


def dashboard(material: Material) -> Component:
    """The dashboard: each KPI with current, target, distance, changes and its own past; then the KPIs that are not on it."""
    rows = material.rows("trend_rows")
    on = [row for row in rows if row.get("dashboard")]
    listed = {row["metric"] for row in on}
    off = [row for row in rows if row["metric"] not in listed and _stands(material, row)]
    note = (
        "Distance: negative is worse than the target. Own history: the share of earlier values that were worse. "
        "~ marks a change within the sampling interval."
    )
    sheets = tuple(
        Sheet(
            name,
            caption,
            columns(*TREND),
            tuple(_dashboard_row(material, row) for row in some),
            "kpis.trends",
            tool=True,
            note=note,
        )
        for name, caption, some in (
            ("dashboard-metrics", "Dashboard, all segments", on),
            ("other-metrics", "KPIs that are not on the dashboard", off),
        )
    )
    return material.component("dashboard", "Dashboard", "trend_rows", sheets=sheets)


def _stands(material: Material, row: Mapping[str, Any]) -> bool:
    shown = material.shown.get(str(row["metric"]))
    return shown is not None and shown["period"] == row.get("period") and known(row.get("current")) is not None


def _dashboard_row(material: Material, row: Mapping[str, Any]) -> tuple[Cell, ...]:
    kpi, unit = str(row["metric"]), row.get("unit")
    own = [one for one in material.kpis if one["kpi"] == kpi and one["segment"] == "all" and one["period"] == row.get("period")]
    chosen = newest(kpi, own)
    period = stretch(str(row["period"]), row["period_start"]) if row.get("period_start") is not None else ""
    percentile = known(row.get("history_percentile"))
    drawn = spark(kpi, series(own, *chosen)) if chosen else None
    current = value_cell(row.get("current"), unit, link=kpi_anchor(kpi))
    return (
        Cell(words(str(row.get("label") or kpi)), note=period if current.link else str(row.get("reason") or period)),
        text_cell(row.get("group_name")),
        current,
        value_cell(row.get("target"), unit),
        Cell(signed(row.get("distance_to_target"), unit), known(row.get("distance_to_target"))),
        *(_change(row, name, "~" if row.get(within) else "") for name, within in CHANGES),
        Cell(DASH if percentile is None else f"{percentile:.0f} of 100", percentile, note=_of_history(row)),
        Cell("", picture=drawn) if drawn else Cell(""),
    )


def _of_history(row: Mapping[str, Any]) -> str:
    return f"n = {count(row.get('history_n'))}" if known(row.get("history_n")) else ""


def due(material: Material) -> Component:
    """The reviews that are held next, KPI by KPI, with who answers for it."""
    rows = [row for row in material.rows("due_rows") if row.get("due")]
    made = tuple(
        (
            Cell(words(str(row["kpi"]))), text_cell(row["forum"]), text_cell(row["cadence"]), text_cell(row["owner"]),
            value_cell(row["current"], row["unit"], link=kpi_anchor(row["kpi"])), value_cell(row["target"], row["unit"]),
            text_cell(words(str(row["standing"])) if row["standing"] else None), text_cell(row["reason"]),
        )
        for row in rows
    )  # fmt: skip
    names = ("KPI", "Forum?", "Cadence?", "Owner?", "Current#", "Target#", "Standing", "Without a value because")
    sheet = Sheet(
        "reviews-due", "To be looked at in the next reviews, all segments", columns(*names), made, "kpis.reviews", tool=True
    )
    said = "" if rows or not material.rows("due_rows") else "No review is due on the next day."
    return material.component("reviews", "Reviews that are due", "due_rows", said=said, sheets=(sheet,))


def _change(row: Mapping[str, Any], name: str, within: str) -> Cell:
    value = known(row.get(name))
    if value is None:
        return Cell("–", None)
    kind = str(row.get("trend_unit") or ("points" if row.get("unit") == "percent" else "unit"))
    said = signed(value, "percent") if kind in ("percent", "points") else signed(value, row.get("unit"))
    said = said.replace(" points", f"{NARROW}%") if kind == "percent" else said
    return Cell(f"{within}{said}", value)


REVIEWED = (
    "KPI",
    "Value#",
    "Target#",
    "Published median#",
    "Leaks a month#",
    "At stake a month#",
    "Accounts#",
    "Since last week#",
    "Owner",
    "Note",
)


def review(material: Material) -> Component:
    """The weekly review: seven layers, the leakiest named, and the KPIs of each."""
    rows = material.rows("review_rows")
    layers = [row for row in rows if row.get("kind") == "layer"]
    metrics = [row for row in rows if row.get("kind") == "metric"]
    leaky = next((row for row in layers if row.get("leakiest")), None)
    made = tuple(
        (Cell(_layer(row), chip=Chip(f"{_layer(row)}: leakiest", "bad") if row.get("leakiest") else None), *_review_cells(row))
        for row in layers
    )
    sheet = Sheet("review-layers", "Seven layers, each by its worst KPI", columns("Layer", *REVIEWED), made, "kpis.weekly_review")
    detail = tuple((text_cell(_layer(row)), text_cell(segment_name(row.get("segment"))), *_review_cells(row)) for row in metrics)
    heads = ("Layer?", "Segment?", *REVIEWED)
    drill = Sheet("review-metrics", "The KPIs of each layer", columns(*heads), detail, "kpis.weekly_review", tool=True)
    said = _leakiest(leaky) if leaky else "No layer can be named the leakiest." if layers else ""
    return material.component(
        "review", "Weekly review", "review_rows", said=said, tone="bad" if leaky else "none", sheets=(sheet, drill)
    )


def _layer(row: Mapping[str, Any]) -> str:
    return str(row.get("label") or words(str(row["layer"])))


def _review_cells(row: Mapping[str, Any]) -> tuple[Cell, ...]:
    kpi = row.get("kpi")
    unit = str(row.get("unit") or UNITS.get(str(kpi), "")) or None
    money = _monthly(row)
    changed = known(row.get("change_since_last_week"))
    change_unit = money if row.get("kind") == "layer" else unit
    told = "; ".join(str(row[name]) for name in ("reason", "note", "change_reason") if row.get(name))
    return (
        Cell(words(str(kpi)), link=kpi_anchor(kpi)) if kpi else text_cell(None),
        value_cell(row.get("value"), unit, link=link_of(kpi)), value_cell(row.get("target"), unit),
        value_cell(row.get("p50"), unit, note=str(row.get("p50_source") or "")), value_cell(row.get("leak"), money),
        value_cell(row.get("money_at_stake"), money), count_cell(row.get("affected_accounts")),
        Cell(signed(changed, change_unit), changed), text_cell(row.get("owner")), text_cell(told),
    )  # fmt: skip


def _monthly(row: Mapping[str, Any]) -> str:
    return f"{str(row.get('currency') or '').lower()}_per_month"


def _leakiest(row: Mapping[str, Any]) -> str:
    money = figure(row.get("leak"), _monthly(row))
    week = f" in the week of {date(row['week_start'])}" if row.get("week_start") is not None else ""
    what = f"{_layer(row)}, by {words(str(row.get('kpi')))}: {money} a month"
    return f"The leakiest layer{week} is {what}; owner {row.get('owner')}."


def alerts(material: Material) -> Component:
    """Every alert, also those that are suppressed, with the reason."""
    rows = material.rows("alert_rows")
    up = standing(rows)
    said = f"{count(len(up))} stand, {count(len(rows) - len(up))} are suppressed, held or resolved." if rows else ""
    return material.component(
        "alerts-all", "Alerts", "alert_rows", said=said, sheets=(alerts_sheet(rows, material.kpis, name="alert-rows", tool=True),)
    )  # fmt: skip


def restatements(material: Material) -> Component:
    """Published values that are now another number, and why."""
    made = tuple(
        (
            Cell(words(str(row["kpi"])), note=segment_name(row.get("segment"))),
            text_cell(stretch(str(row["period"]), row["period_start"])),
            text_cell(date(row.get("published_on"))),
            value_cell(row.get("published_value"), _unit(material, row), link=kpi_anchor(row["kpi"])),
            value_cell(row.get("value_now"), _unit(material, row), link=kpi_anchor(row["kpi"])),
            Cell(signed(row.get("change"), _unit(material, row)), known(row.get("change"))),
            text_cell(words(str(row.get("cause")))),
            count_cell(row.get("late_rows")),
            text_cell(row.get("evidence")),
        )
        for row in material.rows("restatement_rows")
    )
    rows = material.rows("restatement_rows")
    more = int(rows[0]["total"]) - len(rows) if rows else 0
    most = f"The {count(len(rows))} that matter most; {count(more)} more are in kpis.restatements. " if more else ""
    said = f"{most}Waiting times move every night as days pass, and are left out."
    names = ("KPI", "Period", "Published on", "Published#", "Now#", "Change#", "Cause?", "Late rows#", "Evidence")
    sheet = Sheet("restated", "Published → restated", columns(*names), made, "kpis.restatements", tool=True)
    sheets = (sheet, _revisions(material))
    return material.component("restatements", "Restatements", "restatement_rows", said=said, sheets=sheets)


def _revisions(material: Material) -> Sheet:
    """What days had published before they were built again for the same day."""
    made = tuple(
        (
            text_cell(date(row["as_of"])),
            Cell(words(str(row["kpi"])), note=segment_name(row.get("segment"))),
            text_cell(str(row["dimension_value"] or "")),
            text_cell(stretch(str(row["period"]), row["period_start"])),
            value_cell(row.get("published_value"), _unit(material, row), link=kpi_anchor(row["kpi"])),
            value_cell(row.get("value_now"), _unit(material, row), link=kpi_anchor(row["kpi"])),
            text_cell("same" if row["same_definition"] else "another"),
        )
        for row in material.rows("revision_rows")
    )
    names = ("Day", "KPI", "Part", "Period", "Published first#", "Published then#", "Definition?")
    return Sheet("revised", "Days that were built again with another outcome", columns(*names), made, "kpis.revisions", tool=True)


def _unit(material: Material, row: Mapping[str, Any]) -> str | None:
    kpi = str(row["kpi"])
    shown = material.shown.get(kpi)
    return str(row.get("unit") or (shown["unit"] if shown else UNITS.get(kpi, ""))) or None


def claims(material: Material) -> Component:
    """Published rules of thumb beside what the workspace's own data say."""
    made = tuple(
        (
            Cell(str(row.get("statement") or words(str(row["claim"]))), note=str(row.get("source") or "")),
            text_cell(_published(row)),
            Cell(
                figure(row.get("value"), row.get("unit")),
                known(row.get("value")),
                note=between(row.get("ci_low"), row.get("ci_high"), row.get("unit")),
            ),
            count_cell(row.get("n")),
            Cell(
                str(row["verdict"]),
                str(row["verdict"]),
                chip=Chip(words(str(row["verdict"])).lower(), VERDICTS.get(str(row["verdict"]), "none")),
            ),
            text_cell(row.get("reason")),
        )
        for row in material.rows("claim_rows")
    )
    names = ("Claim", "Published", "Here#", "n#", "Verdict", "Why")
    sheet = Sheet("claims-tested", "Claims, tested at home", columns(*names), made, "kpis.claims")
    return material.component("claims", "Claims, tested at home", "claim_rows", sheets=(sheet,))


def _published(row: Mapping[str, Any]) -> str | None:
    low, high, unit = row.get("published_low"), row.get("published_high"), row.get("unit")
    if known(low) is None and known(high) is None:
        return None
    if known(low) is None or known(high) is None or low == high:
        return figure(low if known(low) is not None else high, unit)
    return between(low, high, unit)


def what_if(material: Material) -> Component:
    """What a change of each lever would do to ARR, beside the published claim."""
    made = tuple(
        (
            Cell(words(str(row["lever"])), note=_lift(row)),
            value_cell(row.get("base_arr"), _money(row)),
            Cell(
                figure(row.get("arr_effect"), _money(row)),
                known(row.get("arr_effect")),
                note=between(row.get("ci_low"), row.get("ci_high"), _money(row)),
            ),
            Cell(_percent(row.get("effect_percent")), known(row.get("effect_percent"))),
            text_cell(_range(row)),
            text_cell(_assumed(row.get("assumptions")), note=str(row.get("reason") or "")),
        )
        for row in material.rows("what_if_rows")
    )
    names = ("Lever", "ARR in a year without it#", "Effect on ARR#", "Of ARR#", "Published", "Assumptions")
    sheet = Sheet("what-if-levers", "What if", columns(*names), made, "kpis.what_if")
    return material.component("what-if", "What if", "what_if_rows", sheets=(sheet,))


def _lift(row: Mapping[str, Any]) -> str:
    change = known(row.get("change"))
    return "" if change is None else f"{change:+g} %".replace("-", "\u2212")


def _money(row: Mapping[str, Any]) -> str:
    return str(row.get("currency") or "").lower()


def _percent(value: object) -> str:
    return signed(value, "percent").replace(" points", "\u202f%")


def _range(row: Mapping[str, Any]) -> str | None:
    return between(row.get("published_low"), row.get("published_high"), "percent") or None


def _assumed(text: object) -> str:
    try:
        found = json.loads(str(text)) if text else {}
    except ValueError:
        return str(text)
    if not isinstance(found, dict):
        return str(found)
    figures = [one for one in found.get("figures") or [] if isinstance(one, dict)]
    said = [f"{str(one.get('name')).replace('_', ' ')} {_figure_of(one)}" for one in figures]
    held = [str(sentence).rstrip(".") for sentence in found.get("held") or []]
    months = found.get("months")
    return "; ".join([*([f"over {months} months"] if months else []), *said, *held])


def _figure_of(one: Mapping[str, Any]) -> str:
    unit = str(one.get("unit") or "") or None
    spread = between(one.get("low"), one.get("high"), unit)
    return figure(one.get("value"), unit) + (f" ({spread})" if spread else "")
