"""Sample ratio mismatch: whether units were split over the arms as planned.

Who belongs to which arm is found in `samples.py`; the nightly control over all experiments is SQL in `governance/metrics`.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Split:
    """Units by arm as they came and as planned, and the chi-square test of the two (NaN without any unit).

    `several_arms` units saw more than one arm, `other_arms` units only an arm without weight or one that is not declared: both
    are left out of every contrast, and counted here.
    """

    units: Mapping[str, int]
    expected: Mapping[str, float]
    chi_square: float
    p_value: float
    alarm: bool
    several_arms: int = 0
    other_arms: int = 0


def sample_ratio(
    units: Mapping[str, int], weights: Mapping[str, float], *, alarm: float = 0.001, several_arms: int = 0, other_arms: int = 0
) -> Split:  # fmt: skip
    """The chi-square test of the units over the arms with positive weight; p under `alarm` is a mismatch.

    An arm of `weights` that `units` does not name has none. ValueError when fewer than two arms have weight.

    >>> round(sample_ratio({"a": 5100, "b": 4900}, {"a": 1, "b": 1}).p_value, 4)
    0.0455
    """
    planned = {arm: float(weight) for arm, weight in weights.items() if weight > 0}
    if len(planned) < 2:
        raise ValueError(f"weights: {len(planned)} arm has weight; give at least two arms a positive one")
    came = {arm: int(units.get(arm, 0)) for arm in planned}
    total, scale = sum(came.values()), sum(planned.values())
    expected = {arm: total * weight / scale for arm, weight in planned.items()}
    if total == 0:
        return Split(came, expected, math.nan, math.nan, False, several_arms, other_arms)
    from scipy.special import chdtrc

    chi_square = sum((came[arm] - expected[arm]) ** 2 / expected[arm] for arm in planned)
    p_value = float(chdtrc(len(planned) - 1, chi_square))
    return Split(came, expected, chi_square, p_value, p_value < alarm, several_arms, other_arms)
