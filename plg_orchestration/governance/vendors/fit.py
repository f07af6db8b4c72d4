"""How well a third party fits, from 1 to 10: each known criterion scored on its scale, and their weighted mean.

fit = sum(weight x score) / sum(weight), over the criteria that are known and have a weight. A score is 1 + 9 x the place between
the scale's worst (0) and best (1), held within them. An unknown criterion is left out and named; it is never taken for zero.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from plg_orchestration.governance.vendors.policy import Scale, VendorPolicy

MEASURED = {"volume": "volume", "latency": "latency_ms", "integration_effort": "integration_days", "cost": "monthly_cost"}
"""The column that each criterion with a scale is measured by."""


@dataclass(frozen=True)
class Fit:
    """The weighted fit (None when nothing is known), the score of each criterion that counted, and those that are unknown."""

    value: float | None
    scores: Mapping[str, float]
    missing: tuple[str, ...]

    def scored(self, weights: Mapping[str, float]) -> str | None:
        """The scores in words, with their weights; None without any."""
        return ", ".join(f"{name} {score:.1f} (weight {weights[name]:g})" for name, score in self.scores.items()) or None


def fit_of(vendor: Mapping[str, object], policy: VendorPolicy) -> Fit:
    """The fit of a vendor by volume, latency_ms, residency, privacy_certificates, integration_days and monthly_cost."""
    scores: dict[str, float] = {}
    missing: list[str] = []
    for criterion, weight in policy.weights.items():
        if not weight:
            continue
        score = _score(criterion, vendor, policy)
        if score is None:
            missing.append(criterion)
        else:
            scores[criterion] = score
    total = sum(policy.weights[name] for name in scores)  # pyright: ignore[reportArgumentType]
    weighed = sum(policy.weights[name] * score for name, score in scores.items())  # pyright: ignore[reportArgumentType]
    return Fit(round(weighed / total, 2) if total else None, scores, tuple(missing))


def placed(value: float, scale: Scale) -> float:
    """The score of a value on a scale, from 1 to 10.

    >>> [placed(value, Scale(worst=1000, best=100)) for value in (1000, 550, 100, 5)]
    [1.0, 5.5, 10.0, 10.0]
    >>> placed(1000, Scale(worst=10, best=100000, logarithmic=True))
    5.5
    """
    ends = (value, scale.worst, scale.best)
    if scale.logarithmic:
        if value <= 0:
            return 1.0 if scale.worst < scale.best else 10.0
        ends = (math.log(value), math.log(scale.worst), math.log(scale.best))
    at, worst, best = ends
    return round(1 + 9 * min(max((at - worst) / (best - worst), 0.0), 1.0), 6)


def _score(criterion: str, vendor: Mapping[str, object], policy: VendorPolicy) -> float | None:
    if criterion == "residency":
        region = _text(vendor.get("residency"))
        allowed = {name.lower() for name in policy.regions}
        return None if region is None or not allowed else (10.0 if region.lower() in allowed else 1.0)
    if criterion == "privacy_certificates":
        held = _text(vendor.get("privacy_certificates"))
        if held is None:
            return None
        recognized = {name.lower() for name in policy.recognized_certificates}
        counted = len(recognized & {part.strip().lower() for part in held.split(";")})
        return 1 + 9 * min(counted / policy.certificates_for_full_marks, 1.0)
    value = vendor.get(MEASURED[criterion])
    if value is None or math.isnan(float(str(value))):
        return None
    return placed(float(str(value)), policy.scales[criterion])  # pyright: ignore[reportArgumentType]


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
