"""The governance stage's human side: what people acknowledged and accepted, and the incidents that wait for somebody."""

from collections.abc import Iterator

import dagster as dg

from assets.declare import key_of, multi_asset_of, spec_of
from assets.publishing import Night, Work, checked_day, work_on
from plg_orchestration.governance.actions.incidents import incidents
from plg_orchestration.governance.actions.records import (
    ACCEPTED,
    ACKNOWLEDGED,
    LEVELLED,
    acceptance_entry,
    acknowledgement_entry,
    enter,
    likelihood_entry,
)
from plg_orchestration.resources import WarehouseResource
from plg_orchestration.warehouse import Query, Rows, table

ACKNOWLEDGEMENTS, ACCEPTANCES, INCIDENTS = "governance.acknowledgements", "governance.acceptances", "governance.incidents"
LIKELIHOODS = "governance.likelihoods"
RECORDED = {
    name: dg.AssetCheckSpec(
        "every_word_is_kept", asset=key_of(name), description="The file beside plg.yaml is readable and agrees with the table."
    )
    for name in (ACKNOWLEDGEMENTS, ACCEPTANCES, LIKELIHOODS)
}


@dg.multi_asset(
    name="answer_for_governance",
    **multi_asset_of(
        spec_of(ACKNOWLEDGEMENTS, kinds=("python",)),
        spec_of(ACCEPTANCES, kinds=("python",)),
        spec_of(LIKELIHOODS, kinds=("python",)),
        spec_of(INCIDENTS, after=["governance.controls"]),
        checks=list(RECORDED.values()),
    ),
)
def answer_for_governance(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource
) -> Iterator[dg.MaterializeResult]:  # fmt: skip
    """What people said, restored from beside `plg.yaml` and handed to the audit log, and the incidents that controls opened."""
    with work_on(context, warehouse) as work:
        rules, root = work.workspace.governance.actions, work.workspace.root
        _, answered = enter(work.warehouse, ACKNOWLEDGED, root / rules.acknowledgements_file, acknowledgement_entry)
        _, accepted = enter(work.warehouse, ACCEPTED, root / rules.acceptances_file, acceptance_entry)
        _, levelled = enter(work.warehouse, LEVELLED, root / rules.likelihoods_file, likelihood_entry)
        made = [
            _restored(work, ACKNOWLEDGEMENTS, answered), _restored(work, ACCEPTANCES, accepted),
            _restored(work, LIKELIHOODS, levelled), work.publish(INCIDENTS, _incidents),
        ]  # fmt: skip
    yield from made


@dg.asset_check(asset=key_of(INCIDENTS), description="Every incident was acknowledged within the response time.")
def incidents_are_answered(context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource) -> dg.AssetCheckResult:
    """An incident that nobody acknowledged in time turns red, one that still has time warns; each with whom it concerns now."""
    text = """select incident_id, response, escalation from governance.incidents
        where as_of = $day and status = 'open' order by incident_id"""
    with warehouse.open() as store:
        found = store.rows(Query("waiting", text, {"day": checked_day(context)}))
    overdue = [row for row in found if row[1] == "overdue"]
    said = "; ".join(f"{row[0]} waits for {row[2]}: `plg acknowledge {row[0]}`" for row in (overdue or found))
    return dg.AssetCheckResult(
        passed=not found, severity=dg.AssetCheckSeverity.ERROR if overdue else dg.AssetCheckSeverity.WARN,
        description=said or "No incident waits for somebody.", metadata={"waiting": len(found), "overdue": len(overdue)},
    )  # fmt: skip


@dg.asset_check(asset=key_of("governance.risks"), description="No risk is lived with beyond the day until which it was accepted.")
def acceptances_hold(context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource) -> dg.AssetCheckResult:
    """An accepted risk turns red when its acceptance has expired, and warns some days before."""
    text = """select risk_id, status, reason, accepted_until from governance.risks
        where as_of = $day and accepted_until is not null
            and (status = 'acceptance_expired' or accepted_until - $day::date <= $ahead) order by risk_id"""
    day, ahead = checked_day(context), warehouse.workspace.governance.actions.expiry_warning_days
    with warehouse.open() as store:
        found = store.rows(Query("ending", text, {"day": day, "ahead": ahead}))
    expired = [row for row in found if row[1] == "acceptance_expired"]
    said = "; ".join(f"{row[0]}: {row[2]}" for row in (expired or found))
    return dg.AssetCheckResult(
        passed=not found, severity=dg.AssetCheckSeverity.ERROR if expired else dg.AssetCheckSeverity.WARN,
        description=said or "Every acceptance holds.", metadata={"expired": len(expired), "ending": len(found) - len(expired)},
    )  # fmt: skip


def _restored(work: Work, name: str, problems: tuple[str, ...]) -> dg.MaterializeResult:
    done = work.warehouse.republish([table(name)], work.days[-1])[0]
    kept = dg.AssetCheckResult(
        check_name=RECORDED[name].name, asset_key=key_of(name), passed=not problems,
        description="; ".join(problems) or "Every line is in the table.", metadata={"problems": len(problems)},
    )  # fmt: skip
    return work.result(done, checks=[kept])


def _incidents(night: Night) -> Rows:
    return incidents(as_of=night.as_of, policy=night.workspace.governance.actions)
