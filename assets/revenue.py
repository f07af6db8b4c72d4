"""The revenue stage: recurring revenue by account and day, and its movements."""

import dagster as dg
from plg_orchestration.revenue import queries

from assets.common import asset_of, publish
from plg_orchestration.resources import WarehouseResource


@dg.asset(**asset_of("revenue.mrr_daily", after=["ingest.subscriptions"]))
def mrr_daily(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """The monthly recurring revenue of each paying account on each day, as known that day."""
    return publish(context, warehouse, "revenue.mrr_daily", lambda night: queries.mrr_daily(as_of=night.as_of))
