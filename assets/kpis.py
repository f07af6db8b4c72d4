"""The KPI stage: the snapshot of every KPI, its history as known tonight, and the benchmarks that it is placed among."""

import dagster as dg

from assets.declare import asset_of
from assets.publishing import Night, publish, work_on
from plg_orchestration.kpis import queries
from plg_orchestration.kpis.periods import HISTORY, NEWEST
from plg_orchestration.resources import WarehouseResource
from plg_orchestration.warehouse import Rows, table

GROUNDWORK = [
    "behavior.user_days", "behavior.milestones", "ingest.users", "ingest.accounts", "ingest.subscriptions", "ingest.invites",
    "ingest.tickets", "ingest.surveys", "ingest.spend", "ingest.finance", "ingest.exchange_rates", "ingest.crm_outcomes",
    "behavior.user_features", "behavior.visitor_days", "revenue.mrr_movements", "cohorts.activation_scores", "pql.decisions",
]  # fmt: skip
OF_WHOLE_NIGHTS = ("cohorts.activation_scores", "pql.decisions")
"""Read by the snapshot, but not built by the job `kpi_snapshot`, which may be the first that ever runs."""


@dg.asset(**asset_of("kpis.snapshot", after=GROUNDWORK))
def snapshot(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Every KPI by period and segment with numerator, denominator, interval, benchmark band, target and definition hash."""
    return publish(context, warehouse, "kpis.snapshot", _snapshot, chart="activation")


@dg.asset(**asset_of("kpis.history", after=["kpis.snapshot"]))
def history(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Every KPI of the last days, weeks, months and quarters by segment, as known tonight; of a range of days, on the last."""
    with work_on(context, warehouse) as work:
        return work.publish("kpis.history", _history, newest_only=True)


@dg.asset(**asset_of("kpis.benchmarks"))
def benchmarks(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """The published benchmarks, several a KPI, each with its source, its period and the kind of figure that it is."""
    return publish(context, warehouse, "kpis.benchmarks", lambda night: queries.benchmarks(as_of=night.as_of))


def _snapshot(night: Night) -> Rows:
    _ensure(night)
    return queries.snapshot(as_of=night.as_of, workspace=night.workspace, back=HISTORY if night.newest else NEWEST)


def _history(night: Night) -> Rows:
    _ensure(night)
    return queries.history(as_of=night.as_of, workspace=night.workspace)


def _ensure(night: Night) -> None:
    for name in OF_WHOLE_NIGHTS:
        night.warehouse.ensure(table(name))
