"""The rows of `governance.initiative_kpis` and `governance.initiatives` for a day, put together from what the warehouse holds.

Judging a condition is in `judging.py`, deciding in `decisions.py`, the roadmap in `roadmap.py`.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa

from plg_orchestration.clock import AsOf
from plg_orchestration.errors import Unavailable
from plg_orchestration.governance.initiatives import queries
from plg_orchestration.governance.initiatives.decisions import ROLLBACK, Decision, Gate, decide, experiment_shown, gate_of
from plg_orchestration.governance.initiatives.judging import Judged, Reading, judge_aim
from plg_orchestration.governance.initiatives.policy import Aim, Initiative, Roadmap, Role
from plg_orchestration.governance.initiatives.records import (
    MILESTONE,
    SPEND,
    Milestones,
    Spend,
    budget_usd,
    budget_used,
    milestones_of,
    spend_of,
)
from plg_orchestration.governance.initiatives.returns import return_of
from plg_orchestration.governance.initiatives.rows import declared_rows
from plg_orchestration.governance.initiatives.tables import INITIATIVE_KPIS, INITIATIVES
from plg_orchestration.warehouse import Query, Warehouse

if TYPE_CHECKING:
    from plg_orchestration.experiments.policy import Experiment, ExperimentPolicy
    from plg_orchestration.governance.policy import GovernancePolicy

Rows = list[dict[str, Any]]
Key = tuple[str, str, str]
NONE_REGISTERED = "no initiative is registered; add one to `governance.initiatives` in plg.yaml (docs/initiatives.md)"


class Planned(Protocol):
    """What initiatives need of a workspace: the register, the experiments, and which inputs it lacks."""

    @property
    def governance(self) -> "GovernancePolicy":
        """The register."""
        ...

    @property
    def experiments(self) -> "ExperimentPolicy":
        """The registered experiments."""
        ...

    def missing(self, need: str) -> str | None:
        """Why an input is not there; None when it is."""
        ...


@dataclass(frozen=True)
class JudgedAim:
    """A condition of an initiative with what it was judged by."""

    role: Role
    aim: Aim
    now: Reading | None
    before: Reading | None
    judged: Judged


def judged_aims(warehouse: Warehouse, initiatives: Mapping[str, Initiative], *, as_of: AsOf) -> dict[str, list[JudgedAim]]:
    """Every condition of every initiative, judged on the day.

    A baseline is the stated one, else the one on which an earlier night rested, else the newest that ended before the start. One
    by an earlier definition gives way to one by tonight's, where there is one.
    """
    now = _readings(warehouse, "kpis.snapshot", queries.initiative_values(as_of=as_of))
    kept = _kept(warehouse, initiatives, as_of)
    fresh = _readings(warehouse, "kpis.history", queries.initiative_baselines(as_of=as_of))
    found: dict[str, list[JudgedAim]] = {}
    for name, initiative in sorted(initiatives.items()):
        found[name] = []
        for role, aim in initiative.aims():
            key = (name, str(aim.kpi), aim.read_by)
            reading = now.get(key)
            base = _baseline(reading, kept.get(key), fresh.get(key)) if aim.baseline is None else Reading(aim.baseline)
            judged = judge_aim(aim, now=reading, before=base, starts=initiative.starts, today=as_of.date)
            found[name].append(JudgedAim(role, aim, reading, base, judged))
    return found


def kpi_rows(aims: Mapping[str, Sequence[JudgedAim]], initiatives: Mapping[str, Initiative], as_of: AsOf) -> pa.Table:
    """The rows of `governance.initiative_kpis`; Unavailable when no initiative is registered."""
    if not initiatives:
        raise Unavailable(NONE_REGISTERED)
    rows = [_aim_row(name, initiatives[name].starts, one, as_of.date) for name, listed in aims.items() for one in listed]
    return declared_rows(INITIATIVE_KPIS, rows)


def initiative_rows(
    warehouse: Warehouse, aims: Mapping[str, Sequence[JudgedAim]], *, as_of: AsOf, workspace: Planned
) -> pa.Table:
    """The rows of `governance.initiatives`, by name; Unavailable when no initiative is registered."""
    initiatives = workspace.governance.initiatives
    if not initiatives:
        raise Unavailable(NONE_REGISTERED)
    world = _world(warehouse, as_of, workspace)
    rows = [_initiative_row(name, initiatives[name], aims[name], world, as_of.date) for name in sorted(initiatives)]
    return declared_rows(INITIATIVES, rows)


def stray_records(warehouse: Warehouse, initiatives: Mapping[str, Initiative], *, as_of: AsOf) -> list[str]:
    """Milestones and spend that name no registered initiative, each in words; none where there are no records."""
    found = _rows(warehouse, "ingest.governance_records", queries.initiative_records(as_of=as_of))
    return [f"{r['record_id']}: {r['kind']} of {r['subject']!r}" for r in found if r["subject"] not in initiatives]


@dataclass(frozen=True)
class World:
    """What is read once for all initiatives."""

    roadmap: Roadmap
    records: Rows
    no_records: str | None
    readouts: Rows
    no_readouts: str | None
    experiments: Mapping[str, "Experiment"]
    alpha: float
    signups_a_month: float | None


def _world(warehouse: Warehouse, as_of: AsOf, workspace: Planned) -> World:
    no_records = workspace.missing("source:governance_records") or _unbuilt(warehouse, "ingest.governance_records")
    no_readouts = workspace.missing("source:exposures") or _unbuilt(warehouse, "experiments.readouts")
    signups = _rows(warehouse, "kpis.snapshot", queries.signups_a_month(as_of=as_of))
    return World(
        roadmap=workspace.governance.roadmap,
        records=[] if no_records else warehouse.arrow(queries.initiative_records(as_of=as_of)).to_pylist(),
        no_records=no_records,
        readouts=[] if no_readouts else warehouse.arrow(queries.initiative_readouts(as_of=as_of)).to_pylist(),
        no_readouts=no_readouts,
        experiments={experiment.name: experiment for experiment in workspace.experiments.experiments},
        alpha=workspace.experiments.read_out.alpha,
        signups_a_month=signups[0]["value"] if signups else None,
    )


def _initiative_row(name: str, initiative: Initiative, aims: Sequence[JudgedAim], world: World, today: dt.date) -> dict[str, Any]:
    mine = [row for row in world.records if row["subject"] == name]
    done = milestones_of(initiative, [row for row in mine if row["kind"] == MILESTONE], today=today, lacking=world.no_records)
    spend = spend_of([row for row in mine if row["kind"] == SPEND], lacking=world.no_records)
    experiment = world.experiments.get(str(initiative.experiment))
    read = [row for row in world.readouts if row["experiment"] == initiative.experiment]
    ended = experiment is not None and experiment.ends is not None and experiment.ends < today
    shown = experiment_shown(initiative, read, ended=ended, alpha=world.alpha, lacking=world.no_readouts)
    conditions = [(str(one.aim), one.judged) for one in aims if one.role == "go_no_go"]
    over = initiative.ends is not None and initiative.ends <= today
    gate = gate_of(initiative, done, shown, conditions, over=over)
    back = next((one for one in aims if one.role == "rollback"), None)
    decision = decide(initiative, today=today, gate=gate, rollback=back.judged if back else None)
    worth = return_of(
        initiative, shown, metric=experiment.metric if experiment else None, unit=experiment.unit if experiment else None,
        spend_usd=spend.usd(world.roadmap.hourly_rate_usd), signups_a_month=world.signups_a_month,
    )  # fmt: skip
    return {
        **_planned(name, initiative, today), **_decided(decision, gate), **_used(initiative, done, spend, world.roadmap),
        **_aimed([one for one in aims if one.role == "target"]),
        "experiment": initiative.experiment, "experiment_verdict": shown.verdict, "experiment_said": shown.said,
        "return_usd": worth.usd, "return_low_usd": worth.low, "return_high_usd": worth.high,
        "roi": worth.roi, "roi_low": worth.roi_low, "roi_high": worth.roi_high, "roi_said": worth.said,
        **_rollback(back, started=decision.status != "planned"),
    }  # fmt: skip


def _planned(name: str, initiative: Initiative, today: dt.date) -> dict[str, Any]:
    return {
        "as_of": today, "initiative": name, "quarter": initiative.quarter, "impact": initiative.impact,
        "effort": initiative.effort, "priority_score": initiative.priority_score, "owner": initiative.owner,
        "starts": initiative.starts, "ends": initiative.ends,
    }  # fmt: skip


def _decided(decision: Decision, gate: Gate | None) -> dict[str, Any]:
    gate = None if decision.status == "planned" else gate
    return {
        "status": decision.status, "go_no_go": gate.verdict if gate else None, "go_no_go_said": gate.said if gate else None,
        "next_decision": decision.next_decision, "decide_by": decision.decide_by, "reason": decision.reason,
    }  # fmt: skip


def _used(initiative: Initiative, done: Milestones, spend: Spend, roadmap: Roadmap) -> dict[str, Any]:
    rate, budget = roadmap.hourly_rate_usd, initiative.budget
    return {
        "milestones": done.planned, "milestones_done": done.done, "milestones_due": done.due, "milestones_late": done.late,
        "milestone_completion": done.completion, "fte": budget.fte, "hours_budgeted": budget.engineering_hours,
        "hours_spent": spend.hours, "tooling_budgeted_usd": budget.tooling_usd, "tooling_spent_usd": spend.tooling_usd,
        "budget_usd": budget_usd(budget, rate), "spend_usd": spend.usd(rate), "budget_used": budget_used(budget, spend, rate),
    }  # fmt: skip


def _aimed(targets: Sequence[JudgedAim]) -> dict[str, Any]:
    verdicts = [one.judged.verdict for one in targets]
    said = "; ".join(f"{one.aim.metric} {one.judged.verdict.replace('_', ' ')}: {one.judged.reason}" for one in targets)
    return {
        "kpis": len(targets), "kpis_met": verdicts.count("met"), "kpis_unknown": verdicts.count("no_data"), "kpis_said": said,
    }  # fmt: skip


def _rollback(back: JudgedAim | None, *, started: bool) -> dict[str, Any]:
    if back is None:
        return {"rollback_condition": None}
    if not started:
        return {"rollback_condition": str(back.aim)}
    return {
        "rollback_condition": str(back.aim), "rollback_value": back.judged.figure,
        "rollback_verdict": ROLLBACK[back.judged.verdict], "rollback_reason": back.judged.reason,
    }  # fmt: skip


def _aim_row(name: str, since: dt.date | None, one: JudgedAim, today: dt.date) -> dict[str, Any]:
    aim, judged = one.aim, one.judged
    now, before = one.now or Reading(None), one.before or Reading(None)
    return {
        "as_of": today, "initiative": name, "role": one.role, "kpi": aim.metric,
        "named": aim.named if aim.named != aim.metric else None, "compared": aim.compared, "condition": aim.when,
        "period": aim.read_by, "unit": now.unit, "since": since,
        "period_start": now.period_start, "value": now.value, "value_low": now.low, "value_high": now.high,
        "definition": now.definition,
        "baseline_start": before.period_start, "baseline": before.value, "baseline_low": before.low,
        "baseline_high": before.high, "baseline_definition": before.definition, "target": judged.target,
        "figure": judged.figure, "figure_low": judged.low, "figure_high": judged.high, "way": judged.way,
        "verdict": judged.verdict, "reason": judged.reason,
    }  # fmt: skip


def _baseline(now: Reading | None, kept: Reading | None, fresh: Reading | None) -> Reading | None:
    if kept is None or fresh is None or now is None:
        return kept or fresh
    return fresh if kept.definition != now.definition == fresh.definition else kept


def _kept(warehouse: Warehouse, initiatives: Mapping[str, Initiative], as_of: AsOf) -> dict[Key, Reading]:
    """Baselines of an earlier night, as far as the initiative still starts on the same day."""
    rows = _rows(warehouse, INITIATIVE_KPIS.name, queries.earlier_baselines(as_of=as_of))
    same = [row for row in rows if row["initiative"] in initiatives and row["since"] == initiatives[row["initiative"]].starts]
    return {(row["initiative"], row["kpi"], row["period"]): _reading(row) for row in same}


def _readings(warehouse: Warehouse, name: str, query: Query) -> dict[Key, Reading]:
    return {(row["initiative"], row["kpi"], row["period"]): _reading(row) for row in _rows(warehouse, name, query)}


def _rows(warehouse: Warehouse, name: str, query: Query) -> Rows:
    return warehouse.arrow(query).to_pylist() if warehouse.exists(name) else []


def _reading(row: Mapping[str, Any]) -> Reading:
    return Reading(
        row["value"], row["ci_low"], row["ci_high"], row.get("unit"), row["period_start"], row["definition_hash"],
        row.get("reason"),
    )  # fmt: skip


def _unbuilt(warehouse: Warehouse, name: str) -> str | None:
    return None if warehouse.exists(name) else f"{name} has not been built"
