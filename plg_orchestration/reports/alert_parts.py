"""Alerts as both reports show them: the count that stands, and a table of each with its evidence.

Whether something alerts is decided in `kpis.alerts`; a state or severity is that of its row.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from plg_orchestration.kpis.registry import KPIS
from plg_orchestration.reports.definitions import kpi_anchor
from plg_orchestration.reports.formats import between, date, figure, known, segment_name, stretch, words
from plg_orchestration.reports.kpi_parts import series, spark
from plg_orchestration.reports.rows import Chip
from plg_orchestration.reports.sheets import Cell, Sheet, columns, text_cell, value_cell

SEVERITIES = {"high": "bad", "warn": "warn", "info": "none"}
RANK = {"high": 0, "warn": 1, "info": 2}
UNITS = {kpi.name: kpi.unit for kpi in KPIS}
STANDING = ("open", "acknowledged", "snoozed")


def standing(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The alerts that stand: open, acknowledged or snoozed."""
    return [row for row in rows if row.get("state") in STANDING]


def alerts_sheet(rows: Sequence[Mapping[str, Any]], kpis: Sequence[Mapping[str, Any]], *, name: str, tool: bool) -> Sheet:
    """A table of the alerts: what, value and limit, past values, severity, state with its reason, owner, what is at stake.

    `kpis`: the periods of every KPI and segment, from which the line of past values is drawn.
    """
    names = ("Alert", "Value#", "Limit#", "Past", "Severity?", "State?", "Owner?", "Threatens", "Since", "Evidence")
    return Sheet(name, "Alerts", columns(*names), tuple(_row(row, kpis) for row in rows), "kpis.alerts", tool=tool)


def _row(row: Mapping[str, Any], kpis: Sequence[Mapping[str, Any]]) -> tuple[Cell, ...]:
    kpi = str(row["kpi"])
    unit = str(row.get("unit") or UNITS.get(kpi, "")) or None
    limit, value = known(row.get("threshold")), known(row["value"])
    expected = between(row.get("expected_low"), row.get("expected_high"), unit)
    severity, state = str(row["severity"]), str(row["state"])
    about = [words(str(row["kind"])), segment_name(row["segment"])]
    if row["period_start"] is not None:
        about.append(stretch(str(row["period"]), row["period_start"]))
    lagging = row.get("lagging_kpi")
    return (
        Cell(words(kpi), note=", ".join(about)),
        value_cell(value, unit, link=kpi_anchor(kpi)),
        Cell(f"expected {expected}" if limit is None and expected else figure(limit, unit), limit),
        Cell("", picture=_past(row, kpis)),
        Cell(severity, RANK.get(severity, 3), chip=Chip(severity, SEVERITIES.get(severity, "none"))),
        Cell(state, note=str(row.get("state_reason") or "")),
        text_cell(row.get("owner")),
        Cell(words(str(lagging)), link=kpi_anchor(lagging)) if lagging else text_cell(None),
        text_cell(date(row.get("since"))),
        text_cell(row.get("evidence")),
    )


def _past(row: Mapping[str, Any], kpis: Sequence[Mapping[str, Any]]) -> Markup:
    own = [dict(one) for one in kpis if one["kpi"] == row["kpi"] and one["segment"] == row["segment"]]
    if row["period_start"] is None:
        return Markup("")
    return spark(str(row["kpi"]), series(own, str(row["period"]), row["period_start"]))
