"""What an effect is worth: lift times the difference in revenue per unit times the cohort, with its interval."""

import math
from dataclasses import dataclass
from statistics import NormalDist


@dataclass(frozen=True)
class Stake:
    """What a unit more is worth: revenue per unit (`arpu_delta`, with its standard error), for so many units in the cohort."""

    arpu_delta: float
    cohort_size: float
    arpu_delta_error: float = 0.0


@dataclass(frozen=True)
class RevenueImpact:
    """Revenue in the unit and period of the stake's `arpu_delta`, with its interval."""

    value: float
    low: float
    high: float


def revenue_impact(*, lift: float, lift_error: float, stake: Stake, confidence: float = 0.95) -> RevenueImpact:
    """`lift` (absolute) x ARPU delta x cohort size; the errors of lift and ARPU delta are independent (delta method).

    ValueError when an error is negative or a figure is missing.

    >>> revenue_impact(lift=0.02, lift_error=0.005, stake=Stake(30.0, 10_000)).value
    6000.0
    """
    for name, value in (("lift_error", lift_error), ("arpu_delta_error", stake.arpu_delta_error), ("size", stake.cohort_size)):
        if not (math.isfinite(value) and value >= 0):
            raise ValueError(f"{name}: {value} is negative or missing; an impact needs it")
    if not (math.isfinite(lift) and math.isfinite(stake.arpu_delta)):
        raise ValueError(f"lift {lift} or arpu_delta {stake.arpu_delta} is missing; an impact needs both")
    value = lift * stake.arpu_delta * stake.cohort_size
    error = stake.cohort_size * math.hypot(stake.arpu_delta * lift_error, lift * stake.arpu_delta_error)
    reach = NormalDist().inv_cdf((1 + confidence) / 2) * error
    return RevenueImpact(value, value - reach, value + reach)
