"""The reports stage: pages for people, made of tables that are already there."""

import dagster as dg

from assets.declare import asset_of
from assets.publishing import publish
from plg_orchestration.reports import write_executive_report
from plg_orchestration.resources import WarehouseResource

SHOWN = [
    "kpis.snapshot", "kpis.benchmarks", "cohorts.signup_cohorts", "cohorts.retention", "revenue.mrr_movements",
    "revenue.mrr_daily", "pql.champion", "pql.bias_audit", "pql.decisions", "pql.routes", "governance.controls",
    "governance.risks", "ingest.files", "ingest.findings",
]  # fmt: skip


@dg.asset(**asset_of("reports.executive", after=SHOWN, kinds=("html",)))
def executive(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """One page that opens offline: KPIs among their benchmarks, cohorts, revenue, the champion, bias, queue, risks and data."""
    return publish(
        context, warehouse, "reports.executive",
        lambda night: write_executive_report(night.warehouse, as_of=night.as_of, workspace=night.workspace),
    )  # fmt: skip
