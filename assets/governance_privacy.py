"""The governance stage's privacy: requests to be forgotten, the purge of invited people, and where the secret lies."""

from typing import Any

import dagster as dg

from assets.declare import asset_of, contract_check, key_of
from assets.publishing import Night, checked_day, publish, work_on
from plg_orchestration.governance.privacy import retention
from plg_orchestration.governance.privacy.requests import privacy as requests_of
from plg_orchestration.governance.privacy.retention_proof import search_again, write_proof
from plg_orchestration.governance.privacy.secret import VARIABLE, lies_beside
from plg_orchestration.resources import WarehouseResource
from plg_orchestration.warehouse import Query, Rows

PURGED = key_of("governance.invite_retention")
FORGOTTEN = dg.AssetCheckSpec(
    "nobody_invited_is_kept_too_long",
    asset=PURGED,
    description="A search after the purge, the published file included, finds no invited person who is identified for too long.",
)
PURGE: dict[str, Any] = {
    **asset_of(
        "governance.invite_retention", after=["ingest.invites", "ingest.quarantine", "ingest.events"], kinds=("duckdb", "python")
    ),
    "check_specs": [contract_check("governance.invite_retention"), FORGOTTEN],
}  # fmt: skip


@dg.asset(**asset_of("governance.privacy", after=["ingest.governance_records"], kinds=("duckdb", "python")))
def privacy(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Who asked to be forgotten, until when that is due, and whether it was done: by certificate, or as the source tells."""
    return publish(
        context, warehouse, "governance.privacy",
        lambda night: requests_of(night.warehouse, state=night.workspace.state, as_of=night.as_of),
    )  # fmt: skip


@dg.asset(**PURGE)
def invite_retention(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """What identifies invited people who did not become users goes after some days; the counts per inviter and day stay."""
    with work_on(context, warehouse) as work:
        earlier = {day: retention.earlier_of(work.warehouse, work.workspace.as_of(day)) for day in work.days}

        def purge(night: Night) -> Rows:
            return retention.purge_invites(
                night.warehouse, night.workspace, night.as_of, earlier.get(night.as_of.date, retention.Earlier())
            )

        return work.publish("governance.invite_retention", purge, check=_nobody_kept)


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


def _nobody_kept(night: Night) -> dg.AssetCheckResult:
    """The search after the purge; its result is written down as proof when the night has purged something."""
    if not night.has("governance.invite_retention"):
        said = "The workspace has no invitations."
        return dg.AssetCheckResult(check_name=FORGOTTEN.name, asset_key=PURGED, passed=True, description=said)
    left = search_again(night.warehouse, night.workspace, night.as_of)
    write_proof(night.warehouse, night.workspace.state, night.as_of, left)
    found = {store: number for store, number in left.items() if number}
    said = ", ".join(f"{number} in {store}" for store, number in found.items())
    return dg.AssetCheckResult(
        check_name=FORGOTTEN.name, asset_key=PURGED, passed=not found, metadata=left,
        description=f"Identified for too long: {said}." if found else "Nobody is; every store was searched after the purge.",
    )  # fmt: skip
