"""The governance stage: suspected abuse, the controls of the risk register evaluated on data, and the risks derived from them."""

import dagster as dg

from assets.declare import asset_of, key_of
from assets.publishing import Night, checked_day, publish, work_on
from assets.show import tracking_link
from plg_orchestration import governance
from plg_orchestration.resources import TrackingResource, WarehouseResource
from plg_orchestration.tracking import LoggedGovernance, Tracking, log_governance
from plg_orchestration.warehouse import Query, Rows

EVIDENCE = [
    "governance.suspects", "governance.abuse_screening", "governance.leakage", "cohorts.onboarding", "ingest.invites", "ingest.exposures", "ingest.vendors", "ingest.vulnerabilities", "ingest.uptime",
    "ingest.governance_records", "behavior.user_days", "pql.bias_audit", "pql.champion", "pql.decisions",
]  # fmt: skip


@dg.asset(**asset_of("governance.controls", after=EVIDENCE, kinds=("duckdb", "python")))
def controls(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Every control of the register with its figure, its threshold and its status; without data it never passes."""
    return publish(context, warehouse, "governance.controls", _controls)


@dg.asset(**asset_of("governance.risks", after=["governance.controls", "governance.acceptances"], kinds=("duckdb", "mlflow")))
def risks(context: dg.AssetExecutionContext, warehouse: WarehouseResource, tracking: TrackingResource) -> dg.MaterializeResult:
    """Each risk with its inherent and its residual score, its status and the escalation that is due; shown in MLflow too."""
    with work_on(context, warehouse) as work:
        result = work.publish("governance.risks", _risks, chart="risks")
        logged = _show(work.last, tracking.open())
    link = tracking_link(f"experiments/{logged.experiment_id}/runs/{logged.run_id}")
    context.add_asset_metadata({"governance in MLflow": link}, asset_key=key_of("governance.risks"))
    return result


@dg.asset_check(asset=["governance", "controls"], description="No mandatory control has failed; one without data warns.")
def controls_effective(context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource) -> dg.AssetCheckResult:
    """A failed control turns red, a degraded one or one without data warns; each is named."""
    with warehouse.open() as store:
        text = "select control_id, metric, status, evidence from governance.controls where as_of = $day and status <> 'effective'"
        found = store.rows(Query("found", text + " order by 1", {"day": checked_day(context)}))
    failed = [row for row in found if row[2] == "failed"]
    described = "; ".join(f"{row[0]} {row[1]}: {row[2]}" for row in (failed or found))
    return dg.AssetCheckResult(
        passed=not found, severity=dg.AssetCheckSeverity.ERROR if failed else dg.AssetCheckSeverity.WARN,
        description=described or "Every control is effective.", metadata={"not effective": len(found), "failed": len(failed)},
    )  # fmt: skip


def _show(night: Night, store: Tracking) -> LoggedGovernance:
    names = {"controls": "governance.controls", "risks": "governance.risks", "kpis": "kpis.snapshot"}
    day = night.as_of.parameters()
    tables = {
        name: night.warehouse.frame(Query(name, f"select * from {table} where as_of = $as_of order by all", day))
        for name, table in names.items()
    }
    risks = tables["risks"]
    figures = {f"residual_{risk}": float(score) for risk, score in zip(risks["risk_id"], risks["residual_score"], strict=True)}
    return log_governance(store, as_of=night.as_of.date, tables=tables, figures=figures, dagster_run_id=night.run_id)


def _controls(night: Night) -> Rows:
    return governance.evaluate_controls(night.warehouse, as_of=night.as_of, workspace=night.workspace)


def _risks(night: Night) -> Rows:
    return governance.risks_on(night.warehouse, night.workspace.governance, night.as_of)
