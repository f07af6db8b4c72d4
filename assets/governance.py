"""The governance stage: the controls of the risk register evaluated on data, the risks derived from them, and the targets."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from assets.declare import asset_of, contract_check, key_of, multi_asset_of, spec_of
from assets.publishing import Night, checked_day, publish, work_on
from assets.show import picture, tracking_link
from plg_orchestration import charts, governance
from plg_orchestration.config import current_workspace
from plg_orchestration.governance import queries
from plg_orchestration.governance.controls import EvaluatedControl
from plg_orchestration.governance.register.likelihood import likelihood_proposals
from plg_orchestration.governance.register.targets import targets_on
from plg_orchestration.governance.registry import metric
from plg_orchestration.resources import TrackingResource, WarehouseResource
from plg_orchestration.tracking import LoggedGovernance, Tracking, log_governance
from plg_orchestration.verdicts import ControlStatus
from plg_orchestration.warehouse import Query, Rows, table

GRAVE = ("high", "critical")
NO_ROW = "no data: the control was not evaluated; run the night again"

CONTROLS, RISKS = "governance.controls", "governance.risks"
REGISTER = current_workspace().governance
"""The register when the definitions were loaded: each of its controls is a check of its own."""
AFTERWARDS = frozenset({CONTROLS, RISKS, "governance.incidents"})
"""What a metric may read of the days before, since it is made from the controls."""
PROPOSALS = "governance.likelihood_proposals"
SAID = ("governance.acceptances", "governance.likelihoods", "ingest.governance_records")
JUDGED = (CONTROLS, "governance.incidents", "kpis.snapshot")
EARNED = dg.AssetCheckSpec(
    "residual_scores_are_earned",
    asset=key_of(RISKS),
    description="No residual score fell without a control that became effective or an accepted likelihood.",
)
REVIEWED = dg.AssetCheckSpec("reviews_are_on_time", asset=key_of(RISKS), description="Every risk was reviewed in time.")
PROPOSED = dg.AssetCheckSpec(
    "proposals_are_answered", asset=key_of(PROPOSALS), description="No proposed likelihood waits for a person."
)
CONTROL_CHECKS = {
    name: dg.AssetCheckSpec(control.check_name, asset=key_of(CONTROLS), description=control.question)
    for name, control in sorted(REGISTER.controls.items())
}


def evidence() -> list[str]:
    """The tables that the register's controls read, each made earlier in the night."""
    read = {name for control in REGISTER.controls.values() for name in metric(control.metric).tables}
    return sorted({name for name in read if not name.startswith("config.")} - AFTERWARDS | {"governance.suspects"})


def measured() -> list[str]:
    """The tables that the targets' figures come from, each made earlier in the night; reports are read as the last ones are."""
    read = {name for target in REGISTER.targets.values() if target.metric for name in metric(target.metric).tables}
    return sorted({name for name in read if not name.startswith(("config.", "reports."))} | set(JUDGED))


REGISTERED: dict[str, Any] = {
    **asset_of(CONTROLS, after=evidence(), kinds=("duckdb", "python")),
    "check_specs": [contract_check(CONTROLS), *CONTROL_CHECKS.values()],
}


