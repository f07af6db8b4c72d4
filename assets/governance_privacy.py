"""The governance stage's privacy: requests to be forgotten, and whether the secret is kept apart from what it protects."""

import dagster as dg

from assets.declare import asset_of
from assets.publishing import checked_day, publish
from plg_orchestration.governance.privacy.requests import privacy as requests_of
from plg_orchestration.governance.privacy.secret import VARIABLE, lies_beside
from plg_orchestration.resources import WarehouseResource
from plg_orchestration.warehouse import Query


@dg.asset(**asset_of("governance.privacy", after=["ingest.governance_records"], kinds=("duckdb", "python")))
def privacy(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Who asked to be forgotten, until when that is due, and whether it was done: by certificate, or as the source tells."""
    return publish(
        context, warehouse, "governance.privacy",
        lambda night: requests_of(night.warehouse, state=night.workspace.state, as_of=night.as_of),
    )  # fmt: skip


@dg.asset_check(asset=["governance", "privacy"], description="Every request to be forgotten is done, in time and wholly.")
def erasures_in_time(context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource) -> dg.AssetCheckResult:
    """An overdue or incomplete erasure turns red; one that was late in the past is history."""
    with warehouse.open() as store:
        text = "select request_id, reason from governance.privacy where as_of = $day and status in ('overdue', 'incomplete')"
        found = store.rows(Query("found", text + " order by 1", {"day": checked_day(context)}))
    said = "; ".join(f"{row[0]}: {row[1]}" for row in found)
    return dg.AssetCheckResult(passed=not found, description=said or "Nobody waits to be forgotten beyond the day that was due.")


@dg.asset_check(asset=["governance", "privacy"], description="The secret does not lie beside the keys that it protects.")
def secret_is_kept_apart(warehouse: WarehouseResource) -> dg.AssetCheckResult:
    """A warning: whoever copies the state folder has the pseudonyms' keys too."""
    workspace = warehouse.workspace
    beside = lies_beside(workspace.state, workspace.pseudonym_key)
    said = f"the secret lies in {workspace.state / 'keys' / 'secret'}; move it into {VARIABLE} and delete the file"
    return dg.AssetCheckResult(
        passed=not beside, severity=dg.AssetCheckSeverity.WARN, description=said if beside else f"It comes from {VARIABLE}."
    )
