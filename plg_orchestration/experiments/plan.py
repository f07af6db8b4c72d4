"""Plans of experiments and whether their numbers hold together: what a plan states against what its own effect needs.

The published plan is packaged as `config/defaults/experiments_plan.yaml`; the plans of a workspace's own experiments are declared
in `policy.py`, and refused there when they are too small.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from plg_orchestration.config.section import Section, load_default
from plg_orchestration.experiments.power import Kind, MdeKind, detectable_effect, required_sample_size
from plg_orchestration.verdicts import Verdict

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
OVERSIZED = 2.0
"""A plan with so many times the units that its effect needs was not made for that effect."""
LOWEST = 1e-6


class PlannedTest(Section):
    """One row of a plan: what is compared, from which baseline, for which effect, with how many units per arm."""

    experiment: Text
    arms: Text
    null_hypothesis: Text
    alternative: Text
    kind: Kind = "rate"
    unit: str = ""
    baseline: Annotated[float, Field(gt=0)] | None = None
    standard_deviation: Annotated[float, Field(gt=0)] | None = None
    mde: Annotated[float, Field(gt=0)]
    mde_kind: MdeKind
    sample_size: Annotated[int, Field(gt=0)]
    expected_revenue_uplift: float | None = None
    origin: Text

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.kind == "rate" and self.mde_kind == "absolute" and self.mde >= 1:
            raise ValueError(f"mde: {self.mde:g} is no difference of rates between 0 and 1; write 3 points as 0.03")
        if self.baseline is not None and (self.kind == "rate" or self.standard_deviation is not None):
            required_sample_size(
                baseline=self.baseline, mde=self.mde, mde_kind=self.mde_kind, kind=self.kind,
                standard_deviation=self.standard_deviation,
            )  # fmt: skip
        return self


class PublishedPlan(Section):
    """The rows of a plan."""

    tests: tuple[PlannedTest, ...] = ()


@dataclass(frozen=True)
class PlanFinding:
    """What an audit says of one row: pass (enough), fail (too few), warn (far more than needed), insufficient (cannot be said).

    `needed` is per arm, None where the plan leaves out what it follows from; `finds` is the smallest absolute effect that the
    planned units find with the same power, None likewise.
    """

    experiment: str
    origin: str
    planned: int
    needed: int | None
    finds: float | None
    verdict: Verdict
    reason: str


def published_plan() -> PublishedPlan:
    """The published plan, as packaged."""
    return load_default("experiments_plan", PublishedPlan)


def audit_plan(
    tests: Iterable[PlannedTest] | None = None, *, alpha: float = 0.05, power: float = 0.80
) -> tuple[PlanFinding, ...]:  # fmt: skip
    """Each row's stated size against what its own baseline and effect need, in their order; the published plan by default.

    Sizes are per arm of equal arms, by a two-sided test (unpooled normal approximation). A row without a baseline, or of a mean
    without its spread, is `insufficient`; its reason says from where on the stated size would do.
    """
    return tuple(_audit(test, alpha, power) for test in (published_plan().tests if tests is None else tests))


def _audit(test: PlannedTest, alpha: float, power: float) -> PlanFinding:
    if test.kind == "mean" and test.standard_deviation is None:
        return _open(test, _without_spread(test, alpha, power))
    if test.baseline is None:
        return _open(test, _without_baseline(test, alpha, power))
    needed = required_sample_size(
        baseline=test.baseline, mde=test.mde, mde_kind=test.mde_kind, kind=test.kind, alpha=alpha, power=power,
        standard_deviation=test.standard_deviation,
    )  # fmt: skip
    finds = detectable_effect(
        units=test.sample_size, baseline=test.baseline, kind=test.kind, alpha=alpha, power=power,
        standard_deviation=test.standard_deviation,
    )  # fmt: skip
    size, planned = needed.control, test.sample_size
    change = f"{test.baseline:g} to {test.baseline + needed.effect:g}"
    said = f"from {change} needs {size:,} per arm, and {planned:,} are planned"
    if planned < size:
        least = f"; {planned:,} find {finds / test.baseline:+.1%} at the least" if finds is not None else ""
        return PlanFinding(test.experiment, test.origin, planned, size, finds, Verdict.FAIL, f"{said}: too few{least}")
    if planned >= OVERSIZED * size:
        many = f"{said}: {planned / size:.1f} times as many; the effect or the baseline is not the one it was planned for"
        return PlanFinding(test.experiment, test.origin, planned, size, finds, Verdict.WARN, many)
    return PlanFinding(test.experiment, test.origin, planned, size, finds, Verdict.PASS, f"{said}: enough")


def _open(test: PlannedTest, reason: str) -> PlanFinding:
    return PlanFinding(test.experiment, test.origin, test.sample_size, None, None, Verdict.INSUFFICIENT, reason)


def _without_spread(test: PlannedTest, alpha: float, power: float) -> str:
    """A mean whose spread was never stated: the largest one with which the planned units do."""
    missing = "the spread of its units was never stated"
    if test.baseline is None:
        missing = "neither its baseline nor the spread of its units was ever stated"
        if test.mde_kind == "relative":
            return missing
    effect = test.mde * (test.baseline or 1.0) if test.mde_kind == "relative" else test.mde
    one = required_sample_size(baseline=0.0, mde=effect, kind="mean", standard_deviation=1.0, alpha=alpha, power=power)
    most = math.sqrt(test.sample_size / one.exact)
    unit = f" {test.unit}" if test.unit else ""
    return f"{missing}; {test.sample_size:,} per arm do for {effect:g}{unit} up to a standard deviation of {most:,.0f}{unit}"


def _without_baseline(test: PlannedTest, alpha: float, power: float) -> str:
    """A rate whose baseline was never stated: from which one on the planned units do."""
    missing, planned = "its baseline was never stated", test.sample_size

    def needs(baseline: float) -> float:
        return required_sample_size(baseline=baseline, mde=test.mde, mde_kind=test.mde_kind, alpha=alpha, power=power).exact

    if test.mde_kind == "absolute":
        widest = needs((1 - test.mde) / 2)
        if planned >= widest:
            return f"{missing}; {planned:,} per arm do for {test.mde:g} at any baseline ({math.ceil(widest):,} at the most)"
        return f"{missing}; {planned:,} per arm do not do for {test.mde:g} at every baseline (up to {math.ceil(widest):,})"
    low, high = LOWEST, (1 - LOWEST) / (1 + test.mde)
    if needs(high) > planned:
        return f"{missing}; {planned:,} per arm do at none"
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if needs(middle) <= planned else (middle, high)
    return f"{missing}; {planned:,} per arm do from a baseline of {high:.2%} on"
