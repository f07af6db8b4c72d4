"""What follows from a read-out: ship, hold or roll back, arm by arm, by the declared rules and with the reason.

The figures are made in `read_out.py`, the rules declared in `rules.py`.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from plg_orchestration.experiments.rules import ReadOutPolicy
from plg_orchestration.experiments.samples import Role
from plg_orchestration.experiments.split import Split

Action = Literal["ship", "hold", "roll back"]


@dataclass(frozen=True)
class Contrast:
    """One arm against control on one metric, all of it or in one segment; figures are None where `lacking` says why.

    Differences are treatment minus control, adjusted where there is a covariate. `always_valid_*` hold at every look.
    `p_adjusted` is the p-value that is judged (that of `judged_by`), corrected within its family as `correction` says.
    `immature` units were exposed too lately, of `missing` ones the outcome is not known: both in the two arms together.
    """

    arm: str
    metric: str
    role: Role
    better: Literal["higher", "lower"]
    margin: float | None
    segment: str
    segment_value: str
    n: int
    n_control: int
    immature: int
    missing: int
    missing_p: float | None = None
    value: float | None = None
    value_control: float | None = None
    difference: float | None = None
    error: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    p_value: float | None = None
    p_adjusted: float | None = None
    correction: str = ""
    always_valid_low: float | None = None
    always_valid_high: float | None = None
    always_valid_p: float | None = None
    relative: float | None = None
    relative_low: float | None = None
    relative_high: float | None = None
    theta: float | None = None
    correlation: float | None = None
    variance_reduction: float | None = None
    lacking: str = ""

    def gain(self, *, always_valid: bool) -> tuple[float, float] | None:
        """The interval turned so that more is better; None where there is none."""
        low, high = (self.always_valid_low, self.always_valid_high) if always_valid else (self.ci_low, self.ci_high)
        if low is None or high is None:
            return None
        return (low, high) if self.better == "higher" else (-high, -low)


@dataclass(frozen=True)
class Progress:
    """How far an experiment is: its day, and the units that each arm was planned to have (None without a plan).

    `waits_until`: the first day on which everything exposed up to the planned look is mature; None when that day has come, or
    the planned units have not.
    """

    day: int
    planned: int | None
    planned_control: int | None
    waits_until: dt.date | None = None


@dataclass(frozen=True)
class Decision:
    """What to do with an arm, and why."""

    arm: str
    action: Action
    reason: str


def decide(
    arm: str, contrasts: Sequence[Contrast], split: Split, progress: Progress, policy: ReadOutPolicy
) -> Decision:  # fmt: skip
    """The decision on one treatment arm from its contrasts (primary, guardrails and others, without segments).

    In this order: a sample ratio mismatch holds; sure harm (always-valid) rolls back; missing figures, an early day or missing
    units hold; the primary metric's effect ships or rolls back once every guardrail is shown to hold, else it holds.
    """
    if split.alarm:
        return Decision(arm, "hold", _mismatch(split))
    primary = next(contrast for contrast in contrasts if contrast.role == "primary")
    guardrails = [contrast for contrast in contrasts if contrast.role == "guardrail"]
    harm = [text for contrast in (primary, *guardrails) if (text := _harm(contrast))]
    if harm:
        return Decision(arm, "roll back", "; ".join(harm))
    waiting = next(_waiting(primary, progress, policy), "")
    if waiting:
        return Decision(arm, "hold", f"{waiting}{_so_far(primary)}")
    return _judged(arm, primary, guardrails, progress, policy)


def _judged(
    arm: str, primary: Contrast, guardrails: Sequence[Contrast], progress: Progress, policy: ReadOutPolicy
) -> Decision:  # fmt: skip
    """What the primary metric says, once it may speak."""
    gain = primary.gain(always_valid=policy.judged_by == "sequential")
    said = f"{primary.metric} {_figures(primary, policy)}"
    if gain is None or primary.p_adjusted is None or primary.p_adjusted > policy.alpha:
        over = f"; {policy.max_days} days are over: end it" if progress.day >= policy.max_days else ""
        return Decision(arm, "hold", f"no effect is shown: {said}{over}")
    if gain[1] < 0:
        return Decision(arm, "roll back", f"worse than control: {said}")
    unshown = [text for contrast in guardrails if (text := _unshown(contrast, policy))]
    if unshown:
        return Decision(arm, "hold", "; ".join(unshown))
    kept = f"; {', '.join(contrast.metric for contrast in guardrails)} within the margin" if guardrails else ""
    return Decision(arm, "ship", f"better than control: {said}{kept}")


def overall(decisions: Sequence[Decision], contrasts: Sequence[Contrast]) -> Decision:
    """The decision on the experiment: the best arm that ships, else every arm that goes back, else hold."""

    def lift(decision: Decision) -> float:
        found = next(c for c in contrasts if c.arm == decision.arm and c.role == "primary")
        return (found.difference or 0.0) * (1 if found.better == "higher" else -1)

    shipping = [decision for decision in decisions if decision.action == "ship"]
    if shipping:
        return max(shipping, key=lift)
    chosen = [decision for decision in decisions if decision.action == "roll back"] or list(decisions)
    if len(chosen) == 1 or len({decision.reason for decision in chosen}) == 1:
        return Decision(", ".join(decision.arm for decision in chosen), chosen[0].action, chosen[0].reason)
    reason = " | ".join(f"{decision.arm}: {decision.reason}" for decision in chosen)
    return Decision(", ".join(decision.arm for decision in chosen), chosen[0].action, reason)


def _mismatch(split: Split) -> str:
    came = ", ".join(f"{arm} {units:,} (planned {split.expected[arm]:,.0f})" for arm, units in split.units.items())
    return f"sample ratio mismatch: {came}, p = {split.p_value:.2g}; find out who is lost before any figure is read"


def _harm(contrast: Contrast) -> str:
    """Why the arm is surely worse than it may be, at whatever look; empty otherwise."""
    gain, borne = contrast.gain(always_valid=True), contrast.margin if contrast.role == "guardrail" else 0.0
    if gain is None or gain[1] >= -(borne or 0.0):
        return ""
    limit = f"the loss of {borne:g} that is borne" if borne else "control"
    low, high = contrast.always_valid_low, contrast.always_valid_high
    return f"{contrast.metric} is surely worse than {limit}: {contrast.difference:+.4g}, always-valid {low:.4g} to {high:.4g}"


def _waiting(primary: Contrast, progress: Progress, policy: ReadOutPolicy) -> Iterator[str]:
    """Why nothing may be judged yet, the first reason first."""
    if primary.lacking:
        yield f"{primary.metric}: {primary.lacking}"
    if primary.missing_p is not None and primary.missing_p < policy.split_alarm:
        yield f"{primary.metric}: outcomes are missing in one arm more than in the other (p = {primary.missing_p:.2g})"
    if progress.day < policy.min_days:
        yield f"day {progress.day} of at least {policy.min_days}"
    if policy.judged_by == "sequential":
        return
    if progress.planned is None or progress.planned_control is None:
        yield "no plan is registered, so that nothing says how many units are enough; register one, or judge sequentially"
    elif primary.n < progress.planned or primary.n_control < progress.planned_control:
        control = f"control {primary.n_control:,} of {progress.planned_control:,}"
        yield f"{primary.n:,} of {progress.planned:,} planned units, {control}, have a mature outcome"
    elif progress.waits_until is not None:
        yield f"the planned units have come; the look is on {progress.waits_until}, when all their outcomes are mature"


def _so_far(primary: Contrast) -> str:
    """What may be said before the planned look: the interval that holds at every look."""
    if primary.difference is None:
        return ""
    low, high = primary.always_valid_low, primary.always_valid_high
    return f"; so far {primary.metric} {primary.difference:+.4g} (always-valid {low:.4g} to {high:.4g})"


def _unshown(contrast: Contrast, policy: ReadOutPolicy) -> str:
    """Why a guardrail is not shown to hold; empty when it is."""
    gain = contrast.gain(always_valid=policy.judged_by == "sequential")
    if gain is None:
        return f"guardrail {contrast.metric} cannot be read: {contrast.lacking or 'no figure'}"
    if gain[0] > -(contrast.margin or 0.0):
        return ""
    return f"guardrail {contrast.metric} is not shown to lose less than {contrast.margin:g}: {_figures(contrast, policy)}"


def _figures(contrast: Contrast, policy: ReadOutPolicy) -> str:
    sequential = policy.judged_by == "sequential"
    low, high = (contrast.always_valid_low, contrast.always_valid_high) if sequential else (contrast.ci_low, contrast.ci_high)
    p = f", p = {contrast.p_adjusted:.2g}" if contrast.p_adjusted is not None else ""
    return f"{contrast.difference:+.4g} ({low:.4g} to {high:.4g}{p})"
