"""The reports stage's page of each experiment: ship, hold or roll back, and why."""

import dagster as dg

from assets.declare import asset_of
from assets.publishing import Night, work_on
from plg_orchestration.reports.experiments import write_experiment_pages
from plg_orchestration.resources import WarehouseResource
from plg_orchestration.warehouse import Rows

SHOWN = [
    "experiments.readouts", "experiments.effects", "experiments.rollouts", "experiments.stages", "experiments.registry",
    "experiments.self_checks",
]  # fmt: skip


@dg.asset(**asset_of("reports.experiments", after=SHOWN, kinds=("html",)))
def experiment_pages(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """One page for each watched experiment: effect over days, split, guardrails, segments, rollout, worth, plan and A/A splits.

    Of a range of days the last one gets its pages; any other is made by running that day.
    """
    with work_on(context, warehouse) as work:
        return work.publish("reports.experiments", _pages, newest_only=True)


def _pages(night: Night) -> Rows:
    return write_experiment_pages(night.warehouse, as_of=night.as_of, workspace=night.workspace)