@dg.asset(**REGISTERED)
def controls(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Every control of the register with its figure, its threshold and its status; without data it never passes."""
    with work_on(context, warehouse) as work:
        done = work.warehouse.publish(table(CONTROLS), lambda day: _controls(work.night(day)), list(work.days))
        states = governance.controls_on(work.warehouse, work.days[-1])
        return work.result(done, checks=[_checked(name, states.get(name)) for name in CONTROL_CHECKS])


@dg.multi_asset(
    name="judge_risks",
    **multi_asset_of(
        spec_of(PROPOSALS, after=[CONTROLS, "governance.likelihoods"], kinds=("duckdb", "python")),
        spec_of(RISKS, after=[CONTROLS, *SAID], kinds=("duckdb", "mlflow")),
        checks=[EARNED, REVIEWED, PROPOSED],
    ),
)
def judge_risks(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource, tracking: TrackingResource
) -> Iterator[dg.MaterializeResult]:
    """What breaches say of each likelihood, and each risk with its scores, status, review and escalation; shown in MLflow too."""
    with work_on(context, warehouse) as work:
        proposals = work.publish(PROPOSALS, _proposals, check=_proposed)
        done = work.warehouse.publish(table(RISKS), lambda day: _risks(work.night(day)), list(work.days))
        logged = _show(work.last, tracking.open())
        more: dict[str, object] = {
            "governance in MLflow": tracking_link(f"experiments/{logged.experiment_id}/runs/{logged.run_id}"),
        }
        days = work.warehouse.frame(queries.register_days(as_of=work.last.as_of))
        if days["as_of"].nunique() > 1:
            more["trend"] = picture(charts.register_trend(days))
        risks = work.result(done, chart="risks", more=more, checks=[_earned(work.last), _reviewed(work.last)])
    yield proposals
    yield risks


@dg.asset(**asset_of("governance.metrics", after=measured(), kinds=("duckdb", "python")))
def metrics(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Every governance target with its figure of the night; what nothing computes is no data, with the reason."""
    return publish(context, warehouse, "governance.metrics", _metrics)


@dg.asset_check(asset=key_of(CONTROLS), description="No control has failed; one that is degraded or without data warns.")
def controls_effective(context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource) -> dg.AssetCheckResult:
    """The controls' checks in one: red when one has failed, a warning when one is degraded or has no data; each is named."""
    with warehouse.open() as store:
        states = governance.controls_on(store, checked_day(context))
    found = [(name, state) for name, state in sorted(states.items()) if state.status is not ControlStatus.EFFECTIVE]
    failed = [(name, state) for name, state in found if state.status is ControlStatus.FAILED]
    described = "; ".join(f"{name} {state.metric}: {state.status}" for name, state in (failed or found))
    return dg.AssetCheckResult(
        passed=bool(states) and not found, description=described or ("Every control is effective." if states else NO_ROW),
        severity=dg.AssetCheckSeverity.ERROR if failed else dg.AssetCheckSeverity.WARN,
        metadata={"not effective": len(found), "failed": len(failed)},
    )  # fmt: skip


def _checked(name: str, state: EvaluatedControl | None) -> dg.AssetCheckResult:
    """The control's own check: it passes when the control is effective on data, and on nothing else."""
    grave = state is not None and state.status is ControlStatus.FAILED and state.severity in GRAVE
    shown = {} if state is None else {"status": str(state.status), "severity": state.severity, **state.figures}
    return dg.AssetCheckResult(
        check_name=CONTROL_CHECKS[name].name, asset_key=key_of(CONTROLS), metadata=shown,
        passed=state is not None and state.status is ControlStatus.EFFECTIVE,
        severity=dg.AssetCheckSeverity.ERROR if grave else dg.AssetCheckSeverity.WARN,
        description=NO_ROW if state is None else f"{state.status.replace('_', ' ')}: {state.evidence}",
    )  # fmt: skip


def _found(night: Night, text: str) -> list[str]:
    rows = night.warehouse.rows(Query("found", text, {"day": night.as_of.date}))
    return [str(row[0]) for row in rows]


def _earned(night: Night) -> dg.AssetCheckResult:
    """Red while a residual score stands lowered by an edit of the register."""
    text = """select risk_id || ': ' || residual_score || ' instead of ' || lowered_from || ' since ' || lowered_on || ': '
        || lowered_why from governance.risks where as_of = $day and lowered_on is not null order by risk_id"""
    found = _found(night, text)
    return dg.AssetCheckResult(
        check_name=EARNED.name, asset_key=EARNED.asset_key, passed=not found, severity=dg.AssetCheckSeverity.ERROR,
        description="; ".join(found) or "No residual score stands lowered without an effective control.",
        metadata={"lowered": len(found)},
    )  # fmt: skip


def _reviewed(night: Night) -> dg.AssetCheckResult:
    """A warning for each risk whose review is overdue or that nobody has reviewed yet."""
    text = """select risk_id || case when $day > review_due then ': its review is overdue since ' || review_due
            else ': no review is on record; the first is due by ' || review_due end
            || ' (governance record of kind risk_review, subject ' || risk_id || ')'
        from governance.risks where as_of = $day and ($day > review_due or reviewed_at is null) order by risk_id"""
    found = _found(night, text)
    return dg.AssetCheckResult(
        check_name=REVIEWED.name, asset_key=REVIEWED.asset_key, passed=not found, severity=dg.AssetCheckSeverity.WARN,
        description="; ".join(found) or "Every risk was reviewed in time.", metadata={"not reviewed": len(found)},
    )  # fmt: skip


def _proposed(night: Night) -> dg.AssetCheckResult:
    """A warning while a proposed likelihood waits for a person."""
    text = """select risk_id || ': ' || reason || '; `plg accept-likelihood ' || risk_id || ' ' || observed_level || '`'
        from governance.likelihood_proposals where as_of = $day and verdict = 'proposed' order by risk_id"""
    found = _found(night, text)
    return dg.AssetCheckResult(
        check_name=PROPOSED.name, asset_key=PROPOSED.asset_key, passed=not found, severity=dg.AssetCheckSeverity.WARN,
        description="; ".join(found) or "No proposed likelihood waits for a person.", metadata={"waiting": len(found)},
    )  # fmt: skip


def _show(night: Night, store: Tracking) -> LoggedGovernance:
    names = {"controls": CONTROLS, "risks": RISKS, "kpis": "kpis.snapshot"}
    day = night.as_of.parameters()
    tables = {
        name: night.warehouse.frame(Query(name, f"select * from {table} where as_of = $as_of order by all", day))
        for name, table in names.items()
    }
    risks = tables["risks"]
    figures = {f"residual_{risk}": float(score) for risk, score in zip(risks["risk_id"], risks["residual_score"], strict=True)}
    return log_governance(store, as_of=night.as_of.date, tables=tables, figures=figures, dagster_run_id=night.run_id)


def _controls(night: Night) -> Rows:
    return governance.evaluate_controls(night.warehouse, as_of=night.as_of, workspace=night.workspace)


def _risks(night: Night) -> Rows:
    return governance.risks_on(night.warehouse, night.workspace.governance, night.as_of)


def _proposals(night: Night) -> Rows:
    return likelihood_proposals(night.warehouse, night.workspace.governance, night.as_of)


def _metrics(night: Night) -> Rows:
    return targets_on(night.warehouse, as_of=night.as_of, workspace=night.workspace)
