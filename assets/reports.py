"""The reports stage: pages for people, made of tables that are already there."""

import dagster as dg

from assets.declare import asset_of
from assets.publishing import Night, work_on
from plg_orchestration.reports import write_executive_report
from plg_orchestration.resources import WarehouseResource
from plg_orchestration.warehouse import Rows

SHOWN = [
    "kpis.snapshot", "kpis.benchmarks", "cohorts.signup_cohorts", "cohorts.retention", "revenue.mrr_movements",
    "revenue.mrr_daily", "pql.champion", "pql.bias_audit", "pql.decisions", "pql.routes", "governance.controls",
    "governance.risks", "ingest.files", "ingest.findings",
]  # fmt: skip


@dg.asset(**asset_of("reports.executive", after=SHOWN, kinds=("html",)))
def executive(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """One page that opens offline: KPIs among their benchmarks, cohorts, revenue, the champion, bias, queue, risks and data.

    Of a range of days the last one gets its page; any other is made by running that day.
    """
    with work_on(context, warehouse) as work:
        return work.publish("reports.executive", _page, newest_only=True)


def _page(night: Night) -> Rows:
    return write_executive_report(night.warehouse, as_of=night.as_of, workspace=night.workspace)
