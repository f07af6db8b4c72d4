"""The KPI stage's standings: place among benchmarks, trends, the reviews that are due, and what was restated."""

import dagster as dg

from assets.declare import asset_of, key_of
from assets.publishing import Drawing, Night, checked_day, publish
from plg_orchestration import charts
from plg_orchestration.clock import AsOf
from plg_orchestration.kpis.exclusion import SUSPICIONS
from plg_orchestration.kpis.restatements import queries as restated
from plg_orchestration.kpis.standings import queries
from plg_orchestration.resources import WarehouseResource
from plg_orchestration.warehouse import Query, Rows, table

MEASURED = ["kpis.snapshot", "kpis.history"]
RECEIVED = [
    "behavior.user_days", "ingest.files", "ingest.users", "ingest.accounts", "ingest.subscriptions", "ingest.invites",
    "ingest.tickets", "ingest.surveys", "ingest.spend", "ingest.finance", "ingest.exchange_rates", "ingest.crm_outcomes",
]  # fmt: skip
SHOWN = "activation_rate"


@dg.asset(**asset_of("kpis.standings", after=["kpis.snapshot", "kpis.benchmarks"]))
def standings(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Every benchmark row beside the value that it is about: bands of percentiles, and where ranges, medians and targets lie."""
    return publish(context, warehouse, "kpis.standings", _standings, chart=Drawing(charts.benchmark_places))


@dg.asset(**asset_of("kpis.trends", after=MEASURED))
def trends(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Every KPI in the dashboard's layout: value, target, change by week, month and year, and its place in its own history."""
    drawing = Drawing(lambda rows: charts.own_history(rows, name="Activation within 7 days by week"), query=_series)
    return publish(context, warehouse, "kpis.trends", _trends, chart=drawing)


@dg.asset(**asset_of("kpis.reviews", after=["kpis.trends", "kpis.standings"]))
def reviews(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """The reviews by cadence as they stand tonight: values, targets, standings and owners, and the day on which each is held."""
    return publish(context, warehouse, "kpis.reviews", lambda night: queries.reviews(as_of=night.as_of))


@dg.asset(**asset_of("kpis.restatements", after=[*MEASURED, *RECEIVED, SUSPICIONS]))
def restatements(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """What snapshots said of closed periods and is known otherwise tonight, with the late or corrected rows behind it."""
    return publish(context, warehouse, "kpis.restatements", _restatements, chart=Drawing(charts.restated_values))


@dg.asset_check(
    asset=key_of("kpis.restatements"), description="No value moved tonight beyond what was published as its interval."
)
def restatements_are_small(context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource) -> dg.AssetCheckResult:
    """A warning names what became material tonight, and what moved without a row that explains it."""
    with warehouse.open() as store:
        found = store.rows(restated.warned(as_of=AsOf(checked_day(context))))
    said = "; ".join(f"{row[0]} {row[1]} {row[2]} of {row[3]}: {row[4]} ({row[5]})" for row in found[:5])
    more = f"; and {len(found) - 5} more" if len(found) > 5 else ""
    return dg.AssetCheckResult(
        passed=not found, severity=dg.AssetCheckSeverity.WARN, metadata={"warned of": len(found)},
        description=f"{said}{more}" if found else "Nothing was restated tonight beyond the published intervals.",
    )  # fmt: skip


def _standings(night: Night) -> Rows:
    night.warehouse.ensure(table("kpis.snapshot"))
    return queries.standings(as_of=night.as_of)


def _trends(night: Night) -> Rows:
    for name in MEASURED:
        night.warehouse.ensure(table(name))
    return queries.trends(as_of=night.as_of)


def _restatements(night: Night) -> Rows:
    for name in (*MEASURED, SUSPICIONS):
        night.warehouse.ensure(table(name))
    policy = night.workspace.kpis
    return restated.restatements(
        as_of=night.as_of, state=night.workspace.state, policy=policy.restatements, exclude=policy.exclude
    )


def _series(as_of: AsOf) -> Query:
    return queries.history_of(SHOWN, "week", as_of=as_of)
