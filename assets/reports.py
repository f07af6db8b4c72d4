"""The reports stage: pages for people, made of tables that are already there."""

import dagster as dg

from assets.declare import asset_of
from assets.publishing import Night, work_on
from assets.show import logged_page
from plg_orchestration.reports import write_drift_review, write_executive_report
from plg_orchestration.resources import TrackingResource, WarehouseResource
from plg_orchestration.warehouse import Rows

SHOWN = [
    "kpis.snapshot",
    "kpis.history",
    "kpis.benchmarks",
    "kpis.alerts",
    "cohorts.signup_cohorts",
    "cohorts.retention",
    "revenue.mrr_months",
    "pql.champion",
    "pql.bias_audit",
    "pql.decisions",
    "pql.routes",
    "governance.controls",
    "governance.risks",
    "ingest.files",
    "ingest.findings",
]
REVIEWED = ["pql.drift", "pql.live_performance", "pql.outcomes", "pql.champion"]


@dg.asset(**asset_of("reports.executive", after=SHOWN, kinds=("html", "mlflow")))
def executive(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource, tracking: TrackingResource
) -> dg.MaterializeResult:
    """One page that opens offline: KPIs among their benchmarks, alerts, revenue, cohorts, the champion, bias, risks and data.

    Of a range of days the last one gets its page; any other is made by running that day.
    """
    with work_on(context, warehouse) as work:
        result = work.publish("reports.executive", _page, newest_only=True)
        page = work.workspace.state / "reports" / str(work.last.as_of.date) / "executive.html"
        context.add_asset_metadata(logged_page(tracking, page, as_of=work.last.as_of.date), asset_key=result.asset_key)
    return result


@dg.asset(**asset_of("reports.drift_review", after=REVIEWED, kinds=("html",)))
def drift_review(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """The month up to the day: what drifted, what came of the leads, what went wrong and what to do; as page, text and CSV."""
    with work_on(context, warehouse) as work:
        return work.publish("reports.drift_review", _review, newest_only=True)


def _review(night: Night) -> Rows:
    return write_drift_review(night.warehouse, as_of=night.as_of, workspace=night.workspace)


def _page(night: Night) -> Rows:
    return write_executive_report(night.warehouse, as_of=night.as_of, workspace=night.workspace)
