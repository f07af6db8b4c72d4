"""Shares and ratios of shares over clusters (accounts whose users are alike), with 95 % intervals in closed form.

Counting is SQL (`claim_clusters.sql`); what an interval says about a claim is in `verdicts.py`. Equal clusters stand in one row
with their number, so the cost does not grow with the users.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from plg_orchestration.cohorts.statistics import Z, wilson

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A figure with its interval and what it rests on; NaN where it cannot be formed.

    `rate` and `other_rate` are the two shares; of a share alone `other_rate` is NaN. `clusters` with anything in them.
    """

    value: float
    low: float
    high: float
    rate: float
    other_rate: float
    clusters: int


def student(degrees: float) -> float:
    """The 97.5 % quantile of Student's t by its expansion around the normal's (Abramowitz and Stegun 26.7.5).

    >>> round(student(10), 2), round(student(1e9), 4)
    (2.23, 1.96)
    """
    z = Z
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return z + sum(term / degrees**power for power, term in enumerate(terms, start=1))


def share(hits: Numbers, n: Numbers, clusters: Numbers, *, amounts: bool = False) -> Estimate:
    """Σ hits / Σ n over clusters, with Wilson's interval at the effective sample size (Korn and Graubard 1998).

    The effective size is p(1 - p) over the variance between clusters, made smaller by (normal / Student's t)² where few
    clusters decide.
    It is never more than the number of units, nor of clusters when n and hits are `amounts` of money.
    """
    total, there = float((n * clusters).sum()), int(clusters[n > 0].sum())
    if total <= 0:
        return Estimate(math.nan, math.nan, math.nan, math.nan, math.nan, 0)
    rate = float((hits * clusters).sum()) / total
    error, _ = _spread((hits - rate * n) / total, clusters, there)
    degrees = deciding(n**2, clusters) if amounts else float(there - 1)
    size = float(there)
    if error > 0:
        size = min(float(there) if amounts else total, rate * (1 - rate) / error**2) * (Z / student(degrees)) ** 2
    low, high = wilson(np.array([rate * size]), np.array([size]))
    return Estimate(rate, float(low[0]), float(high[0]), rate, math.nan, there)


def share_ratio(hits: Numbers, n: Numbers, other_hits: Numbers, others: Numbers, clusters: Numbers) -> Estimate:
    """The ratio of two shares, with an interval on its logarithm from the spread between clusters (linearization).

    A cluster with units on both sides counts on both, so that what they have in common drops out. Where one side has no hit
    there is no interval.
    """
    sums = [float((values * clusters).sum()) for values in (hits, n, other_hits, others)]
    there = int(clusters[(n > 0) | (others > 0)].sum())
    rate, other = (sums[0] / sums[1] if sums[1] else math.nan, sums[2] / sums[3] if sums[3] else math.nan)
    if not (sums[1] and sums[3] and sums[2]):
        return Estimate(math.nan, math.nan, math.nan, rate, other, there)
    ratio = rate / other
    if not sums[0] or there < 2:
        return Estimate(ratio, math.nan, math.nan, rate, other, there)
    error, degrees = _spread(hits / sums[0] - n / sums[1] - other_hits / sums[2] + others / sums[3], clusters, there)
    reach = math.exp(student(degrees) * error)
    return Estimate(ratio, ratio / reach, ratio * reach, rate, other, there)


def _spread(moves: Numbers, clusters: Numbers, there: int) -> tuple[float, float]:
    """The standard error of a sum of the clusters' influences, and its degrees of freedom."""
    squares = float((moves**2 * clusters).sum())
    if there < 2 or squares <= 0:
        return 0.0, 2.0
    return math.sqrt(squares * there / (there - 1)), deciding(moves**2, clusters)


def deciding(squares: Numbers, clusters: Numbers) -> float:
    """(Σ s)² / Σ s² - 1, at least 2: how many clusters decide, fewer than there are when most of the spread comes from some.

    So it is with rare outcomes, and with a few large customers.
    """
    total, fourth = float((squares * clusters).sum()), float((squares**2 * clusters).sum())
    return max(total**2 / fourth - 1, 2.0) if fourth > 0 else 2.0
