"""The reports stage's front door for auditors: one page, kept in MLflow's governance experiment as the run `Start here`."""

import dagster as dg

from assets.declare import asset_of, key_of
from assets.publishing import Night, work_on
from assets.show import tracking_link
from plg_orchestration.reports.auditors.guide import write_guide
from plg_orchestration.resources import TrackingResource, WarehouseResource
from plg_orchestration.tracking import Tracking, log_guide
from plg_orchestration.warehouse import Rows

TARGET = "conversion"
TOLD = ["pql.champion", "pql.bias_history", "governance.risks", "governance.audit_log"]


@dg.asset(**asset_of("reports.start_here", after=TOLD, kinds=("html", "mlflow")))
def start_here(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource, tracking: TrackingResource
) -> dg.MaterializeResult:
    """Where an auditor begins: what MLflow holds, the last candidates beside each other, and ten questions with their answers."""
    store = tracking.open()
    with work_on(context, warehouse) as work:
        files: dict[str, bytes] = {}
        result = work.publish("reports.start_here", lambda night: _write(night, store, files), newest_only=True)
        logged = log_guide(store, as_of=work.last.as_of.date, target=TARGET, files=files)
    link = tracking_link(f"experiments/{logged.experiment_id}/runs/{logged.run_id}")
    context.add_asset_metadata({"start here in MLflow": link}, asset_key=key_of("reports.start_here"))
    return result


def _write(night: Night, store: Tracking, files: dict[str, bytes]) -> Rows:
    rows, made = write_guide(
        night.warehouse, as_of=night.as_of, workspace=night.workspace, model=store.model_name(TARGET), target=TARGET
    )  # fmt: skip
    files.update(made)
    return rows
