"""Grid search over the multipliers of a fairness constraint: the deterministic reduction of Agarwal et al. (2018).

The weights are those of Fairlearn's `GridSearch` with `DemographicParity` or `TruePositiveRateParity`, for rows that carry
weights and costs of the operating threshold; only the multipliers of failing groups are searched.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from plg_orchestration.pql.mitigation.method import Failure, TrainingRows, Variant
from plg_orchestration.pql.mitigation.policy import MitigationPolicy
from plg_orchestration.pql.training.metrics import Codes, Flags, Floats

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline


@dataclass(frozen=True)
class Multiplier:
    """A group (rows of it) that is to be selected more (`sign` 1) or less (-1); `event` marks the rows that the rate is over."""

    own: Flags
    event: Flags
    sign: int


@dataclass(frozen=True)
class GridSearch:
    """One variant for each strength: the worth of the failing groups' rows is shifted, and all are relabeled by their worth."""

    name: str = "grid_search"

    def variants(self, rows: TrainingRows, failures: tuple[Failure, ...], policy: MitigationPolicy) -> Iterator[Variant]:
        """The declared strengths in their order."""
        found = multipliers(rows, failures)
        for strength in policy.strengths:
            yield Variant(self.name, {"strength": strength}, _Relabeled(rows, found, strength))


@dataclass(frozen=True)
class _Relabeled:
    """Fits rows on the labels and weights that a strength gives them."""

    rows: TrainingRows
    multipliers: tuple[Multiplier, ...]
    strength: float

    def __call__(self, chosen: Codes) -> "Pipeline":
        rows, cost = self.rows, self.rows.threshold
        weights = rows.weights[chosen]
        parts = [Multiplier(m.own[chosen], m.event[chosen], m.sign) for m in self.multipliers]
        shifts = {
            place: self.strength * (cost if part.event.all() else 1 - cost) * _share(part.own & part.event, weights)
            for place, part in enumerate(parts)
        }
        signed = signed_weights(rows.label[chosen], weights, parts, shifts, false_positive=cost, false_negative=1 - cost)
        if not (signed > 0).any() or (signed > 0).all():
            raise ValueError(f"with a strength of {self.strength:g} every row gets the same label")
        label, weighing = rows.label.copy(), rows.weights.copy()
        label[chosen] = signed > 0
        weighing[chosen] = np.abs(signed) / np.abs(signed).mean()
        return rows.fit(chosen, label=label, weights=weighing)


def multipliers(rows: TrainingRows, failures: tuple[Failure, ...]) -> tuple[Multiplier, ...]:
    """A multiplier for each failing contrast: selection rates are over all rows, true positive rates over the positive ones.

    Where a group has too little another has too much, so only those that have too little are raised, if there are any.
    """
    made: list[Multiplier] = []
    raised = tuple(failure for failure in failures if failure.difference < 0)
    for failure in raised or failures:
        own = (rows.groups[failure.attribute] == failure.group).to_numpy(dtype=bool)
        event = rows.label if failure.metric == "true_positive_rate" else np.ones(len(own), dtype=np.bool_)
        if (own & event).any():
            made.append(Multiplier(own, event, 1 if failure.difference < 0 else -1))
    return tuple(made)


def signed_weights(
    label: Flags, weights: Floats, parts: "list[Multiplier] | tuple[Multiplier, ...]", shifts: Mapping[int, float], *,
    false_positive: float = 1.0, false_negative: float = 1.0,
) -> Floats:  # fmt: skip
    """What selecting each row is worth, negative when it is a loss: costs, plus what the multipliers add.

    A multiplier `shifts[place]` of `parts[place]` adds its value over the share of the group's rows in the event, and takes off
    its value over the share of the event. The sign says whether to select or not, the absolute value is the row's weight.
    """
    worth = np.where(label, false_negative, -false_positive)
    for place, part in enumerate(parts):
        change = (part.own & part.event) / _share(part.own & part.event, weights) - part.event / _share(part.event, weights)
        worth = worth + part.sign * shifts[place] * change
    return weights * worth


def _share(rows: Flags, weights: Floats) -> float:
    return max(float(weights[rows].sum() / weights.sum()), 1e-12)
