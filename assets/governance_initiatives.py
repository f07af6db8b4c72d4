"""The governance stage's initiatives: their KPIs against targets, where each stands, and the roadmap."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence

import dagster as dg

from assets.declare import key_of, multi_asset_of, spec_of
from assets.publishing import Drawing, Night, checked_day, work_on
from plg_orchestration import charts
from plg_orchestration.governance.initiatives import published, queries
from plg_orchestration.governance.initiatives.roadmap import roadmap_of
from plg_orchestration.resources import WarehouseResource
from plg_orchestration.warehouse import Query, Rows

READ = ["kpis.snapshot", "kpis.history", "ingest.governance_records", "experiments.readouts"]
KPIS, INITIATIVES, ROADMAP = "governance.initiative_kpis", "governance.initiatives", "governance.roadmap"


@dg.multi_asset(
    name="initiatives",
    **multi_asset_of(spec_of(KPIS, after=READ), spec_of(INITIATIVES, after=READ), spec_of(ROADMAP, after=READ)),
)
def initiatives(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> Iterator[dg.MaterializeResult]:
    """Every initiative against its targets, milestones, budget and rollback condition, with the decision that comes next."""
    judged: dict[dt.date, Mapping[str, Sequence[published.JudgedAim]]] = {}

    def kpis(night: Night) -> Rows:
        registered = night.workspace.governance.initiatives
        judged[night.as_of.date] = published.judged_aims(night.warehouse, registered, as_of=night.as_of)
        return published.kpi_rows(judged[night.as_of.date], registered, night.as_of)

    def standing(night: Night) -> Rows:
        return published.initiative_rows(night.warehouse, judged[night.as_of.date], as_of=night.as_of, workspace=night.workspace)

    with work_on(context, warehouse) as work:
        made = [
            work.publish(KPIS, kpis),
            work.publish(INITIATIVES, standing, chart=Drawing(charts.impact_effort)),
            work.publish(ROADMAP, _roadmap),
        ]
    yield from made


@dg.asset_check(asset=key_of(INITIATIVES), description="No running initiative meets the condition on which it goes back.")
def nothing_to_roll_back(context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource) -> dg.AssetCheckResult:
    """A rollback that is recommended turns red; a late milestone, a budget that is used up or an overdue decision warns."""
    with warehouse.open() as store:
        found = store.rows(queries.initiatives_warned(as_of=warehouse.workspace.as_of(checked_day(context))))
    failed = [row for row in found if row[1] == "rollback"]
    return dg.AssetCheckResult(
        passed=not found, severity=dg.AssetCheckSeverity.ERROR if failed else dg.AssetCheckSeverity.WARN,
        description="; ".join(f"{row[0]}: {row[2]}" for row in found) or "Nothing goes back, is late or over its budget.",
        metadata={"warned of": len(found)},
    )  # fmt: skip


@dg.asset_check(asset=key_of(INITIATIVES), description="Every milestone and every spend belongs to a registered initiative.")
def records_belong_to_initiatives(context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource) -> dg.AssetCheckResult:
    """A warning names records whose subject is no initiative: they are counted nowhere."""
    here = warehouse.workspace
    with warehouse.open() as store:
        strays = published.stray_records(store, here.governance.initiatives, as_of=here.as_of(checked_day(context)))
    return dg.AssetCheckResult(
        passed=not strays, severity=dg.AssetCheckSeverity.WARN, metadata={"records": len(strays)},
        description="; ".join(strays[:5]) or "Every record names an initiative of the register.",
    )  # fmt: skip


def _roadmap(night: Night) -> Rows:
    rows = night.warehouse.arrow(Query("day", f"select * from {INITIATIVES} where as_of = $as_of", night.as_of.parameters()))
    return roadmap_of(night.warehouse, rows.to_pylist(), as_of=night.as_of, workspace=night.workspace)
