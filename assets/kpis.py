"""The KPI stage: the snapshot of every KPI, its history as known tonight, and the benchmarks that it is placed among."""

import dagster as dg

from assets.declare import asset_of, key_of
from assets.publishing import Night, checked_day, publish, work_on
from assets.show import figures
from plg_orchestration.clock import AsOf
from plg_orchestration.kpis import queries
from plg_orchestration.kpis.exclusion import excluded_on
from plg_orchestration.kpis.periods import HISTORY, NEWEST, Back
from plg_orchestration.resources import WarehouseResource
from plg_orchestration.warehouse import Rows, table

GROUNDWORK = [
    "behavior.user_days", "behavior.milestones", "ingest.users", "ingest.accounts", "ingest.subscriptions", "ingest.invites",
    "ingest.tickets", "ingest.surveys", "ingest.spend", "ingest.finance", "ingest.exchange_rates", "ingest.crm_outcomes",
    "behavior.user_features", "behavior.visitor_days", "revenue.mrr_movements", "cohorts.activation_scores", "pql.decisions",
    "governance.suspicions",
]  # fmt: skip
OF_WHOLE_NIGHTS = ("cohorts.activation_scores", "pql.decisions", "governance.suspicions")
"""Read by the snapshot, but not built by the job `kpi_snapshot`, which may be the first that ever runs."""


@dg.asset(**asset_of("kpis.revisions", after=GROUNDWORK))
def revisions(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """What the day's snapshot said, wherever building it again for the same day says otherwise; kept for good."""
    with work_on(context, warehouse) as work:
        rows = {day: _revisions(work.night(day)) for day in work.days}
        return work.publish("kpis.revisions", lambda night: rows[night.as_of.date])


@dg.asset_check(asset=key_of("kpis.revisions"), description="The day's snapshot says what it first said.")
def snapshot_stands(context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource) -> dg.AssetCheckResult:
    """A warning says how many published values of the day were replaced, and how often."""
    with warehouse.open() as store:
        values, times = store.rows(queries.revised(as_of=AsOf(checked_day(context))))[0]
    said = f"{values} published values were replaced in {times} revisions; kpis.revisions has what they were."
    return dg.AssetCheckResult(
        passed=not values, severity=dg.AssetCheckSeverity.WARN, metadata={"replaced": int(str(values))},
        description=said if values else "Nothing that was published for the day has been replaced.",
    )  # fmt: skip


@dg.asset(**asset_of("kpis.snapshot", after=[*GROUNDWORK, "kpis.revisions"]))
def snapshot(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Every KPI by period and segment with numerator, denominator, interval, benchmark band, target and definition hash."""
    with work_on(context, warehouse) as work:
        result = work.publish("kpis.snapshot", _snapshot, chart="activation")
        left_out = excluded_on(work.warehouse, as_of=work.last.as_of, groups=work.workspace.kpis.exclude)
    context.add_asset_metadata(
        figures({"left out": left_out.sentence(), "people left out": left_out.people, "accounts left out": left_out.accounts}),
        asset_key=result.asset_key,
    )
    return result


@dg.asset(**asset_of("kpis.history", after=["kpis.snapshot"]))
def history(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Every KPI of the last days, weeks, months and quarters by segment, as known tonight; of a range of days, on the last."""
    with work_on(context, warehouse) as work:
        return work.publish("kpis.history", _history, newest_only=True)


@dg.asset(**asset_of("kpis.benchmarks"))
def benchmarks(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """The published benchmarks, several a KPI, each with its source, its period and the kind of figure that it is."""
    return publish(context, warehouse, "kpis.benchmarks", lambda night: queries.benchmarks(as_of=night.as_of))


def _revisions(night: Night) -> Rows:
    _ensure(night, "kpis.snapshot", "kpis.revisions")
    if not night.has("kpis.snapshot"):
        return night.warehouse.arrow(queries.kept_revisions(as_of=night.as_of))
    return night.warehouse.arrow(queries.revisions(as_of=night.as_of, workspace=night.workspace, back=_back(night)))


def _snapshot(night: Night) -> Rows:
    _ensure(night)
    return queries.snapshot(as_of=night.as_of, workspace=night.workspace, back=_back(night))


def _back(night: Night) -> Back:
    return HISTORY if night.newest else NEWEST


def _history(night: Night) -> Rows:
    _ensure(night)
    return queries.history(as_of=night.as_of, workspace=night.workspace)


def _ensure(night: Night, *names: str) -> None:
    for name in (*OF_WHOLE_NIGHTS, *names):
        night.warehouse.ensure(table(name))
