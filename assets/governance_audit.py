"""The governance stage's decision log: what happened is appended at the end of the night, signed and anchored."""

from collections.abc import Sequence
from typing import Any

import dagster as dg

from assets.declare import asset_of, contract_check, key_of
from assets.publishing import work_on
from plg_orchestration.governance.audit_log import completeness as complete
from plg_orchestration.governance.audit_log import keeping
from plg_orchestration.governance.audit_log.verification import NO_OUTSIDE
from plg_orchestration.resources import SIGNED_HEAD, TrackingResource, WarehouseResource
from plg_orchestration.tracking import Tracking, TrackingUnavailable, anchor_head
from plg_orchestration.verdicts import Verdict
from plg_orchestration.wall_clock import SystemClock
from plg_orchestration.warehouse import table

KEY = key_of("governance.audit_log")
COMPLETE = dg.AssetCheckSpec(
    "every_decision_is_logged", asset=KEY, description="The log holds as many decisions as were published, night by night."
)
ANCHORED = dg.AssetCheckSpec(
    "anchored_outside", asset=KEY, description="The newest signed head stands in every anchor, one of them out of reach."
)
LOG: dict[str, Any] = {
    **asset_of(
        "governance.audit_log", kinds=("python", "mlflow"),
        after=["pql.decisions", "pql.routes", "pql.champion", "pql.overrides", "governance.risks", "governance.acknowledgements"],
    ),
    "check_specs": [contract_check("governance.audit_log"), COMPLETE, ANCHORED],
}  # fmt: skip


@dg.asset(**LOG)
def audit_log(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource, tracking: TrackingResource
) -> dg.MaterializeResult:
    """The index of the decision log, after everything that waits was chained to its end, signed and anchored."""
    with work_on(context, warehouse) as work:
        kept = keeping.flush(work.workspace, work.warehouse, at=SystemClock().now().replace(microsecond=0), day=work.days[-1])
        head, appended = kept.appended.head, kept.appended
        missing = [kept.anchor_problem, _in_mlflow(tracking.open(), head.line(), work.last) if head else ""]
        done = work.warehouse.republish([table("governance.audit_log")], head.day if head else work.days[-1])[0]
        found = complete.completeness(work.warehouse, first=work.days[0], last=work.days[-1])
        outside = keeping.anchor_path(work.workspace)
        checks = [_completeness(found), _anchors([one for one in missing if one], configured=outside is not None)]
        more: dict[str, object] = {
            "records appended": appended.records, "decisions published": found.published, "decisions in the log": found.logged,
            "set aside after a kill": len(appended.set_aside), "outside anchor": str(outside or "none is configured"),
        }  # fmt: skip
        if head is not None:
            more |= {SIGNED_HEAD: head.line().strip(), "log ends at": f"{head.day}, record {head.count}"}
        return work.result(done, more=more, checks=checks)


def _in_mlflow(store: Tracking, line: str, night: Any) -> str:
    try:
        anchor_head(store, line, as_of=night.as_of.date)
    except TrackingUnavailable as error:
        return str(error)
    return ""


def _completeness(found: complete.Completeness) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name=COMPLETE.name, asset_key=KEY, passed=found.verdict is Verdict.PASS, description=found.reason,
        severity=dg.AssetCheckSeverity.ERROR if found.verdict is Verdict.FAIL else dg.AssetCheckSeverity.WARN,
        metadata={"published": found.published, "logged": found.logged},
    )  # fmt: skip


def _anchors(problems: Sequence[str], *, configured: bool) -> dg.AssetCheckResult:
    said = "; ".join(problems) or ("The newest head stands in every anchor." if configured else NO_OUTSIDE)
    return dg.AssetCheckResult(
        check_name=ANCHORED.name, asset_key=KEY, passed=configured and not problems, description=said,
        severity=dg.AssetCheckSeverity.ERROR if problems else dg.AssetCheckSeverity.WARN,
    )  # fmt: skip
