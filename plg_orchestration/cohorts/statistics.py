"""The statistics of small count tables: ratios and differences of shares, stratified odds ratios, and many tests at once.

Counting is SQL and happens elsewhere; here come at most some hundred rows. All intervals are 95 % intervals, and counts are
arrays of one length.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Z = 1.959963984540054


def two_sided(z: Numbers) -> Numbers:
    """The two-sided p-value of standard normal statistics; NaN stays NaN.

    >>> two_sided(np.array([1.959963984540054])).round(6).tolist()
    [0.05]
    """
    return np.array([math.erfc(abs(value) / math.sqrt(2)) for value in z], dtype=np.float64)


def wilson(hits: Numbers, n: Numbers) -> tuple[Numbers, Numbers]:
    """Wilson's interval of shares (Wilson 1927); NaN where n is 0."""
    hits, n = np.asarray(hits, dtype=np.float64), np.asarray(n, dtype=np.float64)
    size = np.where(n > 0, n, np.nan)
    rate = hits / size
    center = rate + Z * Z / (2 * size)
    half = Z * np.sqrt(rate * (1 - rate) / size + Z * Z / (4 * size * size))
    scale = 1 + Z * Z / size
    low, high = np.maximum((center - half) / scale, 0.0), np.minimum((center + half) / scale, 1.0)
    return np.where(hits == 0, size * 0.0, low), np.where(hits == n, size / size, high)


def newcombe(hits: Numbers, n: Numbers, other_hits: Numbers, other_n: Numbers) -> tuple[Numbers, Numbers]:
    """The interval of the difference of two independent shares from their Wilson intervals (Newcombe 1998, method 10)."""
    rate, other = np.asarray(hits) / np.where(n > 0, n, np.nan), np.asarray(other_hits) / np.where(other_n > 0, other_n, np.nan)
    (low, high), (other_low, other_high) = wilson(hits, n), wilson(other_hits, other_n)
    down = np.sqrt((rate - low) ** 2 + (other_high - other) ** 2)
    up = np.sqrt((high - rate) ** 2 + (other - other_low) ** 2)
    return rate - other - down, rate - other + up


@dataclass(frozen=True)
class Ratios:
    """Ratios with their intervals and two-sided p-values; NaN where a ratio cannot be formed."""

    ratio: Numbers
    low: Numbers
    high: Numbers
    p: Numbers


def share_ratios(hits: Numbers, n: Numbers, other_hits: Numbers, other_n: Numbers) -> Ratios:
    """The ratio of two shares with the log interval of Katz et al. (1978) and the p-value of its logarithm.

    Where one of the two counts is 0, 0.5 is added to both counts and 0.5 to both sizes (Pettigrew, Gart and Thomas 1986); where
    both are 0, or nobody is on a side, there is no ratio.
    """
    hits, n, other_hits, other_n = (np.asarray(values, dtype=np.float64) for values in (hits, n, other_hits, other_n))
    possible = (n > 0) & (other_n > 0) & (hits + other_hits > 0)
    extra = np.where((hits == 0) | (other_hits == 0), 0.5, 0.0)
    a, b = (np.where(possible, values + extra, np.nan) for values in (hits, other_hits))
    size, other_size = (np.where(possible, values + extra, np.nan) for values in (n, other_n))
    ratio = (a / size) / (b / other_size)
    error = np.sqrt(np.maximum(1 / a - 1 / size + 1 / b - 1 / other_size, 0.0))
    log = np.log(ratio)
    z = np.divide(log, error, out=np.where(possible, 0.0, np.nan), where=error > 0)
    return Ratios(ratio, np.exp(log - Z * error), np.exp(log + Z * error), two_sided(z))


def benjamini_hochberg(p: Numbers) -> Numbers:
    """The smallest false discovery rate at which each test counts as found (Benjamini and Hochberg 1995); NaN is no test.

    >>> benjamini_hochberg(np.array([0.01, 0.04, 0.03, np.nan])).round(6).tolist()
    [0.03, 0.04, 0.04, nan]
    """
    q = np.full(len(p), np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    scaled = p[order] * len(order) / np.arange(1, len(order) + 1)
    q[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return q


def mantel_haenszel(groups: npt.NDArray[np.int64], a: Numbers, b: Numbers, c: Numbers, d: Numbers, count: int) -> Ratios:
    """The odds ratio over strata (Mantel and Haenszel 1959) of `count` groups.

    Each stratum has a exposed with and b without the outcome, c unexposed with and d without it; `groups` says to which group (0
    to count - 1) it belongs. The interval is that of Robins, Breslow and Greenland (1986), the p-value that of the test of
    Cochran, Mantel and Haenszel without continuity correction. A stratum without exposed, without unexposed or with one
    outcome only says nothing.
    """
    a, b, c, d = (np.asarray(values, dtype=np.float64) for values in (a, b, c, d))
    n = a + b + c + d
    safe = np.where(n > 0, n, 1.0)

    def total(values: Numbers) -> Numbers:
        return np.bincount(groups, weights=np.where(n > 0, values, 0.0), minlength=count).astype(np.float64)

    right, wrong = a * d / safe, b * c / safe
    same, crossed = (a + d) / safe, (b + c) / safe
    r, s = total(right), total(wrong)
    possible = (r > 0) & (s > 0)
    top, bottom = np.where(possible, r, np.nan), np.where(possible, s, np.nan)
    variance = total(same * right) / (2 * top**2) + total(same * wrong + crossed * right) / (2 * top * bottom)
    variance += total(crossed * wrong) / (2 * bottom**2)
    spread = total((a + b) * (c + d) * (a + c) * (b + d) / (safe**2 * np.maximum(safe - 1, 1.0)))
    surplus = total(a - (a + b) * (a + c) / safe)
    z = np.divide(surplus, np.sqrt(spread), out=np.full(count, np.nan), where=spread > 0)
    ratio, error = top / bottom, np.sqrt(variance)
    return Ratios(ratio, ratio * np.exp(-Z * error), ratio * np.exp(Z * error), np.where(possible, two_sided(z), np.nan))
