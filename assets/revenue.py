"""The revenue stage: recurring revenue by account and day, and its movements."""

import dagster as dg

from assets.declare import asset_of
from assets.publishing import publish
from plg_orchestration.resources import WarehouseResource
from plg_orchestration.revenue import queries


@dg.asset(**asset_of("revenue.mrr_daily", after=["ingest.subscriptions"]))
def mrr_daily(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """The monthly recurring revenue of each paying account on each day, as known that day."""
    return publish(
        context, warehouse, "revenue.mrr_daily", at_once=True,
        compute=lambda night: queries.mrr_daily(as_of=night.as_of, first=night.first),
    )  # fmt: skip


@dg.asset(**asset_of("revenue.mrr_movements", after=["ingest.subscriptions"]))
def mrr_movements(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """New, expansion, contraction, churn and reactivation: every change of an account's revenue is exactly one of them."""
    return publish(
        context, warehouse, "revenue.mrr_movements", chart="mrr", at_once=True,
        compute=lambda night: queries.mrr_movements(as_of=night.as_of, first=night.first),
    )  # fmt: skip
