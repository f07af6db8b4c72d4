"""The governance stage's third parties: the merged register, judged by the controls' thresholds, and what must not lapse."""

from functools import partial

import dagster as dg

from assets.declare import asset_of
from assets.publishing import Drawing, Night, checked_day, work_on
from plg_orchestration import charts
from plg_orchestration.governance.vendors.standing import certificates_of, contradictions, vendors_on
from plg_orchestration.resources import WarehouseResource
from plg_orchestration.verdicts import Verdict
from plg_orchestration.warehouse import Query, Rows

INPUTS = ("ingest.vendors", "ingest.vulnerabilities", "ingest.uptime", "ingest.governance_records")


@dg.asset(**asset_of("governance.vendors", after=INPUTS, kinds=("duckdb", "python")))
def vendors(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Third parties with fit, certificate, review, open vulnerabilities, uptime and keys; what is unknown is said, never zero."""
    warning = warehouse.workspace.governance.vendors.warning_days
    with work_on(context, warehouse) as work:
        chart = Drawing(partial(charts.vendor_standing, warning_days=warning))
        return work.publish("governance.vendors", _vendors, chart=chart)


@dg.asset_check(asset=["governance", "vendors"], description="Every vendor's certificate holds for longer than the warning days.")
def certificates_hold(context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource) -> dg.AssetCheckResult:
    """An expired certificate turns red; one that expires soon or is not known warns, and so does a register that is not there."""
    text = "select vendor, certificate_days_left from governance.vendors where as_of = $day order by 2 nulls last, 1"
    with warehouse.open() as store:
        found = store.arrow(Query("certificates", text, {"day": checked_day(context)})).to_pylist()
    left = [(row["vendor"], row["certificate_days_left"]) for row in found]
    stands = certificates_of(left, warning_days=warehouse.workspace.governance.vendors.warning_days)
    return dg.AssetCheckResult(
        passed=stands.verdict is Verdict.PASS, description=stands.reason, metadata={"vendors": len(left)},
        severity=dg.AssetCheckSeverity.ERROR if stands.verdict is Verdict.FAIL else dg.AssetCheckSeverity.WARN,
    )  # fmt: skip


@dg.asset_check(
    asset=["governance", "vendors"], description="plg.yaml and the source vendors say the same where both say something."
)
def register_agrees(context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource) -> dg.AssetCheckResult:
    """A contradiction turns red, and the register stays unavailable until both say the same."""
    with warehouse.open() as store:
        told = contradictions(store, as_of=warehouse.workspace.as_of(checked_day(context)))
    return dg.AssetCheckResult(passed=not told, description="; ".join(told) or "Nothing is said twice and differently.")


def _vendors(night: Night) -> Rows:
    return vendors_on(night.warehouse, as_of=night.as_of, policy=night.workspace.governance)
