"""Correlation removed: a linear model that cannot see the directions in which the failing groups differ.

Fairlearn's `CorrelationRemover` subtracts from every input what the group explains of it, so it needs the group of whoever is
scored. Here the prepared inputs are projected instead onto what is uncorrelated with the groups of the training rows, and the
projection is folded into the coefficients: the stored model is an ordinary logistic regression that asks nobody for a group.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from plg_orchestration.pql.mitigation.method import Failure, TrainingRows, Variant, failing_groups
from plg_orchestration.pql.mitigation.policy import MitigationPolicy
from plg_orchestration.pql.training.algorithms import new_pipeline
from plg_orchestration.pql.training.metrics import Codes, Floats

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

SMALLEST = 1e-9
"""Directions whose covariance with the groups is smaller, relative to the largest, are none."""


@dataclass(frozen=True)
class CorrelationRemoved:
    """The log-odds before calibration are uncorrelated with the groups of the training rows; only for linear challengers."""

    name: str = "correlation_removed"

    def variants(self, rows: TrainingRows, failures: tuple[Failure, ...], policy: MitigationPolicy) -> Iterator[Variant]:
        """One variant of a logistic regression; none of trees, whose splits no projection can be folded into."""
        attributes = sorted({f.attribute for f in failures})
        if rows.algorithm != "logistic_regression":
            said = f"only a linear model can hold the projection; tonight's challenger is a {rows.algorithm.replace('_', ' ')}"
            yield Variant(self.name, {"attributes": attributes}, skipped=said)
            return
        group = failing_groups(rows, failures)

        def fit_rows(chosen: Codes) -> "Pipeline":
            return _fitted(rows, chosen, group)

        yield Variant(self.name, {"attributes": attributes}, fit_rows)


def _fitted(rows: TrainingRows, chosen: Codes, group: Codes) -> "Pipeline":
    pipeline = new_pipeline(rows.algorithm, rows.settings, seed=rows.training.seed)
    prepare, estimator = pipeline.steps[0][1], pipeline.steps[1][1]
    prepared = np.asarray(prepare.fit_transform(rows.inputs.iloc[chosen]), dtype=np.float64)
    weights = rows.weights[chosen]
    directions = correlated_directions(prepared, group[chosen], weights)
    blind = prepared - prepared @ directions @ directions.T
    estimator.fit(blind, rows.label[chosen], sample_weight=weights)
    estimator.coef_ = estimator.coef_ - estimator.coef_ @ directions @ directions.T
    return pipeline


def correlated_directions(prepared: Floats, group: Codes, weights: Floats) -> Floats:
    """An orthonormal basis (inputs, directions) of everything in which the inputs co-vary with the groups; weighted."""
    _, code = np.unique(group, return_inverse=True)
    indicator = np.eye(int(code.max()) + 1)[code]
    share = weights / weights.sum()
    covariance = (prepared * share[:, None]).T @ indicator - np.outer(share @ prepared, share @ indicator)
    left, size, _ = np.linalg.svd(covariance, full_matrices=False)
    return left[:, size > SMALLEST * max(float(size[0]), SMALLEST)]
