"""Reweighed training rows: weights that make the label independent of the failing group (Kamiran and Calders, 2012)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from plg_orchestration.pql.mitigation.method import Failure, TrainingRows, Variant, failing_groups
from plg_orchestration.pql.mitigation.policy import MitigationPolicy
from plg_orchestration.pql.training.metrics import Codes, Flags, Floats

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline


@dataclass(frozen=True)
class Reweighed:
    """The rows of a group and label weigh as they would if both were independent."""

    name: str = "reweighed"

    def variants(self, rows: TrainingRows, failures: tuple[Failure, ...], policy: MitigationPolicy) -> Iterator[Variant]:
        """One variant."""
        group = failing_groups(rows, failures)

        def fit_rows(chosen: Codes) -> "Pipeline":
            weights = rows.weights.copy()
            weights[chosen] *= reweighing(group[chosen], rows.label[chosen], rows.weights[chosen])
            return rows.fit(chosen, weights=weights)

        yield Variant(self.name, {"attributes": sorted({f.attribute for f in failures})}, fit_rows)


def reweighing(group: Codes, label: Flags, weights: Floats) -> Floats:
    """For each row P(group) P(label) / P(group and label), with probabilities weighted by `weights`.

    Multiplied onto the weights, it leaves the sums of every group and of every label as they are and makes both independent.
    """
    cell = group * 2 + label
    sums = np.bincount(cell, weights=weights, minlength=2 * (int(group.max()) + 1)).reshape(-1, 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        factor = sums.sum(axis=1, keepdims=True) * sums.sum(axis=0, keepdims=True) / (sums * sums.sum())
    return factor.ravel()[cell]
