"""The nightly tables of rollouts: tonight's move with every criterion, and each registered stage with whether it was earned.

A rollout stands where `plg.yaml` says that it stands; what the evidence allows is worked out by `rollouts.py`.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import cast

from plg_orchestration.clock import AsOf
from plg_orchestration.experiments import queries
from plg_orchestration.experiments.material import Material, evidence_of, gather, read
from plg_orchestration.experiments.policy import Experiment, ExperimentPolicy, StageStart
from plg_orchestration.experiments.read_out import ReadOut
from plg_orchestration.experiments.rollouts import Rollout, Transition, next_move, post_mortem
from plg_orchestration.experiments.tables import STAGES
from plg_orchestration.verdicts import Verdict
from plg_orchestration.warehouse import Warehouse

Row = dict[str, object]
ORDER = (Verdict.FAIL, Verdict.WARN, Verdict.INSUFFICIENT, Verdict.PASS)
"""The verdict on a rollout is the gravest of its criteria."""


def standing(experiment: Experiment, day: dt.date) -> Rollout:
    """Where the rollout stands on the day by its registered stages; without any it has its `stage` since it starts."""
    if not experiment.rollout:
        return Rollout(experiment.stage, experiment.starts, experiment.starts, "running")
    return _after([entry for entry in experiment.rollout if entry.since <= day])


def _after(entered: Sequence[StageStart]) -> Rollout:
    """The state after the stages that were entered, oldest first."""
    state = Rollout()
    for entry in entered:
        if entry.traffic == 0:
            state = Rollout(0, entry.since, state.started, "rolled back")
        else:
            begun = state.started if state.status == "running" else entry.since
            state = Rollout(entry.traffic, entry.since, begun, "running")
    return state


def rollout_rows(
    material: Material, found: Mapping[str, ReadOut | None], experiments: Sequence[Experiment], policy: ExperimentPolicy
) -> Iterator[Row]:  # fmt: skip
    """Rows of `experiments.rollouts`: the move that tonight's evidence asks for, and the figures of its criteria."""
    for experiment in experiments:
        evidence = evidence_of(experiment, material, found[experiment.name], policy)
        moved = next_move(standing(experiment, material.as_of.date), evidence, policy.rollout)
        yield _rollout_row(experiment, moved, found[experiment.name])


def _rollout_row(experiment: Experiment, moved: Transition, seen: ReadOut | None) -> Row:
    state = moved.before
    by_name = {criterion.name: criterion for criterion in moved.criteria}
    verdicts = [criterion.verdict for criterion in moved.criteria]
    row: Row = {
        "as_of": moved.day, "experiment": experiment.name, "status": state.status, "traffic": state.traffic,
        "since": state.since, "started": state.started, "move": moved.move, "next_traffic": moved.after.traffic,
        "reason": moved.reason, "verdict": str(next((v for v in ORDER if v in verdicts), Verdict.INSUFFICIENT)),
        "decision": seen.verdict if seen else None,
    }  # fmt: skip
    for name in ("split", "retention", "error_rate", "feedback"):
        criterion = by_name.get(name)
        row[f"{name}_verdict"] = str(criterion.verdict) if criterion else None
        row[f"{name}_reason"] = criterion.reason if criterion else None
        if name != "split":
            row[name] = criterion.figure if criterion else None
            row[f"{name}_limit"] = criterion.limit if criterion else None
    return row


def stage_rows(warehouse: Warehouse, *, as_of: AsOf, policy: ExperimentPolicy) -> list[Row]:
    """Rows of `experiments.stages`: every stage entered by the day, judged by what was known on the evening before it.

    A judgment is made once: a stage that an earlier night judged keeps what that night said.
    """
    earlier = _earlier(warehouse, as_of)
    rows: list[Row] = []
    filed: Mapping[str, Sequence[dt.datetime]] | None = None
    for experiment in sorted(policy.experiments, key=lambda e: e.name):
        entered = [entry for entry in experiment.rollout if entry.since <= as_of.date]
        for place, entry in enumerate(entered):
            before = _after(entered[:place])
            if entry.traffic == 0 or place:
                filed = _filed(warehouse, as_of) if filed is None else filed
            row: Row = {
                "as_of": as_of.date, "experiment": experiment.name, "traffic": entry.traffic, "since": entry.since,
                "before": before.traffic, "earned": None, "judged_by": "",
            }  # fmt: skip
            if entry.traffic == 0:
                row |= _clock(entry, entered[place + 1 :], (filed or {}).get(experiment.name, ()), as_of, policy)
            else:
                known = earlier.get((experiment.name, entry.traffic, entry.since))
                reports = (filed or {}).get(experiment.name, ())
                earned, why = known or _judged(warehouse, experiment, before, entry, reports, as_of, policy)
                row |= {"earned": earned, "judged_by": why}
            rows.append(row)
    return rows


def _judged(
    warehouse: Warehouse, experiment: Experiment, before: Rollout, entry: StageStart, reports: Sequence[dt.datetime],
    as_of: AsOf, policy: ExperimentPolicy,
) -> tuple[bool, str]:  # fmt: skip
    """Whether the evidence of the evening before allowed the stage, and the reason."""
    eve = AsOf(entry.since - dt.timedelta(days=1), as_of.timezone)
    if before.status == "rolled back":
        reported = any(before.since is not None and at.date() >= before.since and at < eve.cut for at in reports)
        return reported, "begun anew after the post-mortem" if reported else "begun anew without a post-mortem"
    if before.status == "planned":
        return experiment.plan is not None, "registered with a plan before it began"
    material = gather(warehouse, as_of=eve, experiments=[experiment], policy=policy)
    evidence = evidence_of(experiment, material, read(experiment, material, policy), policy)
    moved = next_move(before, replace(evidence, day=entry.since), policy.rollout)
    return moved.move == "advance" and moved.after.traffic >= entry.traffic, f"known on {eve.date}: {moved.reason}"


def _clock(
    entry: StageStart, later: Sequence[StageStart], reports: Sequence[dt.datetime], as_of: AsOf, policy: ExperimentPolicy
) -> Row:  # fmt: skip
    """The post-mortem of a rollback: its clock runs from the end of the day on which the traffic went to 0."""
    ended = AsOf(entry.since, as_of.timezone)
    until = next((stage.since for stage in later if stage.traffic == 0), None)
    mine = [at for at in reports if at >= ended.start and (until is None or at.date() < until)]
    filed = mine[0] if mine else None
    clock = post_mortem(ended.cut, filed_at=max(filed, ended.cut) if filed else None, now=as_of.cut, policy=policy.rollout)
    return {
        "judged_by": "rolled back", "post_mortem": clock.status, "post_mortem_due": clock.due_at, "post_mortem_filed": filed,
    }  # fmt: skip


def _filed(warehouse: Warehouse, as_of: AsOf) -> Mapping[str, Sequence[dt.datetime]]:
    if not warehouse.exists("ingest.governance_records"):
        return {}
    made: dict[str, list[dt.datetime]] = {}
    for subject, at in warehouse.rows(queries.post_mortems(as_of=as_of)):
        made.setdefault(str(subject), []).append(cast("dt.datetime", at))
    return made


def _earlier(warehouse: Warehouse, as_of: AsOf) -> dict[tuple[str, int, dt.date], tuple[bool, str]]:
    if not warehouse.exists(STAGES.name):
        return {}
    rows = cast("list[tuple[str, int, dt.date, bool | None, str]]", warehouse.rows(queries.earlier_stages(as_of=as_of)))
    return {(name, traffic, since): (earned, why) for name, traffic, since, earned, why in rows if earned is not None}
