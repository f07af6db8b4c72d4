"""Every governance target with its figure of the night: a control's, a metric's or a KPI's; without a figure it is not met.

Which figure belongs to a target is configuration (`policy.py`); how KPIs are computed, the stage `kpis` says.
"""

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from plg_orchestration.clock import AsOf
from plg_orchestration.governance.conditions import parse_condition
from plg_orchestration.governance.controls import Governed, Measurement, measure
from plg_orchestration.governance.register.policy import Target
from plg_orchestration.governance.register.tables import TARGETS
from plg_orchestration.governance.registry import metric
from plg_orchestration.warehouse import Query, Warehouse, sql_file

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Figure:
    """What is held against a target: the measurement, its unit, what computed it, and the first day of a KPI's period."""

    measured: Measurement
    unit: str | None = None
    by: str | None = None
    period_start: dt.date | None = None


def hold(target: Target, figure: Figure) -> tuple[str, str]:
    """Whether the target is `met`, `missed` or has `no_data`, and why; a missing figure meets nothing."""
    measured = figure.measured
    judged = measured.judged if measured.value is not None else None
    if judged is None or math.isnan(judged):
        return "no_data", measured.detail
    conditions = [parse_condition(text) for text in target.passes_when]
    missed = [str(condition) for condition in conditions if not condition.holds(judged)]
    if missed:
        return "missed", f"{judged:g} is not {' and '.join(missed)}: {measured.detail}"
    return "met", measured.detail


def targets_on(warehouse: Warehouse, *, as_of: AsOf, workspace: Governed) -> "pd.DataFrame":
    """The rows of `governance.metrics` for the day, in the order of the configuration.

    A metric that a control of the day answers for is taken from `governance.controls`; the others are measured now.
    """
    import pandas as pd

    controls = _controls(warehouse, as_of)
    kpis = _kpis(warehouse, as_of)
    prepared: set[str] = set()
    measured: dict[str, Figure] = {}
    rows: list[dict[str, object]] = []
    for name, target in workspace.governance.targets.items():
        if target.metric is not None and target.metric not in {**controls, **measured}:
            entry = metric(target.metric)
            found = measure(warehouse, entry, as_of=as_of, workspace=workspace, prepared=prepared)
            measured[target.metric] = Figure(found, entry.unit, f"metric {entry.name}")
        figure = _figure(target, {**measured, **controls}, kpis)
        status, reason = hold(target, figure)
        rows.append({
            "as_of": as_of.date, "metric": name, "source_area": target.source_area, "target": target.target,
            "passes_when": " and ".join(target.passes_when) or None, "measured_by": figure.by, "value": figure.measured.value,
            "judged": figure.measured.judged, "unit": figure.unit, "numerator": figure.measured.numerator,
            "denominator": figure.measured.denominator, "period_start": figure.period_start, "status": status, "reason": reason,
        })  # fmt: skip
    return pd.DataFrame(rows, columns=list(TARGETS.column_names)).astype(object)


def _figure(target: Target, metrics: Mapping[str, Figure], kpis: Mapping[tuple[str, str], Figure]) -> Figure:
    if target.metric is not None:
        return metrics[target.metric]
    if target.kpi is not None:
        absent = f"the KPI {target.kpi} by {target.period} is not in the night's snapshot"
        return kpis.get((target.kpi, target.period), Figure(Measurement(None, absent), by=f"kpi {target.kpi}"))
    return Figure(Measurement(None, f"nothing computes it: {target.missing}"))


def _controls(warehouse: Warehouse, as_of: AsOf) -> dict[str, Figure]:
    """The day's figures of controls, by metric; of two controls of one metric the first counts: the figures are the same."""
    if not warehouse.exists("governance.controls"):
        return {}
    text = """select metric, control_id, value, evidence, numerator, denominator, judged, unit
        from governance.controls where as_of = $day order by control_id desc"""
    rows = cast("list[tuple[str, str, float | None, str, float | None, float | None, float | None, str]]",
                warehouse.rows(Query("figures", text, {"day": as_of.date})))  # fmt: skip
    return {
        name: Figure(Measurement(value, detail, numerator, denominator, judged), unit, f"control {control}")
        for name, control, value, detail, numerator, denominator, judged, unit in rows
    }


def _kpis(warehouse: Warehouse, as_of: AsOf) -> dict[tuple[str, str], Figure]:
    if not warehouse.exists("kpis.snapshot"):
        return {}
    rows = cast("list[tuple[str, str, dt.date, float | None, float | None, float | None, str, str | None]]",
                warehouse.rows(sql_file("governance/register/newest_kpis.sql", requires=(), as_of=as_of.date)))  # fmt: skip
    found: dict[tuple[str, str], Figure] = {}
    for name, period, start, value, numerator, denominator, unit, reason in rows:
        over = f" ({numerator:,.0f} of {denominator:,.0f})" if numerator is not None and denominator is not None else ""
        said = f"{name} in the {period} of {start}{over}" if value is not None else reason or f"{name} is not known"
        found[name, period] = Figure(Measurement(value, said, numerator, denominator, value), unit, f"kpi {name}", start)
    return found
