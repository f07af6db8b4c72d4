"""The experiments stage: what is registered and planned, what each experiment says tonight, and how far its rollout may go."""

import datetime as dt
from collections.abc import Iterator

import dagster as dg

from assets.declare import key_of, multi_asset_of, spec_of
from assets.publishing import Night, Work, work_on
from plg_orchestration.experiments import published
from plg_orchestration.resources import WarehouseResource
from plg_orchestration.warehouse import Query, Rows

PEOPLE = ["ingest.users", "behavior.milestones", "behavior.user_days"]
SEEN = [*PEOPLE, "ingest.exposures", "ingest.accounts", "ingest.subscriptions", "ingest.surveys", "revenue.mrr_daily"]
NO_ROLLBACK = dg.AssetCheckSpec(
    "no_rollback_recommended", asset=key_of("experiments.rollouts"), description="No criterion sends an experiment back."
)
EARNED = dg.AssetCheckSpec(
    "stages_were_earned", asset=key_of("experiments.stages"), description="No stage was entered before its metrics held."
)
ALIKE = dg.AssetCheckSpec(
    "splits_look_alike", asset=key_of("experiments.self_checks"),
    description="Random splits of past people differ as often as promised.",
)  # fmt: skip
QUESTIONS = {
    NO_ROLLBACK.name: "select experiment || ': ' || reason from experiments.rollouts"
    " where as_of = $as_of and move = 'roll back' order by 1",
    EARNED.name: "select experiment || ' ' || traffic || ' % since ' || since || ': ' || judged_by from experiments.stages"
    " where as_of = $as_of and not earned order by 1",
    ALIKE.name: "select metric || ': ' || reason from experiments.self_checks"
    " where as_of = $as_of and verdict <> 'pass' order by 1",
}


@dg.multi_asset(
    name="experiment_plans",
    **multi_asset_of(
        spec_of("experiments.registry", kinds=("duckdb", "python")),
        spec_of("experiments.plan_audit", kinds=("duckdb", "python")),
        spec_of("experiments.self_checks", after=PEOPLE, kinds=("duckdb", "sql", "python")),
        checks=[ALIKE],
    ),
)
def experiment_plans(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:  # fmt: skip
    """Every registered experiment with the units it plans and needs, the published plan audited, and A/A splits of the past."""
    with work_on(context, warehouse) as work:
        yield work.publish("experiments.registry", _registry)
        yield work.publish("experiments.plan_audit", lambda _: published.plan_audit())
        yield work.publish("experiments.self_checks", _self_checks)
        yield _found(work, ALIKE, dg.AssetCheckSeverity.WARN)


@dg.multi_asset(
    name="experiment_watch",
    **multi_asset_of(
        spec_of("experiments.readouts", after=SEEN, kinds=("duckdb", "sql", "python")),
        spec_of("experiments.effects", after=SEEN, kinds=("duckdb", "sql", "python")),
        spec_of("experiments.rollouts", after=SEEN, kinds=("duckdb", "sql", "python")),
        spec_of("experiments.stages", after=[*SEEN, "ingest.governance_records"], kinds=("duckdb", "sql", "python")),
        checks=[NO_ROLLBACK, EARNED],
    ),
)
def experiment_watch(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:  # fmt: skip
    """Each watched experiment read out and judged by the rollback criteria, and the stages of its rollout that were earned."""
    seen: dict[dt.date, published.Watch] = {}

    def watch(night: Night) -> published.Watch:
        if night.as_of.date not in seen:
            workspace = night.workspace
            seen[night.as_of.date] = published.watch(
                night.warehouse, as_of=night.as_of, policy=workspace.experiments, currency=workspace.revenue.currency
            )  # fmt: skip
        return seen[night.as_of.date]

    with work_on(context, warehouse) as work:
        yield work.publish("experiments.readouts", lambda night: watch(night).readouts)
        yield work.publish("experiments.effects", lambda night: watch(night).effects)
        yield work.publish("experiments.rollouts", lambda night: watch(night).rollouts)
        yield work.publish("experiments.stages", _stages)
        yield _found(work, NO_ROLLBACK, dg.AssetCheckSeverity.ERROR)
        yield _found(work, EARNED, dg.AssetCheckSeverity.WARN)


def _registry(night: Night) -> Rows:
    return published.registry(as_of=night.as_of, policy=night.workspace.experiments)


def _self_checks(night: Night) -> Rows:
    return published.self_checks(night.warehouse, as_of=night.as_of, policy=night.workspace.experiments)


def _stages(night: Night) -> Rows:
    return published.stages(night.warehouse, as_of=night.as_of, policy=night.workspace.experiments)


def _found(work: Work, spec: dg.AssetCheckSpec, severity: dg.AssetCheckSeverity) -> dg.AssetCheckResult:
    """The check fails with what its question finds on the newest day."""
    night = work.last
    found = [str(row[0]) for row in night.warehouse.rows(Query("found", QUESTIONS[spec.name], night.as_of.parameters()))]
    return dg.AssetCheckResult(
        check_name=spec.name, asset_key=spec.asset_key, passed=not found, severity=severity, metadata={"found": len(found)},
        description="; ".join(found) or str(spec.description),
    )  # fmt: skip
