"""The experiments stage: what is registered, and what each experiment says tonight."""

import dagster as dg

from assets.declare import asset_of
from assets.publishing import publish
from plg_orchestration.experiments import published
from plg_orchestration.resources import WarehouseResource


@dg.asset(**asset_of("experiments.registry", kinds=["duckdb", "python"]))
def registry(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Every registered experiment: hypothesis, arms, metric, guardrails, stage, and the units it plans and needs."""
    return publish(
        context, warehouse, "experiments.registry",
        lambda night: published.registry(as_of=night.as_of, policy=night.workspace.experiments),
    )  # fmt: skip


@dg.asset(
    **asset_of(
        "experiments.readouts", after=["ingest.exposures", "behavior.user_days", "behavior.milestones"],
        kinds=["duckdb", "sql", "python"],
    )
)  # fmt: skip
def readouts(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Each watched experiment read out: split, differences with ordinary and always-valid intervals, ship, hold or roll back."""
    return publish(
        context, warehouse, "experiments.readouts",
        lambda night: published.readouts(night.warehouse, as_of=night.as_of, policy=night.workspace.experiments),
    )  # fmt: skip
