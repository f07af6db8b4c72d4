"""The KPI stage's judgments: the weekly review of the seven layers, claims tested at home, and what a lift would bring."""

import dagster as dg

from assets.declare import asset_of
from assets.publishing import Drawing, Night, publish
from plg_orchestration import charts
from plg_orchestration.kpis.review import queries as review
from plg_orchestration.resources import WarehouseResource
from plg_orchestration.warehouse import Query, table

PEOPLE = ["ingest.users", "ingest.accounts", "ingest.subscriptions", "ingest.exchange_rates"]


@dg.asset(**asset_of("kpis.weekly_review", after=["kpis.snapshot", "pql.decisions", *PEOPLE]))
def weekly_review(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """The seven layers with their metrics, targets and distances to the published medians; the one that leaks most money."""
    return publish(context, warehouse, "kpis.weekly_review", _review, chart=Drawing(charts.layer_leaks))


def _review(night: Night) -> Query:
    for name in ("pql.decisions", "kpis.weekly_review"):
        night.warehouse.ensure(table(name))
    return review.weekly_review(as_of=night.as_of, currency=night.workspace.revenue.currency)
