"""Intervals and p-values that hold at every look: the asymptotic confidence sequence, on numbers or arrays of them.

The same formula stands in `governance/metrics/retention_variance.sql`. (Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas 2021.)
"""

import math
from typing import cast

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Number = float | Floats


def tightness(alpha: float, units: int) -> float:
    """rho² that makes the always-valid interval tightest at `units` (Waudby-Smith et al. 2021, appendix B.2, approximation).

    >>> round(tightness(0.05, 1000), 6)
    0.007936
    """
    return (-2 * math.log(alpha) + math.log(-2 * math.log(alpha) + 1)) / units


def always_valid_halfwidth(error: Number, units: Number, *, alpha: float, tuned_for: int) -> Floats:
    """Half the width of the interval at level 1 - alpha, whenever and however often one looks.

    `error` is the standard error of the difference, `units` the independent units of both arms so far (clusters where units
    come in them); the interval is tightest at `tuned_for` of them.
    """
    spent = np.asarray(units, dtype=np.float64) * tightness(alpha, tuned_for)
    width = np.sqrt(2 * (spent + 1) / spent * np.log(np.sqrt(spent + 1) / alpha))
    return np.asarray(error, dtype=np.float64) * width


def always_valid_p(difference: Number, error: Number, units: Number, *, alpha: float, tuned_for: int) -> Floats:
    """The smallest level at which the always-valid interval (tuned for `alpha`) leaves out 0: its inversion, at most 1."""
    spent = np.asarray(units, dtype=np.float64) * tightness(alpha, tuned_for)
    z = np.asarray(difference, dtype=np.float64) / np.asarray(error, dtype=np.float64)
    return cast("Floats", np.minimum(np.exp(0.5 * np.log(spent + 1) - z**2 * spent / (2 * (spent + 1))), 1.0))
