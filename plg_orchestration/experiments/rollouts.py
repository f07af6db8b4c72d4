"""Staged rollouts: from a day's evidence to start, advance, hold or roll back, and the clock of the post-mortem.

Pure functions: state and evidence in, a frozen transition with its reason out. The stages and criteria are declared in
`rules.py`; where the evidence comes from is not known here.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from plg_orchestration.experiments.decisions import Decision
from plg_orchestration.experiments.rules import RolloutPolicy
from plg_orchestration.verdicts import Verdict

Status = Literal["planned", "running", "rolled back"]
Move = Literal["start", "advance", "hold", "roll back"]


@dataclass(frozen=True)
class Rollout:
    """Where a rollout stands: percent of the traffic since when, and the day of its first exposure (None before it)."""

    traffic: int = 0
    since: dt.date | None = None
    started: dt.date | None = None
    status: Status = "planned"


@dataclass(frozen=True)
class Evidence:
    """What is known at the end of a day; None is not known, and never passes.

    `registered`: hypotheses, metrics and plan were registered before the launch. `retention` is treatment minus control with the
    ends of its always-valid interval. `error_rate` is a share of `error_units` (active days, or requests), `feedback` a mean of
    `answers` from 0 to 10. `split_alarm` is that of the sample ratio; `decision` is the read-out's.
    """

    day: dt.date
    registered: bool = False
    retention: tuple[float, float, float] | None = None
    error_rate: float | None = None
    error_units: int = 0
    feedback: float | None = None
    answers: int = 0
    split_alarm: bool | None = None
    decision: Decision | None = None


@dataclass(frozen=True)
class Criterion:
    """One criterion on a day: fail rolls back; warn and insufficient keep the stage; pass lets it go on."""

    name: str
    figure: float | None
    limit: float | None
    verdict: Verdict
    reason: str


@dataclass(frozen=True)
class Transition:
    """What a day does to a rollout, and why."""

    day: dt.date
    before: Rollout
    after: Rollout
    move: Move
    reason: str
    criteria: tuple[Criterion, ...] = ()


def next_move(rollout: Rollout, evidence: Evidence, policy: RolloutPolicy) -> Transition:
    """The one move of the day: a rollback when a criterion fails, else a stage up when all pass and its time has come.

    A rollout that was rolled back stays so; a new one begins at the first stage. ValueError when the day lies before the state.
    """
    if rollout.since is not None and evidence.day < rollout.since:
        raise ValueError(f"evidence: {evidence.day} lies before {rollout.since}, when this stage began; give the days in order")
    if rollout.status == "rolled back":
        return _hold(rollout, evidence, "was rolled back; begin anew after the post-mortem")
    if rollout.status == "planned":
        if not evidence.registered:
            return _hold(rollout, evidence, "hypotheses, metrics and plan are not registered")
        first = policy.stages[0].traffic
        begun = Rollout(first, evidence.day, evidence.day, "running")
        return Transition(evidence.day, rollout, begun, "start", f"registered before the launch: {first} % of the traffic")
    criteria = tuple(_criteria(evidence, policy))
    failed = [criterion.reason for criterion in criteria if criterion.verdict is Verdict.FAIL]
    if failed:
        stopped = replace(rollout, traffic=0, since=evidence.day, status="rolled back")
        return Transition(evidence.day, rollout, stopped, "roll back", "; ".join(failed), criteria)
    return _onward(rollout, evidence, policy, criteria)


def replay(evidence: Iterable[Evidence], policy: RolloutPolicy) -> tuple[Transition, ...]:
    """Every day's move of a rollout from before its start, from the days of evidence in order."""
    moves: list[Transition] = []
    rollout = Rollout()
    for day in evidence:
        moves.append(next_move(rollout, day, policy))
        rollout = moves[-1].after
    return tuple(moves)


def _onward(
    rollout: Rollout, evidence: Evidence, policy: RolloutPolicy, criteria: tuple[Criterion, ...]
) -> Transition:  # fmt: skip
    """A stage up, or the reason why not yet."""
    following = next((stage for stage in policy.stages if stage.traffic > rollout.traffic), None)
    held = [criterion.reason for criterion in criteria if criterion.verdict is not Verdict.PASS]
    if following is None:
        return _hold(rollout, evidence, "; ".join(["all the traffic has it", *held]), criteria)
    if held:
        return _hold(rollout, evidence, f"{rollout.traffic} % until {'; '.join(held)}", criteria)
    earliest = (rollout.started or evidence.day) + dt.timedelta(days=following.after_days)
    if evidence.day < earliest:
        return _hold(rollout, evidence, f"metrics hold; {following.traffic} % from {earliest} on", criteria)
    last = following is policy.stages[-1]
    if last and policy.ship_first and (evidence.decision is None or evidence.decision.action != "ship"):
        said = f"says {evidence.decision.action}: {evidence.decision.reason}" if evidence.decision else "is not there"
        return _hold(rollout, evidence, f"{following.traffic} % only when the read-out says ship; it {said}", criteria)
    after = replace(rollout, traffic=following.traffic, since=evidence.day)
    return Transition(evidence.day, rollout, after, "advance", f"metrics hold: {following.traffic} % of the traffic", criteria)


