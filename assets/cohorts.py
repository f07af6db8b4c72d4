"""The cohorts stage: who signed up together, who of them stayed, how far they got, and how users bring users."""

import dagster as dg

from assets.declare import asset_of
from assets.publishing import publish
from plg_orchestration.cohorts.engagement import queries as engagement
from plg_orchestration.cohorts.signup import queries as signup
from plg_orchestration.cohorts.virality import queries as virality
from plg_orchestration.resources import WarehouseResource

GROUNDWORK = ["behavior.user_days", "behavior.milestones", "ingest.users", "ingest.accounts"]


@dg.asset(**asset_of("cohorts.signup_cohorts", after=[*GROUNDWORK, "ingest.subscriptions"]))
def signup_cohorts(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Signups by week, channel, segment, region and device, and how many of them activated and paid in time."""
    return publish(
        context,
        warehouse,
        "cohorts.signup_cohorts",
        lambda night: signup.signup_cohorts(as_of=night.as_of),
        chart="activation",
    )


# -- engagement -------------------------------------------------------------------------------------------------------


@dg.asset(**asset_of("cohorts.retention", after=GROUNDWORK))
def retention(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Who came back: by day, week and month, first-time and recurring entry, bounded and unbounded; mature intervals only."""
    return publish(
        context, warehouse, "cohorts.retention", lambda night: engagement.retention(as_of=night.as_of), chart="retention"
    )


# -- virality ---------------------------------------------------------------------------------------------------------


@dg.asset(**asset_of("cohorts.viral", after=["ingest.invites", "behavior.milestones", "behavior.user_days"]))
def viral(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """How many new users each user brings: the viral coefficient in its three forms, with intervals."""
    return publish(context, warehouse, "cohorts.viral", lambda night: virality.viral(as_of=night.as_of))
