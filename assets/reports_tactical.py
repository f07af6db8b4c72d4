"""The reports stage's page for teams: what they review week by week, on one page."""

import dagster as dg

from assets.declare import asset_of
from assets.publishing import Night, work_on
from assets.show import logged_page
from plg_orchestration.reports import write_tactical_report
from plg_orchestration.resources import TrackingResource, WarehouseResource
from plg_orchestration.warehouse import Rows

SHOWN = [
    "kpis.snapshot", "kpis.history", "kpis.benchmarks", "kpis.trends", "kpis.reviews", "kpis.alerts", "kpis.restatements",
    "kpis.revisions", "kpis.weekly_review", "kpis.claims", "kpis.what_if", "cohorts.funnel",
    "cohorts.signup_cohorts", "cohorts.retention",
    "cohorts.lifecycle", "cohorts.onboarding", "cohorts.friction", "cohorts.dropoff", "cohorts.gates", "cohorts.plays",
    "cohorts.play_results", "cohorts.segments", "cohorts.viral", "behavior.milestones", "revenue.mrr_months",
    "governance.risks",
]  # fmt: skip


@dg.asset(**asset_of("reports.tactical", after=SHOWN, kinds=("html", "mlflow")))
def tactical(context: dg.AssetExecutionContext, warehouse: WarehouseResource, tracking: TrackingResource) -> dg.MaterializeResult:
    """The weekly page: review, dashboard, alerts, channels, funnels, cohorts, retention, friction, plays, claims, what-if.

    Of a range of days the last one gets its page; any other is made by running that day.
    """
    with work_on(context, warehouse) as work:
        result = work.publish("reports.tactical", _page, newest_only=True)
        page = work.workspace.state / "reports" / str(work.last.as_of.date) / "tactical.html"
        context.add_asset_metadata(logged_page(tracking, page, as_of=work.last.as_of.date), asset_key=result.asset_key)
    return result


def _page(night: Night) -> Rows:
    return write_tactical_report(night.warehouse, as_of=night.as_of, workspace=night.workspace)
