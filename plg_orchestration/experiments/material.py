"""What the warehouse holds about experiments on a day, and each of them read out from it.

Read-outs know only plain tables (`read_out.py`); which metrics and segments are known of each unit is said here. Rows for
publication are made in `published.py` and `staged.py`.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import pandas as pd

from plg_orchestration.clock import AsOf
from plg_orchestration.experiments import queries
from plg_orchestration.experiments.policy import Experiment, ExperimentPolicy
from plg_orchestration.experiments.read_out import ReadOut, read_out
from plg_orchestration.experiments.revenue import Stake
from plg_orchestration.experiments.rollouts import Evidence
from plg_orchestration.experiments.samples import Measure
from plg_orchestration.warehouse import Warehouse

MEASURED: Mapping[str, tuple[int, str | None]] = {"activation_rate": (7, None), "retention": (14, "active_days_before")}
"""The metrics that are known of each unit: after how many days they are complete, and the pre-period that adjusts them."""


@dataclass(frozen=True)
class Material:
    """Exposures, outcomes (with segments, where asked for) and levels of all watched experiments as known on the day."""

    as_of: AsOf
    exposures: pd.DataFrame
    outcomes: pd.DataFrame
    levels: pd.DataFrame

    def of(self, experiment: Experiment) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The exposures and the outcomes of one experiment."""
        exposures, outcomes = (frame[frame["experiment"] == experiment.name] for frame in (self.exposures, self.outcomes))
        return exposures, outcomes


def watched(policy: ExperimentPolicy, as_of: AsOf) -> list[Experiment]:
    """The experiments that run, or ended no more than `queries.WATCH_DAYS` days ago, by name."""
    oldest = as_of.minus(queries.WATCH_DAYS).date
    return [
        e for e in sorted(policy.experiments, key=lambda e: e.name)
        if e.starts <= as_of.date and (e.ends is None or e.ends >= oldest)
    ]  # fmt: skip


def gather(
    warehouse: Warehouse, *, as_of: AsOf, experiments: Sequence[Experiment], policy: ExperimentPolicy, segments: bool = False
) -> Material:  # fmt: skip
    """The material of the experiments, which must be watched on the day, and of at least one."""
    outcomes = warehouse.frame(queries.experiment_outcomes(as_of=as_of, starts=min(e.starts for e in experiments)))
    if segments:
        before = warehouse.frame(queries.unit_segments(as_of=as_of))
        outcomes = outcomes.merge(before, on=["experiment", "unit_id"], how="left", validate="1:1")
    levels = warehouse.frame(queries.rollout_levels(as_of=as_of, evidence_days=policy.rollout.evidence_days))
    return Material(as_of, warehouse.frame(queries.watched_exposures(as_of=as_of)), outcomes, levels)


def measures_of(experiment: Experiment, policy: ExperimentPolicy) -> list[Measure]:
    """The primary metric and the guardrails that are known of each unit; retention is a guardrail of every experiment."""
    margins = {"retention": policy.rollout.retention_drop, **experiment.guardrails}
    made = [_measure(experiment.metric, "primary", None)] if experiment.metric in MEASURED else []
    return made + [
        _measure(name, "guardrail", margin) for name, margin in sorted(margins.items())
        if name in MEASURED and name != experiment.metric
    ]  # fmt: skip


def _measure(name: str, role: str, margin: float | None) -> Measure:
    days, covariate = MEASURED[name]
    matures = dt.timedelta(days=days)
    if role == "primary":
        return Measure(name, covariate=covariate, matures_after=matures)
    return Measure(name, role="guardrail", margin=margin, covariate=covariate, matures_after=matures)


def read(
    experiment: Experiment, material: Material, policy: ExperimentPolicy, *, segments: Sequence[str] = (),
    stake: Stake | None = None,
) -> ReadOut | None:  # fmt: skip
    """The experiment read out as registered; None when its primary metric is not known of each unit."""
    if experiment.metric not in MEASURED:
        return None
    planned = experiment.plan.sample_size if experiment.plan else None
    return _read(experiment, material, measures_of(experiment, policy), policy, planned, segments, stake)


def evidence_of(
    experiment: Experiment, material: Material, found: ReadOut | None, policy: ExperimentPolicy
) -> Evidence:  # fmt: skip
    """The day's evidence on a rollout: of several treatment arms the worst of each criterion. `found` is what `read` gave."""
    seen = found or _read(experiment, material, [_measure("retention", "primary", None)], policy, None, (), None)
    kept = [
        (row["difference"], row["always_valid_low"], row["always_valid_high"])
        for row in cast("list[dict[str, Any]]", seen.contrasts.to_dict("records"))
        if row["metric"] == "retention" and not pd.isna(row["difference"])
    ]
    retention = min(kept, key=lambda figures: figures[2], default=None)
    levels = material.levels[material.levels["experiment"] == experiment.name]
    treated = [row for row in cast("list[dict[str, Any]]", levels.to_dict("records")) if not row["control"]]
    errors = max(((r["error_days"] / r["active_days"], r["active_days"]) for r in treated if r["active_days"]), default=(None, 0))
    feedback = min(((r["feedback"], r["answers"]) for r in treated if r["answers"]), default=(None, 0))
    return Evidence(
        material.as_of.date, experiment.plan is not None, retention, *errors, *feedback,
        seen.split.alarm if sum(seen.split.units.values()) else None, found.decision if found else None,
    )  # fmt: skip


def _read(
    experiment: Experiment, material: Material, measures: Sequence[Measure], policy: ExperimentPolicy, planned: int | None,
    segments: Sequence[str], stake: Stake | None,
) -> ReadOut:  # fmt: skip
    exposures, outcomes = material.of(experiment)
    return read_out(
        exposures, outcomes, arms=experiment.arms, control=experiment.control, measures=measures, as_of=material.as_of.date,
        timezone=material.as_of.timezone, starts=experiment.starts, planned_units=planned,
        cluster="account_id" if experiment.unit == "user" else None, segments=segments, stake=stake, policy=policy.read_out,
    )  # fmt: skip
