"""The reports stage's pack for the risk committee, made for a quarter and not every night."""

import dagster as dg

from assets.declare import asset_of
from assets.publishing import Night, work_on
from assets.show import logged_page, tracking_link
from plg_orchestration.reports.committee.page import write_risk_report
from plg_orchestration.resources import TrackingResource, WarehouseResource
from plg_orchestration.tracking import TrackingUnavailable, log_files
from plg_orchestration.warehouse import Rows, tables_of

SHOWN = [t.name for stage in ("governance", "experiments") for t in tables_of(stage)]


@dg.asset(**asset_of("reports.risk_report", after=SHOWN, kinds=("html", "csv", "mlflow")))
def risk_report(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource, tracking: TrackingResource
) -> dg.MaterializeResult:
    """The quarter up to the day for the risk committee: what it has to decide, the register, controls, incidents and the rest.

    One page that opens offline and its tables as CSV, also in MLflow. Of a range of days the last one gets its pack.
    """
    with work_on(context, warehouse) as work:
        result = work.publish("reports.risk_report", _pack, newest_only=True)
        day = work.last.as_of.date
        folder = work.workspace.state / "reports" / str(day) / "risk_report"
        shown = logged_page(tracking, folder.with_suffix(".html"), as_of=day)
        try:
            logged = log_files(tracking.open(), as_of=day, folder=folder)
            shown["files in MLflow"] = tracking_link(f"experiments/{logged.experiment_id}/runs/{logged.run_id}/artifacts")
        except TrackingUnavailable as error:
            shown["files in MLflow"] = dg.MetadataValue.text(str(error))
        context.add_asset_metadata(shown, asset_key=result.asset_key)
    return result


def _pack(night: Night) -> Rows:
    return write_risk_report(night.warehouse, as_of=night.as_of, workspace=night.workspace)
