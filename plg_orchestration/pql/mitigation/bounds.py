"""How far one could get by means that nobody may use: diagnostics beside the contest, never models and never decisions.

Group-specific thresholds and randomized classifiers need the protected attribute of whoever is scored, or a coin. What they give
is the expected selection of each test row; no model comes out of here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from plg_orchestration.pql.bias.policy import BiasPolicy
from plg_orchestration.pql.mitigation.fairness import multiple
from plg_orchestration.pql.mitigation.method import Failure, TrainingRows, failing_groups, numbered
from plg_orchestration.pql.mitigation.policy import BoundName
from plg_orchestration.pql.training.algorithms import new_pipeline
from plg_orchestration.pql.training.metrics import Codes, Flags, Floats

ITERATIONS = 15
"""Of the exponentiated gradient: enough for a bound, and each fits a model."""
SLACK = 0.01
"""How much of the constraint may be violated."""


@dataclass(frozen=True)
class TestRows:
    """The test rows: inputs, labels, groups by protected attribute, and the plain challenger's scores of them."""

    inputs: pd.DataFrame
    label: Flags
    groups: Mapping[str, pd.Series]
    score: Floats


@dataclass(frozen=True)
class Bound:
    """What a bound gives: lift at its own selection rate, and its largest gap in selection as a multiple of the limit."""

    name: str
    selection_rate: float
    lift: float
    disparity: float | None
    parity_difference: float | None


def bound(
    name: BoundName, rows: TrainingRows, failures: tuple[Failure, ...], test: TestRows, policy: BiasPolicy
) -> Bound:  # fmt: skip
    """The bound of that name on the test rows; ValueError when it cannot be computed."""
    chance = BOUNDS[name](rows, failures, test)
    gaps = [
        gap
        for failure in failures
        if (gap := _gap(chance, (test.groups[failure.attribute] == failure.group).to_numpy(dtype=bool), policy)) is not None
    ]
    base, rate = float(test.label.mean()), float(chance.mean())
    if not base or not rate:
        raise ValueError("nobody is selected")
    lift = float(chance[test.label].sum() / chance.sum()) / base
    return Bound(name, rate, lift, max((m for m, _ in gaps), default=None), max((d for _, d in gaps), default=None))


def group_thresholds(rows: TrainingRows, failures: tuple[Failure, ...], test: TestRows) -> Floats:
    """Expected selection when each group has a threshold of its own, so that all fill the same capacity: exact parity.

    This is the solution of Fairlearn's `ThresholdOptimizer` for demographic parity at the selection rate of the capacity.
    """
    return share_of_each(test.score, numbered(test.groups, failures), rows.training.capacity_share)


def share_of_each(score: Floats, group: Codes, share: float) -> Floats:
    """The chance of each row to be selected when the best `share` of every group are; equal scores share what is left."""
    chance = np.zeros(len(score))
    for code in np.unique(group):
        place = np.flatnonzero(group == code)
        values, inverse, counts = np.unique(-score[place], return_inverse=True, return_counts=True)
        before = np.cumsum(counts) - counts
        taken = np.clip((share * len(place) - before) / counts, 0.0, 1.0)
        chance[place] = taken[inverse] if len(values) else 0.0
    return chance


def exponentiated_gradient(rows: TrainingRows, failures: tuple[Failure, ...], test: TestRows) -> Floats:
    """Expected selection by Fairlearn's randomized mixture of logistic regressions, at the costs of the operating threshold."""
    from fairlearn.reductions import DemographicParity, ErrorRate, ExponentiatedGradient, TruePositiveRateParity
    from sklearn.linear_model import LogisticRegression

    parity = any(f.metric == "selection_rate" for f in failures)
    constraint = DemographicParity(difference_bound=SLACK) if parity else TruePositiveRateParity(difference_bound=SLACK)
    prepare: Any = new_pipeline("logistic_regression", {"regularization": 0.1}, seed=rows.training.seed).steps[0][1]
    prepared = np.asarray(prepare.fit_transform(rows.inputs), dtype=np.float64)
    cost = min(max(rows.threshold, 0.001), 0.999)
    mixture: Any = ExponentiatedGradient(
        LogisticRegression(C=0.1, solver="newton-cholesky", max_iter=200), constraint, max_iter=ITERATIONS,
        objective=ErrorRate(costs={"fp": cost, "fn": 1 - cost}),
    )  # fmt: skip
    mixture.fit(prepared, rows.label.astype(int), sensitive_features=failing_groups(rows, failures))
    chances: Any = mixture._pmf_predict(np.asarray(prepare.transform(test.inputs), dtype=np.float64))
    return np.asarray(chances[:, 1], dtype=np.float64)


BOUNDS: Mapping[BoundName, Callable[[TrainingRows, tuple[Failure, ...], TestRows], Floats]] = {
    "group_thresholds": group_thresholds, "exponentiated_gradient": exponentiated_gradient,
}  # fmt: skip


def _gap(chance: Floats, own: Flags, policy: BiasPolicy) -> tuple[float, float] | None:
    """(multiple of the limit, difference) of the group's expected selection rate; None for a group under the minimum size."""
    if min(int(own.sum()), int((~own).sum())) < policy.min_group:
        return None
    group, rest = float(chance[own].mean()), float(chance[~own].mean())
    return multiple("selection_rate", group - rest, group / rest if rest else None, policy), abs(group - rest)
