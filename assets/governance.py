"""The governance stage: suspected abuse, the controls of the risk register evaluated on data, and the risks derived from them."""

import dagster as dg

from assets.declare import asset_of
from assets.publishing import Night, checked_day, publish
from plg_orchestration import governance
from plg_orchestration.governance import queries
from plg_orchestration.resources import WarehouseResource
from plg_orchestration.warehouse import Query, Rows

EVIDENCE = [
    "governance.suspects", "ingest.invites", "ingest.exposures", "ingest.vendors", "ingest.vulnerabilities", "ingest.uptime",
    "ingest.governance_records", "behavior.user_days", "pql.bias_audit", "pql.champion", "pql.decisions",
]  # fmt: skip


@dg.asset(**asset_of("governance.fingerprints", after=["ingest.events"]))
def fingerprints(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Which devices people signed up and invited from, as became known on each day: the ground of the abuse rules."""
    return publish(context, warehouse, "governance.fingerprints", lambda night: queries.fingerprints(as_of=night.as_of))


@dg.asset(**asset_of("governance.suspects", after=["governance.fingerprints", "ingest.users", "ingest.invites"]))
def suspects(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Signups that a rule takes for fake, each with the rule and its evidence; nobody is suspected without a reason."""
    return publish(
        context, warehouse, "governance.suspects",
        lambda night: queries.suspects(as_of=night.as_of, policy=night.workspace.governance),
    )  # fmt: skip


@dg.asset(**asset_of("governance.controls", after=EVIDENCE, kinds=("duckdb", "python")))
def controls(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Every control of the register with its figure, its threshold and its status; without data it never passes."""
    return publish(context, warehouse, "governance.controls", _controls)


@dg.asset(**asset_of("governance.risks", after=["governance.controls"], kinds=("duckdb", "python")))
def risks(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Each risk with its inherent and its residual score, its status and the escalation that is due."""
    return publish(context, warehouse, "governance.risks", _risks, chart="risks")


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


def _controls(night: Night) -> Rows:
    return governance.evaluate_controls(night.warehouse, as_of=night.as_of, workspace=night.workspace)


def _risks(night: Night) -> Rows:
    rows = night.warehouse.frame(
        Query("evaluated", "select * from governance.controls where as_of = $as_of", night.as_of.parameters())
    )
    return governance.derive_risks(rows, night.workspace.governance, night.as_of)
