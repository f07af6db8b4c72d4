"""Alerts: what the rules make of a night's KPIs, and telling people; a layer over `plg_orchestration.kpis.alerts`."""

import os
from collections.abc import Iterator, Sequence

import dagster as dg

from assets.declare import key_of, multi_asset_of, spec_of
from assets.publishing import Night, Work, checked_day, work_on
from assets.show import picture
from plg_orchestration.charts.alerts import alert_evidence
from plg_orchestration.clock import AsOf
from plg_orchestration.kpis.alerts.evidence import alerts_markdown, pictures_of
from plg_orchestration.kpis.alerts.nightly import NightsAlerts, nights_alerts
from plg_orchestration.kpis.alerts.tables import ALERT_CHECKS, ALERT_DELIVERIES, ALERTS
from plg_orchestration.kpis.alerts.telling.tell import Told, tell
from plg_orchestration.resources import WarehouseResource
from plg_orchestration.sending.means import NOT_NEWEST, Means
from plg_orchestration.wall_clock import SystemClock
from plg_orchestration.warehouse import Query

GROUND = ["kpis.snapshot", "kpis.history", "governance.controls", "governance.acknowledgements"]
TOLD = dg.AssetCheckSpec(
    "alerts_told", asset=key_of(ALERT_DELIVERIES.name), description="Every receiver was told; nothing is left."
)
WAITING = """select severity, alert_id, owner, evidence from kpis.alerts where as_of = $day and state = 'open'
order by case severity when 'high' then 0 when 'warn' then 1 else 2 end, alert_id"""


@dg.multi_asset(
    name="alerts",
    **multi_asset_of(
        *(spec_of(table.name, after=GROUND, kinds=("duckdb", "python")) for table in (ALERTS, ALERT_CHECKS, ALERT_DELIVERIES)),
        checks=[TOLD],
    ),
)
def alerts(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> Iterator[dg.MaterializeResult]:
    """What every alert rule finds, the alerts that come of it, and who was told; nothing is sent anywhere unless configured."""
    with work_on(context, warehouse) as work:
        made: dict[AsOf, NightsAlerts] = {}
        shown = work.publish(ALERTS.name, lambda night: _judged(night, made).alerts)
        checks = work.publish(ALERT_CHECKS.name, lambda night: made[night.as_of].checks)
        told = _tell(work.last)
        results = [shown, checks, _told(work, told)]
        context.add_asset_metadata(_pictured(made[work.last.as_of]), asset_key=key_of(ALERTS.name))
    yield from results


@dg.asset_check(asset=key_of(ALERTS.name), description="No KPI alert waits for somebody.")
def no_alert_is_open(context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource) -> dg.AssetCheckResult:
    """An open alert of high severity turns red, another one warns, information passes; each with its owner and evidence."""
    with warehouse.open() as store:
        found = store.rows(Query("waiting", WAITING, {"day": checked_day(context)}))
    high, told = [row for row in found if row[0] == "high"], [row for row in found if row[0] != "info"]
    said = "; ".join(f"{alert} ({owner}): {evidence}" for _, alert, owner, evidence in (high or found))
    return dg.AssetCheckResult(
        passed=not told, severity=dg.AssetCheckSeverity.ERROR if high else dg.AssetCheckSeverity.WARN,
        description=said or "No alert is open.", metadata={"open": len(found), "high": len(high)},
    )  # fmt: skip


def _judged(night: Night, made: dict[AsOf, NightsAlerts]) -> NightsAlerts:
    made[night.as_of] = nights_alerts(night.warehouse, as_of=night.as_of, policy=night.workspace.kpis.alerts)
    return made[night.as_of]


def _tell(night: Night) -> list[Told]:
    telling = night.workspace.kpis.alerts.deliver
    if not night.newest:
        return [Told("all", "", {}, 0, NOT_NEWEST)] if telling.to else []
    means = Means(night.workspace.root, os.environ, SystemClock())
    return tell(night.warehouse, as_of=night.as_of, telling=telling, workspace=night.workspace.name, means=means)


def _pictured(made: NightsAlerts) -> dict[str, dg.MetadataValue]:
    rows = made.alerts.to_pylist()
    more: dict[str, dg.MetadataValue] = {"alerts": dg.MetadataValue.md(alerts_markdown(rows))}
    if pictures := pictures_of(rows, made.series):
        more["chart"] = picture(alert_evidence(pictures))
    return more


def _told(work: Work, told: Sequence[Told]) -> dg.MaterializeResult:
    (published,) = work.warehouse.republish([ALERT_DELIVERIES], work.days[-1])
    lacking = [one for one in told if not one.complete]
    said = "; ".join(
        f"{one.receiver}: {one.states.get('pending', 0)} pending, {one.states.get('dead', 0)} dead"
        + (f" ({one.left})" if one.left else "")
        for one in lacking
    )
    check = dg.AssetCheckResult(
        check_name=TOLD.name, asset_key=TOLD.asset_key, passed=not lacking, severity=dg.AssetCheckSeverity.WARN,
        description=said or ("Nothing is left." if told else "No receiver is configured (docs/alerts.md)."),
    )  # fmt: skip
    figures = {f"{one.receiver}: told now": one.told_now for one in told}
    left = {f"{one.receiver}: left because": one.left for one in told if one.left}
    return work.result(published, more={**figures, **left}, checks=[check])
