"""A night's alerts from the warehouse: what every rule finds, and the alerts that it makes of it.

What counts as a breach is decided in `judging.py`, what becomes of it in `lifecycle.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from plg_orchestration.clock import AsOf
from plg_orchestration.governance.actions.tables import ACKNOWLEDGEMENTS
from plg_orchestration.governance.tables import CONTROLS
from plg_orchestration.kpis.alerts import queries
from plg_orchestration.kpis.alerts.figures import FIGURES
from plg_orchestration.kpis.alerts.judging import Finding, judge
from plg_orchestration.kpis.alerts.lifecycle import Before, Word, alerts_of
from plg_orchestration.kpis.alerts.policy import JUDGED, AlertPolicy
from plg_orchestration.kpis.alerts.series import Key, Series, series_of
from plg_orchestration.kpis.alerts.tables import ALERT_CHECKS, ALERTS
from plg_orchestration.warehouse import Query, Table, Warehouse, table

TYPES = {"DATE": pa.date32(), "VARCHAR": pa.string(), "DOUBLE": pa.float64(), "BIGINT": pa.int64()}


@dataclass(frozen=True)
class NightsAlerts:
    """Tonight's rows of `kpis.alerts` and `kpis.alert_checks`, and the series that they rest on."""

    alerts: pa.Table
    checks: pa.Table
    series: Mapping[Key, Series]


def nights_alerts(warehouse: Warehouse, *, as_of: AsOf, policy: AlertPolicy) -> NightsAlerts:
    """Judge every rule on what was known at `as_of`, and follow the alerts of the newest night before.

    Reads `kpis.snapshot`, `kpis.history`, `governance.controls`, `governance.acknowledgements` and the configuration's tables.
    """
    for declared in (ALERTS, ALERT_CHECKS, ACKNOWLEDGEMENTS, CONTROLS, table("kpis.snapshot"), table("kpis.history")):
        warehouse.ensure(declared)
    series = known_series(warehouse, as_of=as_of)
    targets = {(str(kpi), str(period), str(segment)): float(str(target)) for kpi, period, segment, target in _targets(warehouse)}
    findings = judge(policy, series, targets=targets, as_of=as_of.date)
    before = Before(
        _dicts(warehouse, queries.night_before(table=ALERTS.name, as_of=as_of)),
        _dicts(warehouse, queries.night_before(table=ALERT_CHECKS.name, as_of=as_of)),
        [Word(**row) for row in _dicts(warehouse, queries.said(as_of=as_of))],
    )
    rows = alerts_of(findings, before, policy=policy, as_of=as_of.date)
    checks = [{"as_of": as_of.date, **vars(finding)} for finding in findings]
    return NightsAlerts(_as_table(ALERTS, rows), _as_table(ALERT_CHECKS, checks), series)


def known_series(warehouse: Warehouse, *, as_of: AsOf) -> dict[Key, Series]:
    """The series of every KPI and figure that rules name."""
    rows = _dicts(warehouse, queries.alert_series(as_of=as_of)) + _dicts(warehouse, queries.fake_accounts(as_of=as_of))
    return series_of([row for row in rows if row["kpi"] in JUDGED or row["kpi"] in FIGURES], JUDGED)


def findings_shown(findings: Sequence[Finding]) -> dict[str, int]:
    """How many findings there are of each verdict."""
    return {verdict: sum(one.verdict == verdict for one in findings) for verdict in ("quiet", "breach", "not_judged")}


def _targets(warehouse: Warehouse) -> list[tuple[object, ...]]:
    return warehouse.rows(queries.targets())


def _dicts(warehouse: Warehouse, query: Query) -> list[dict[str, Any]]:
    return warehouse.arrow(query).to_pylist()


def _as_table(declared: Table, rows: Sequence[Mapping[str, object]]) -> pa.Table:
    return pa.table({
        column.name: pa.array([row[column.name] for row in rows], TYPES[column.type]) for column in declared.columns
    })  # fmt: skip
