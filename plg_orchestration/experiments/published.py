"""The published tables: the registry and the plans as rows, and every watched experiment read out from the warehouse.

How a read-out is made is in `read_out.py`; what it is made of in `material.py`; the rows of rollouts in `staged.py`.
"""

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from plg_orchestration.clock import AsOf
from plg_orchestration.errors import Unavailable
from plg_orchestration.experiments.effects import effect_rows
from plg_orchestration.experiments.history import self_check_rows, stake_of, stakes
from plg_orchestration.experiments.material import MEASURED, gather, read, watched
from plg_orchestration.experiments.plan import audit_plan, published_plan
from plg_orchestration.experiments.policy import Experiment, ExperimentPolicy
from plg_orchestration.experiments.read_out import ReadOut
from plg_orchestration.experiments.revenue import Stake
from plg_orchestration.experiments.staged import rollout_rows, stage_rows
from plg_orchestration.experiments.tables import EFFECTS, PLAN_AUDIT, READOUTS, REGISTRY, ROLLOUTS, SELF_CHECKS, STAGES
from plg_orchestration.warehouse import Table, Warehouse

NONE_REGISTERED = "no experiment is registered; add one to `experiments` in plg.yaml (docs/experiments.md)"


TYPES: Mapping[str, pa.DataType] = {
    "DATE": pa.date32(), "TIMESTAMP": pa.timestamp("us"), "VARCHAR": pa.string(), "BOOLEAN": pa.bool_(),
    "INTEGER": pa.int32(), "BIGINT": pa.int64(), "DOUBLE": pa.float64(),
}  # fmt: skip


def registry(*, as_of: AsOf, policy: ExperimentPolicy) -> pa.Table:
    """Rows of `experiments.registry`; Unavailable when nothing is registered."""
    if not policy.experiments:
        raise Unavailable(NONE_REGISTERED)
    rows = [_registered(experiment, as_of.date) for experiment in sorted(policy.experiments, key=lambda e: e.name)]
    return _table(REGISTRY, rows)


def plan_audit() -> pa.Table:
    """Rows of `experiments.plan_audit`: the published plan, each row against what its own effect needs."""
    planned = published_plan().tests
    rows: list[dict[str, object]] = []
    for test, found in zip(planned, audit_plan(planned), strict=True):
        rows.append({
            "experiment": test.experiment, "origin": test.origin, "arms": test.arms, "alternative": test.alternative,
            "kind": test.kind, "baseline": test.baseline, "mde": test.mde, "mde_kind": test.mde_kind,
            "planned_units": found.planned, "needed_units": found.needed, "finds": found.finds, "verdict": str(found.verdict),
            "reason": found.reason,
        })  # fmt: skip
    return _table(PLAN_AUDIT, rows)


def self_checks(warehouse: Warehouse, *, as_of: AsOf, policy: ExperimentPolicy) -> pa.Table:
    """Rows of `experiments.self_checks`, as `history.self_check_rows` makes them."""
    return _table(SELF_CHECKS, self_check_rows(warehouse, as_of=as_of, policy=policy))


@dataclass(frozen=True)
class Watch:
    """A night's rows about the watched experiments, made from one reading of the warehouse."""

    readouts: pa.Table
    effects: pa.Table
    rollouts: pa.Table


def watch(warehouse: Warehouse, *, as_of: AsOf, policy: ExperimentPolicy, currency: str = "USD") -> Watch:
    """Rows of `experiments.readouts`, `effects` and `rollouts`: experiments that run, or ended in the last `queries.WATCH_DAYS`.

    `currency` is that in which money is reported. Unavailable when none is watched on the day.
    """
    experiments = watched(policy, as_of)
    if not experiments:
        raise Unavailable(
            "no registered experiment runs or ended in the last four weeks" if policy.experiments else NONE_REGISTERED
        )
    material = gather(warehouse, as_of=as_of, experiments=experiments, policy=policy, segments=True)
    worth = stakes(warehouse, as_of=as_of, currency=currency)
    found: dict[str, ReadOut | None] = {}
    read_outs: list[dict[str, object]] = []
    effects: list[dict[str, object]] = []
    for experiment in experiments:
        cohort = int(material.of(experiment)[0]["unit_id"].nunique())
        stake = stake_of(experiment, worth, cohort)
        segments = experiment.strata or policy.read_out.segments
        seen = found[experiment.name] = read(experiment, material, policy, segments=segments, stake=stake)
        read_outs += _rows(experiment, seen, as_of, stake, currency)
        if seen is not None and not seen.split.alarm:
            effects += effect_rows(experiment, material, policy)
    rollouts = list(rollout_rows(material, found, experiments, policy))
    return Watch(_table(READOUTS, read_outs), _table(EFFECTS, effects), _table(ROLLOUTS, rollouts))