def _hold(rollout: Rollout, evidence: Evidence, reason: str, criteria: tuple[Criterion, ...] = ()) -> Transition:
    return Transition(evidence.day, rollout, rollout, "hold", reason, criteria)


# -- criteria ---------------------------------------------------------------------------------------------------------


def _criteria(evidence: Evidence, policy: RolloutPolicy) -> Iterator[Criterion]:
    """Every criterion of every day, whatever the others say."""
    yield _split(evidence)
    yield _retention(evidence, policy.retention_drop)
    enough = evidence.error_rate is not None and evidence.error_units >= policy.min_units
    yield _level(
        "error_rate", evidence.error_rate if enough else None, policy.error_rate, 1,
        f"the error rate is known of {evidence.error_units} active days; {policy.min_units} are needed",
    )  # fmt: skip
    answered = evidence.feedback is not None and evidence.answers >= policy.min_answers
    yield _level(
        "feedback", evidence.feedback if answered else None, policy.feedback, -1,
        f"feedback has {evidence.answers} answers; {policy.min_answers} are needed",
    )  # fmt: skip
    decision = evidence.decision
    if decision is not None and decision.action == "roll back":
        yield Criterion("read_out", None, None, Verdict.FAIL, f"the read-out says roll back: {decision.reason}")


def _split(evidence: Evidence) -> Criterion:
    if evidence.split_alarm is None:
        return Criterion("split", None, None, Verdict.INSUFFICIENT, "the split of the arms is not known")
    if evidence.split_alarm:
        return Criterion("split", None, None, Verdict.WARN, "the arms are not split as planned; no figure can be trusted")
    return Criterion("split", None, None, Verdict.PASS, "the arms are split as planned")


def _retention(evidence: Evidence, drop: float) -> Criterion:
    """Sure harm fails (the whole interval lies beyond the limit); a loss beyond it that may be chance warns."""
    if evidence.retention is None:
        return Criterion("retention", None, -drop, Verdict.INSUFFICIENT, "retention against control is not known")
    change, low, high = evidence.retention
    said = f"retention {100 * change:+.1f} points against control ({100 * low:.1f} to {100 * high:.1f})"
    if high < -drop:
        return Criterion("retention", change, -drop, Verdict.FAIL, f"{said}: surely down by more than {100 * drop:g}")
    if change < -drop:
        return Criterion(
            "retention", change, -drop, Verdict.WARN, f"{said}: down by more than {100 * drop:g}, but perhaps by chance"
        )
    return Criterion("retention", change, -drop, Verdict.PASS, said)


def _level(name: str, figure: float | None, limit: float, worse: Literal[1, -1], unknown: str) -> Criterion:
    """A level that may not be passed; `worse` is 1 where more is worse."""
    if figure is None:
        return Criterion(name, None, limit, Verdict.INSUFFICIENT, unknown)
    broken = worse * (figure - limit) > 0
    said = f"{name} {figure:.3g}, limit {limit:g}"
    return Criterion(name, figure, limit, Verdict.FAIL if broken else Verdict.PASS, said)


# -- the post-mortem --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PostMortem:
    """The report on a rollback: when it is due, and whether it is filed, was filed late, is due or is overdue."""

    due_at: dt.datetime
    status: Literal["filed", "filed late", "due", "overdue"]
    hours_left: float


def post_mortem(
    rolled_back_at: dt.datetime, *, filed_at: dt.datetime | None, now: dt.datetime, policy: RolloutPolicy
) -> PostMortem:  # fmt: skip
    """The clock of a post-mortem; `hours_left` is to the deadline from its filing, or from `now`, and negative after it.

    ValueError when it was filed before the rollback.
    """
    if filed_at is not None and filed_at < rolled_back_at:
        raise ValueError(f"filed_at: {filed_at} lies before the rollback at {rolled_back_at}")
    due_at = rolled_back_at + dt.timedelta(hours=policy.post_mortem_hours)
    filed = filed_at is not None and filed_at <= now
    left = (due_at - (filed_at if filed and filed_at is not None else now)).total_seconds() / 3600
    if filed:
        return PostMortem(due_at, "filed" if left >= 0 else "filed late", left)
    return PostMortem(due_at, "due" if left >= 0 else "overdue", left)
