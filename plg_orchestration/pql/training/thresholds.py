"""The operating threshold: which policy could be met on validation rows, which applies, and the best that could be had.

Out-of-fold probabilities of the training part come in; the test part is never looked at.
"""

import json
from dataclasses import dataclass

import numpy as np

from plg_orchestration.pql.training.metrics import Codes, Estimate, Flags, Floats, account_draws, estimate, joined
from plg_orchestration.pql.training.policy import LeadValues, OperatingPoint, Training

ROUNDS = 200
TRIED = 60
"""So many thresholds are tried for the operating point, spaced evenly in the logarithm of the rows that they select."""


@dataclass(frozen=True)
class Threshold:
    """The probability from which a user is a lead, the policy that gave it, and what every policy could have given.

    `policy` is operating_point, expected_value or capacity. `report` holds, by policy, whether it is met and its figures.
    """

    value: float
    policy: str
    report: dict[str, dict[str, object]]

    def as_json(self) -> str:
        """The report as canonical JSON."""
        return json.dumps({"applied": self.policy, **self.report}, sort_keys=True)


@dataclass(frozen=True)
class Point:
    """A threshold with the intervals of its precision, recall and false positive rate, clustered by account."""

    threshold: float
    precision: Estimate
    recall: Estimate
    fpr: Estimate

    def missed(self, wanted: OperatingPoint) -> dict[str, float]:
        """By how much each conservative bound misses what is wanted; only those that do, infinite when it is unknown."""
        gaps = {
            "precision": wanted.precision - self.precision.low, "recall": wanted.recall - self.recall.low,
            "fpr": self.fpr.high - wanted.false_positive_rate,
        }  # fmt: skip
        return {name: np.inf if np.isnan(gap) else float(gap) for name, gap in gaps.items() if np.isnan(gap) or gap >= 0}

    def figures(self) -> dict[str, object]:
        """The point as stored: threshold and [value, low, high] of each rate."""
        rates = {"precision": self.precision.rounded(), "recall": self.recall.rounded(), "fpr": self.fpr.rounded()}
        return {"threshold": round(self.threshold, 9), **rates}


def threshold_for(probability: Floats, label: Flags, cluster: Codes, latest: Flags, training: Training) -> Threshold:
    """The threshold by the first policy that can be met: operating point, expected value, capacity.

    * `operating_point`: precision, recall and false positive rate by the conservative bounds of their intervals; of the
      thresholds that meet it the one that selects most.
    * `expected_value` (where `values` are configured): everybody whose expected worth exceeds the cost of the contact, as far as
      the teams' capacity goes.
    * `capacity`: the share of the population that the teams can work, on the rows that `latest` marks, since the population
      changes.
    """
    cluster = joined(cluster)
    draws = account_draws(int(cluster.max()) + 1, rounds=ROUNDS, seed=training.seed)
    wanted = training.operating_point
    points = [point_at(t, probability, label, cluster, draws) for t in _tried(probability)]
    meeting = [point for point in points if not point.missed(wanted)]
    best = meeting[-1] if meeting else min(points, key=lambda p: sum(p.missed(wanted).values()))
    capacity = float(np.quantile(probability[latest], 1 - training.capacity_share))
    report: dict[str, dict[str, object]] = {
        "operating_point": {"met": bool(meeting), "missed": sorted(best.missed(wanted)), "best": best.figures()},
        "capacity": {"met": True, "best": point_at(capacity, probability, label, cluster, draws).figures()},
    }
    chosen, policy = capacity, "capacity"
    if training.values is not None:
        worth, found = _expected_value(probability, label, cluster, draws, capacity, training.values)
        report["expected_value"] = found
        if found["met"]:
            chosen, policy = worth, "expected_value"
    if meeting:
        chosen, policy = best.threshold, "operating_point"
    return Threshold(chosen, policy, report)


def point_at(threshold: float, probability: Floats, label: Flags, cluster: Codes, draws: Floats) -> Point:
    """Precision, recall and false positive rate of selecting everybody from `threshold` on."""
    chosen = probability >= threshold
    sums = [
        draws @ np.bincount(cluster, weights=rows.astype(np.float64), minlength=draws.shape[1])
        for rows in (chosen & label, chosen, label, ~label)
    ]
    hit, selected, positives, negatives = sums
    with np.errstate(invalid="ignore", divide="ignore"):
        rates = (hit / selected, hit / positives, (selected - hit) / negatives)
    return Point(threshold, *(estimate(rate) for rate in rates))


def _tried(probability: Floats) -> list[float]:
    """Distinct thresholds, the highest first."""
    ordered = np.sort(probability)[::-1]
    places = np.unique(np.geomspace(1, len(ordered), TRIED).astype(np.int64)) - 1
    return [float(value) for value in np.unique(ordered[places])[::-1]]


def _expected_value(
    probability: Floats, label: Flags, cluster: Codes, draws: Floats, capacity: float, values: LeadValues
) -> tuple[float, dict[str, object]]:
    """The threshold at which a contact pays for itself, within capacity, and what a row of the population is then worth."""
    threshold = max(capacity, values.contact / values.converted)
    chosen = probability >= threshold
    worth = np.where(chosen, label * values.converted - values.contact, 0.0)
    total = draws @ np.bincount(cluster, weights=worth, minlength=draws.shape[1])
    found = estimate(total / (draws @ np.bincount(cluster, minlength=draws.shape[1]).astype(np.float64)))
    point = point_at(threshold, probability, label, cluster, draws)
    met = bool(found.low > 0)
    return threshold, {"met": met, "value_per_row": found.rounded(), "best": point.figures()}
