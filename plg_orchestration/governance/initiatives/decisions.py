"""What is to be decided about an initiative: its experiment, its gate, its status and its next decision, each with the reason.

Pure decisions on figures that were read before.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from plg_orchestration.governance.initiatives.judging import AimVerdict, Judged
from plg_orchestration.governance.initiatives.policy import COMPUTED, Initiative
from plg_orchestration.governance.initiatives.records import Milestones

Part = Literal["met", "missed", "uncertain", "no_data", "not_required"]
RollbackVerdict = Literal["holds", "uncertain", "does_not_hold", "no_data"]
ROLLBACK: Mapping[AimVerdict, RollbackVerdict] = {
    "met": "holds", "uncertain": "uncertain", "missed": "does_not_hold", "no_data": "no_data",
}  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """What an experiment shows: the verdict, the figures in words, and the effect with its standard error where there is one."""

    verdict: Part
    said: str
    effect: float | None = None
    error: float | None = None


@dataclass(frozen=True)
class Gate:
    """The go/no-go: the verdict of all parts together, and each in words."""

    verdict: Part
    said: str
    open_parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Decision:
    """An initiative's status, what is decided next, by when, and why."""

    status: str
    next_decision: str
    decide_by: dt.date | None
    reason: str


def experiment_shown(
    initiative: Initiative, rows: Sequence[Mapping[str, Any]], *, ended: bool, alpha: float, lacking: str | None
) -> Shown:
    """What the newest read-out says of the initiative's experiment, by its best arm.

    Once the experiment has ended the corrected p-value counts, before that only the always-valid interval. Without figures, a
    broken split included, it is `no_data`.
    """
    required = initiative.go_no_go is not None and initiative.go_no_go.experiment_required
    if initiative.experiment is None:
        return (
            Shown("no_data", "no experiment is named") if required else Shown("not_required", "the plan asks for no experiment")
        )
    known = [row for row in rows if row["difference"] is not None]
    if not known:
        why = next((str(row["lacking"]) for row in rows if row["lacking"]), None)
        return Shown("no_data", f"{initiative.experiment}: {lacking or why or 'it was not read out yet'}")
    kpi = COMPUTED.get(str(known[0]["metric"]))
    sign = -1.0 if kpi is not None and kpi.better == "lower" else 1.0
    best = max(known, key=lambda row: (sign * row["difference"], str(row["arm"])))
    low, high = (best["ci_low"], best["ci_high"]) if ended else (best["always_valid_low"], best["always_valid_high"])
    kind = "95 %" if ended else "always-valid"
    interval = "no interval" if low is None or high is None else f"{kind} {low:+.4f} to {high:+.4f}"
    said = f"{initiative.experiment}: {best['metric']} {best['difference']:+.4f} in {best['arm']} ({interval})"
    error = None if best["ci_low"] is None or best["ci_high"] is None else (best["ci_high"] - best["ci_low"]) / (2 * 1.959964)
    significant = (
        best["p_adjusted"] is not None and best["p_adjusted"] < alpha and sign * best["difference"] > 0
        if ended
        else low is not None and high is not None and (low if sign > 0 else -high) > 0
    )
    return Shown("met" if significant else "missed" if ended else "uncertain", said, best["difference"], error)


def gate_of(
    initiative: Initiative, milestones: Milestones, shown: Shown, conditions: Sequence[tuple[str, Judged]], *, over: bool
) -> Gate | None:
    """The go/no-go of milestones, experiment and conditions; None when the plan has none.

    One part that is missed makes it missed; else one that cannot be told makes it no_data, one that is open uncertain. Before the
    last day is `over`, milestones that are not done and conditions that are not met are still open.
    """
    rule = initiative.go_no_go
    if rule is None:
        return None
    share, late = milestones.completion, "missed" if over else "uncertain"
    done: Part = "no_data" if share is None else "met" if share >= rule.milestones - 1e-9 else late
    parts: list[tuple[Part, str]] = [
        (done, f"{milestones.reason} ({rule.milestones:.0%} wanted)"), (shown.verdict, shown.said),
        *((late if judged.verdict == "missed" else judged.verdict, f"{name}: {judged.reason}") for name, judged in conditions),
    ]  # fmt: skip
    verdicts = [verdict for verdict, _ in parts]
    order: tuple[Part, ...] = ("missed", "no_data", "uncertain")
    verdict: Part = "met"
    for found in reversed(order):
        verdict = found if found in verdicts else verdict
    lacking = tuple(said for found, said in parts if found not in ("met", "not_required"))
    return Gate(verdict, "; ".join(f"{found.replace('_', ' ')}: {said}" for found, said in parts), lacking)


def decide(initiative: Initiative, *, today: dt.date, gate: Gate | None, rollback: Judged | None) -> Decision:
    """The status on the day and what comes next; a rollback condition that holds goes before everything else."""
    starts, closed = initiative.starts, initiative.closed
    if starts is None or starts > today:
        said = "nobody has set a first day" if starts is None else f"it starts on {starts}"
        return Decision("planned", "set a first day" if starts is None else "start", starts, said)
    if closed is not None and closed <= today:
        return Decision("done", "none", None, f"closed on {closed}")
    if rollback is not None and rollback.verdict == "met":
        return Decision("rollback_recommended", "roll back, or say in writing why not", today, rollback.reason)
    return _by_gate(initiative.ends, gate, over=initiative.ends is not None and initiative.ends <= today)


def _by_gate(ends: dt.date | None, gate: Gate | None, *, over: bool) -> Decision:
    if gate is None:
        next_one = "close it, or set a later last day" if over else "decide on its last day"
        return Decision("undecided" if over else "running", next_one, ends, "the plan has no go/no-go")
    lacking = "; ".join(gate.open_parts)
    if gate.verdict == "met":
        return Decision("go", "roll out to everybody and close it", ends, gate.said)
    if not over:
        return Decision("running", "go or no-go", ends, f"open: {lacking}")
    if gate.verdict == "missed":
        return Decision("no_go", "stop, or plan anew with another last day", ends, lacking)
    return Decision("undecided", "decide by what is known, or wait for the evidence", ends, lacking)
