"""The published tables: the registry as rows, and every watched experiment read out from the warehouse.

How a read-out is made is in `read_out.py`; SQL that finds units and their outcomes is in `queries.py`.
"""

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence

import pandas as pd
import pyarrow as pa

from plg_orchestration.clock import AsOf
from plg_orchestration.errors import Unavailable
from plg_orchestration.experiments import queries
from plg_orchestration.experiments.policy import Experiment, ExperimentPolicy
from plg_orchestration.experiments.read_out import ReadOut, read_out
from plg_orchestration.experiments.samples import Measure
from plg_orchestration.experiments.tables import READOUTS, REGISTRY
from plg_orchestration.warehouse import Table, Warehouse

MEASURED: Mapping[str, tuple[int, str | None]] = {"activation_rate": (7, None), "retention": (14, "active_days_before")}
"""The metrics that are known of each unit: after how many days they are complete, and the pre-period that adjusts them."""
NONE_REGISTERED = "no experiment is registered; add one to `experiments` in plg.yaml (docs/experiments.md)"


TYPES: Mapping[str, pa.DataType] = {
    "DATE": pa.date32(), "VARCHAR": pa.string(), "BOOLEAN": pa.bool_(), "INTEGER": pa.int32(), "BIGINT": pa.int64(),
    "DOUBLE": pa.float64(),
}  # fmt: skip


def registry(*, as_of: AsOf, policy: ExperimentPolicy) -> pa.Table:
    """Rows of `experiments.registry`; Unavailable when nothing is registered."""
    if not policy.experiments:
        raise Unavailable(NONE_REGISTERED)
    rows = [_registered(experiment, as_of.date) for experiment in sorted(policy.experiments, key=lambda e: e.name)]
    return _table(REGISTRY, rows)


def readouts(warehouse: Warehouse, *, as_of: AsOf, policy: ExperimentPolicy) -> pa.Table:
    """Rows of `experiments.readouts`: experiments that run, or ended no more than `queries.WATCH_DAYS` days ago.

    Unavailable when none is watched on the day.
    """
    watched = [e for e in sorted(policy.experiments, key=lambda e: e.name) if _watched(e, as_of)]
    if not watched:
        raise Unavailable(
            "no registered experiment runs or ended in the last four weeks" if policy.experiments else NONE_REGISTERED
        )
    exposures = warehouse.frame(queries.watched_exposures(as_of=as_of))
    outcomes = warehouse.frame(queries.experiment_outcomes(as_of=as_of, starts=min(e.starts for e in watched)))
    rows: list[dict[str, object]] = []
    for experiment in watched:
        mine, results = (frame[frame["experiment"] == experiment.name] for frame in (exposures, outcomes))
        rows += _rows(experiment, mine, results, as_of, policy)
    return _table(READOUTS, rows)


def _table(declared: Table, rows: Sequence[Mapping[str, object]]) -> pa.Table:
    """The rows with the declared columns and types; what a row does not say, or is NaN, is null."""
    schema = pa.schema([(column.name, TYPES[column.type]) for column in declared.columns])
    plain = [{name: _plain(row.get(name)) for name in schema.names} for row in rows]
    return pa.Table.from_pylist(plain, schema=schema)


def _plain(value: object) -> object:
    return None if isinstance(value, float) and math.isnan(value) else value


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


def _watched(experiment: Experiment, as_of: AsOf) -> bool:
    oldest = as_of.minus(queries.WATCH_DAYS).date
    return experiment.starts <= as_of.date and (experiment.ends is None or experiment.ends >= oldest)


def _registered(experiment: Experiment, day: dt.date) -> dict[str, object]:
    total = sum(experiment.arms.values())
    ordered = sorted(experiment.arms.items(), key=lambda entry: (entry[0] != experiment.control, entry[0]))
    plan = experiment.plan
    return {
        "as_of": day, "experiment": experiment.name, "hypothesis": experiment.hypothesis,
        "null_hypothesis": experiment.null_hypothesis, "unit": experiment.unit,
        "arms": ", ".join(f"{arm} {100 * weight / total:.3g} %" for arm, weight in ordered), "control": experiment.control,
        "metric": experiment.metric,
        "guardrails": ", ".join(f"{name} {margin:g}" for name, margin in sorted(experiment.guardrails.items())),
        "starts": experiment.starts, "ends": experiment.ends, "running": experiment.running(day), "traffic": experiment.stage,
        "baseline": plan.baseline if plan else None, "mde": plan.mde if plan else None,
        "mde_kind": plan.mde_kind if plan else None,
        "planned_units": plan.sample_size if plan else None,
        "needed_units": plan.needed(experiment.arms, experiment.control) if plan else None, "owner": experiment.owner,
    }  # fmt: skip


def _rows(
    experiment: Experiment, exposures: pd.DataFrame, outcomes: pd.DataFrame, as_of: AsOf, policy: ExperimentPolicy
) -> Iterator[dict[str, object]]:  # fmt: skip
    head: dict[str, object] = {"as_of": as_of.date, "experiment": experiment.name}
    if experiment.metric not in MEASURED:
        lacking = f"{experiment.metric} is not known of each unit; known are {', '.join(MEASURED)}"
        for arm in sorted(arm for arm, weight in experiment.arms.items() if weight > 0 and arm != experiment.control):
            yield head | _nothing(arm, experiment.metric, "", lacking) | {"verdict": "hold", "reason": lacking}
        return
    found = read_out(
        exposures, outcomes, arms=experiment.arms, control=experiment.control, measures=measures_of(experiment, policy),
        as_of=as_of.date, timezone=as_of.timezone, starts=experiment.starts,
        planned_units=experiment.plan.sample_size if experiment.plan else None,
        cluster="account_id" if experiment.unit == "user" else None, policy=policy.read_out,
    )  # fmt: skip
    yield from (head | row for row in _told(found, experiment))


def _told(found: ReadOut, experiment: Experiment) -> Iterator[dict[str, object]]:
    """A row per contrast; after a broken split one per arm, without figures."""
    split_p = found.split.p_value if math.isfinite(found.split.p_value) else None
    common = {"split_p": split_p, "several_arms": found.split.several_arms, "day": found.progress.day}
    for decision in found.decisions:
        judged: dict[str, object] = {**common, "verdict": decision.action, "reason": decision.reason}
        if found.split.alarm:
            yield _nothing(decision.arm, experiment.metric, "primary", "the split is broken") | judged
            continue
        told = found.contrasts[found.contrasts["arm"] == decision.arm]
        for row in told.to_dict("records"):
            yield {str(name): value for name, value in row.items()} | judged


def _nothing(arm: str, metric: str, role: str, lacking: str) -> dict[str, object]:
    return {"arm": arm, "metric": metric, "role": role, "segment": "", "segment_value": "", "lacking": lacking, "correction": ""}
