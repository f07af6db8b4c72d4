"""Alerts as both reports show them: the count that stands, and a table of each with its evidence.

Whether something alerts is decided in `kpis.alerts`; a state or severity is that of its row.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from plg_orchestration.kpis.registry import KPIS
from plg_orchestration.reports.definitions import kpi_anchor
from plg_orchestration.reports.formats import DASH, date, figure, known, segment_name, stretch, words
from plg_orchestration.reports.rows import Chip
from plg_orchestration.reports.sheets import Cell, Sheet, columns, text_cell

SEVERITIES = {"high": "bad", "warn": "warn", "info": "none"}
RANK = {"high": 0, "warn": 1, "info": 2}
UNITS = {kpi.name: kpi.unit for kpi in KPIS}
STANDING = ("open", "acknowledged", "snoozed")


def standing(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The alerts that stand: open, acknowledged or snoozed."""
    return [row for row in rows if row.get("state") in STANDING]


def alerts_sheet(rows: Sequence[Mapping[str, Any]], units: Mapping[str, str], *, name: str, tool: bool) -> Sheet:
    """A table of the alerts: what, value and limit, severity, state with its reason, who is told and what is at stake."""
    names = ("Alert", "Value#", "Limit#", "Severity?", "State?", "Owner?", "Threatens", "Since", "Evidence")
    return Sheet(
        name, "Alerts", columns(*names), tuple(_row(row, units) for row in rows), "kpis.alerts", tool=tool and len(rows) > 1
    )  # fmt: skip


def _row(row: Mapping[str, Any], units: Mapping[str, str]) -> tuple[Cell, ...]:
    kpi = str(row.get("kpi") or "")
    unit = units.get(kpi) or UNITS.get(kpi)
    limit = row.get("threshold") if known(row.get("threshold")) is not None else row.get("previous")
    severity, state = str(row.get("severity") or DASH), str(row.get("state") or DASH)
    about = [segment_name(row["segment"])] if row.get("segment") else []
    if row.get("period") and row.get("period_start") is not None:
        about.append(stretch(str(row["period"]), row["period_start"]))
    title = words(kpi) if kpi else words(str(row.get("rule") or row.get("alert_id")))
    lagging = row.get("lagging_kpi")
    value = known(row.get("value"))
    return (
        Cell(title, note=", ".join([words(str(row.get("kind") or "")), *about]).lstrip(", ")),
        Cell(figure(value, unit), value, link=kpi_anchor(kpi) if kpi and value is not None else ""),
        Cell(figure(_limit(limit, row), unit), known(limit)),
        Cell(severity, RANK.get(severity, 3), chip=Chip(severity, SEVERITIES.get(severity, "none"))),
        Cell(state, note=str(row.get("state_reason") or "")),
        text_cell(row.get("owner")),
        Cell(words(str(lagging)), link=kpi_anchor(lagging)) if lagging else text_cell(None),
        text_cell(date(row.get("since") or row.get("first_seen"))),
        text_cell(row.get("evidence")),
    )


def _limit(limit: object, row: Mapping[str, Any]) -> object:
    return limit if known(limit) is not None else row.get("expected_low")