def readouts(warehouse: Warehouse, *, as_of: AsOf, policy: ExperimentPolicy, currency: str = "USD") -> pa.Table:
    """Rows of `experiments.readouts`, as `watch` makes them."""
    return watch(warehouse, as_of=as_of, policy=policy, currency=currency).readouts


def stages(warehouse: Warehouse, *, as_of: AsOf, policy: ExperimentPolicy) -> pa.Table:
    """Rows of `experiments.stages`: the stages that were entered by the day; Unavailable when no rollout is registered."""
    if not any(experiment.rollout for experiment in policy.experiments):
        raise Unavailable("no registered experiment lists stages of a rollout (docs/experiments.md)")
    return _table(STAGES, stage_rows(warehouse, as_of=as_of, policy=policy))


def _table(declared: Table, rows: Sequence[Mapping[str, object]]) -> pa.Table:
    """The rows with the declared columns and types; what a row does not say, or is NaN, is null."""
    schema = pa.schema([(column.name, TYPES[column.type]) for column in declared.columns])
    plain = [{name: _plain(row.get(name)) for name in schema.names} for row in rows]
    return pa.Table.from_pylist(plain, schema=schema)


def _plain(value: object) -> object:
    return None if isinstance(value, float) and math.isnan(value) else value


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
    experiment: Experiment, found: ReadOut | None, as_of: AsOf, stake: Stake | None, currency: str
) -> Iterator[dict[str, object]]:  # fmt: skip
    head: dict[str, object] = {"as_of": as_of.date, "experiment": experiment.name}
    if found is None:
        lacking = f"{experiment.metric} is not known of each unit; known are {', '.join(MEASURED)}"
        for arm in sorted(arm for arm, weight in experiment.arms.items() if weight > 0 and arm != experiment.control):
            yield head | _nothing(arm, experiment.metric, "", lacking) | {"verdict": "hold", "reason": lacking}
        return
    for row in _told(found, experiment):
        impact = found.revenue.get(str(row["arm"])) if row["role"] == "primary" and not row["segment"] else None
        if impact is not None and stake is not None:
            row |= {
                "revenue": impact.value, "revenue_low": impact.low, "revenue_high": impact.high, "currency": currency,
                "arpu_delta": stake.arpu_delta, "cohort": int(stake.cohort_size),
            }  # fmt: skip
        yield head | row


def _told(found: ReadOut, experiment: Experiment) -> Iterator[dict[str, object]]:
    """A row per contrast, and per segment of the primary metric; after a broken split one per arm, without figures."""
    split_p = found.split.p_value if math.isfinite(found.split.p_value) else None
    units, shared = found.split.units, {"split_p": split_p, "several_arms": found.split.several_arms, "day": found.progress.day}
    for decision in found.decisions:
        judged: dict[str, object] = {
            **shared, "verdict": decision.action, "reason": decision.reason, "units": units.get(decision.arm, 0),
            "units_control": units.get(experiment.control, 0),
        }  # fmt: skip
        if found.split.alarm:
            yield _nothing(decision.arm, experiment.metric, "primary", "the split is broken") | judged
            continue
        for contrasts in (found.contrasts, found.segments):
            told = contrasts[contrasts["arm"] == decision.arm] if len(contrasts) else contrasts
            for row in told.to_dict("records"):
                yield {str(name): value for name, value in row.items()} | judged


def _nothing(arm: str, metric: str, role: str, lacking: str) -> dict[str, object]:
    return {"arm": arm, "metric": metric, "role": role, "segment": "", "segment_value": "", "lacking": lacking, "correction": ""}
