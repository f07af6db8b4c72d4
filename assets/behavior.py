"""The behavior stage: additive roll-ups of what became known on each received day."""

import dagster as dg

from assets.declare import asset_of
from assets.publishing import publish
from plg_orchestration.behavior import queries
from plg_orchestration.resources import WarehouseResource


@dg.asset(**asset_of("behavior.user_days", after=["ingest.events", "ingest.users"]))
def user_days(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Who did what on which day, as known on each received day; every window is summed from this."""
    return publish(
        context,
        warehouse,
        "behavior.user_days",
        lambda night: queries.user_days(as_of=night.as_of, first=night.first),
        at_once=True,
    )


@dg.asset(**asset_of("behavior.user_features", after=["ingest.events", "ingest.users"]))
def user_features(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Which core features each user used on which day, as known on each received day."""
    return publish(
        context,
        warehouse,
        "behavior.user_features",
        lambda night: queries.user_features(as_of=night.as_of, first=night.first),
        at_once=True,
    )


@dg.asset(**asset_of("behavior.milestones", after=["ingest.events", "ingest.users"]))
def milestones(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """When each user and account first reached every role: signup, onboarding steps, activation, limits, payment."""
    return publish(
        context,
        warehouse,
        "behavior.milestones",
        lambda night: queries.milestones(as_of=night.as_of, first=night.first),
        at_once=True,
    )
