"""How surprising a figure is: exact tails of shares and counts, widened by the over-dispersion of the figure's own past.

Plain functions on arrays; what counts as too surprising is decided in `judging.py`. Users of one account act alike, so that
figures scatter more than independent draws would: tails become z-scores, which are divided by the spread of the past's
z-scores (D. Spiegelhalter, "Handling over-dispersion of performance indicators", 2005: winsorized, never below 1). That spread is
itself an estimate, so z-scores are read as Student's t; few values of the past are completed by a prior, as in a moderated t-test
(G. Smyth 2004).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
PRIOR_DISPERSION, PRIOR_WEIGHT = 1.5, 12.0
"""The over-dispersion that is expected of a figure without a past, and how many values of its past that is worth."""
WINSORIZED = 0.1
"""Share of the past's z-scores that is pulled in at each end, at least one: an incident in the past is to hide no later one."""
MEDIAN_COST = math.pi / 2
"""Variance of a median of normal draws, in variances of their mean."""


@dataclass(frozen=True)
class Dispersion:
    """How much more a figure scatters than independent draws: by `factor` in variance, known with `weight` degrees of freedom."""

    factor: float
    weight: float


@dataclass(frozen=True)
class Forecast:
    """What a figure was expected to be: `cost` is the variance of that expectation, in variances of the figure itself."""

    expected: float
    cost: float
    fitted: Floats
    parameters: int


def share_z(hits: float, total: float, rate: float, *, upper: bool) -> float:
    """The z-score of the exact binomial tail that holds `hits` and all beyond; negative when far out in the asked direction.

    >>> round(share_z(0, 10, 0.5, upper=False), 2)  # 1 in 1024
    -3.1
    """
    from scipy.special import betainc

    if upper:
        tail = 1.0 if hits <= 0 else float(betainc(hits, total - hits + 1, rate))
    else:
        tail = 1.0 if hits >= total else float(betainc(total - hits, hits + 1, 1 - rate))
    return _z(tail)


def count_z(count: float, expected: float, *, upper: bool) -> float:
    """The z-score of the exact Poisson tail that holds `count` and all beyond; negative when far out in the asked direction."""
    from scipy.special import gammainc, gammaincc

    if upper:
        return _z(1.0 if count <= 0 else float(gammainc(count, expected)))
    return _z(float(gammaincc(count + 1, expected)))


def two_shares_z(hits: float, total: float, hits_before: float, total_before: float, *, upper: bool) -> float:
    """The z-score of Fisher's exact test that the share is no smaller (`upper`: no larger) than before.

    >>> round(two_shares_z(0, 5, 5, 5, upper=False), 2)  # 1 in 252
    -2.65
    """
    from scipy.special import gammaln

    both = hits + hits_before
    low, high = max(0.0, both - total_before), min(total, both)
    inside = np.arange(hits, high + 1) if upper else np.arange(low, hits + 1)

    def ways(n: float, k: Floats | float) -> Floats:
        return gammaln(n + 1) - gammaln(np.asarray(k) + 1) - gammaln(n - np.asarray(k) + 1)

    logs = ways(total, inside) + ways(total_before, both - inside) - ways(total + total_before, both)
    return _z(min(1.0, float(np.exp(logs).sum())))


def _z(tail: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(min(max(tail, 1e-300), 1.0 - 1e-12)))


def past_share_z(hits: Floats, totals: Floats, rate: Floats | float) -> Floats:
    """The z-scores of shares about a rate, each in the middle of its own probability, so that they average to zero."""
    from scipy.special import betainc, ndtri

    inner = np.where(hits >= totals, 1.0, betainc(np.maximum(totals - hits, 1e-9), hits + 1, 1 - np.asarray(rate)))
    under = np.where(hits <= 0, 0.0, betainc(totals - hits + 1, np.maximum(hits, 1e-9), 1 - np.asarray(rate)))
    return np.asarray(ndtri(np.clip((inner + under) / 2, 1e-12, 1 - 1e-12)))


def past_count_z(counts: Floats, expected: Floats) -> Floats:
    """The z-scores of counts about their expectations, in the middle of their own probability."""
    from scipy.special import gammaincc, ndtri

    expected = np.maximum(expected, 1e-9)
    under = np.where(counts <= 0, 0.0, gammaincc(np.maximum(counts, 1e-9), expected))
    return np.asarray(ndtri(np.clip((gammaincc(counts + 1, expected) + under) / 2, 1e-12, 1 - 1e-12)))


def winsorized(values: Floats) -> Floats:
    """The values with the outermost tenth at each end, at least one, pulled in to the next; fewer than five stay as they are."""
    if len(values) < 5:
        return values
    cut = max(1, int(WINSORIZED * len(values)))
    ordered = np.sort(values)
    return np.clip(values, ordered[cut], ordered[-cut - 1])


def squares(values: Floats) -> float:
    """The sum of squares of values about zero, or of winsorized ones, made good for what that takes from normal draws, when
    that is less: an incident among the values is not to count for their spread.
    """
    plain = float((values**2).sum())
    if len(values) < 5:
        return plain
    return min(plain, float((winsorized(values) ** 2).sum()) / kept_by_winsorizing(len(values)))


@cache
def kept_by_winsorizing(number: int) -> float:
    """What share of their variance normal draws keep when `number` of them are winsorized.

    The squares of normal order statistics are taken from their means (Blom) and variances (David and Johnson, first order).

    >>> round(kept_by_winsorizing(7), 2), round(kept_by_winsorizing(1000), 2)
    (0.56, 0.68)
    """
    from scipy.special import ndtri

    cut, places = max(1, int(WINSORIZED * number)), np.arange(1, number + 1)
    means, levels = ndtri((places - 0.375) / (number + 0.25)), places / (number + 1)
    densities = np.exp(-(ndtri(levels) ** 2) / 2) / math.sqrt(2 * math.pi)
    expected = means**2 + levels * (1 - levels) / ((number + 2) * densities**2)
    inside = expected[cut:-cut]
    return float(inside.sum() + cut * (inside[0] + inside[-1])) / number


def dispersion(past_z: Floats, *, parameters: int, prior: Dispersion | None = None) -> Dispersion:
    """The over-dispersion of past z-scores about an expectation of so many `parameters`, completed by the prior."""
    prior = prior or Dispersion(PRIOR_DISPERSION, PRIOR_WEIGHT)
    own = max(len(past_z) - parameters, 0)
    found = squares(past_z) if own else 0.0
    return Dispersion(max(1.0, (found + prior.weight * prior.factor) / (own + prior.weight)), own + prior.weight)


def pooled(parts: Sequence[tuple[Floats, int]]) -> Dispersion:
    """The prior that several series of one KPI give each other: their past z-scores with their numbers of parameters."""
    own = sum(max(len(z) - parameters, 0) for z, parameters in parts)
    found = sum(squares(z) for z, parameters in parts if len(z) > parameters)
    return Dispersion(max(1.0, (found + PRIOR_WEIGHT * PRIOR_DISPERSION) / (own + PRIOR_WEIGHT)), PRIOR_WEIGHT)


def chance(z: float, spread: Dispersion, *, cost: float = 0.0) -> float:
    """The probability of a z-score so far out or farther, when the figure scatters by `spread` about an uncertain expectation."""
    from scipy.special import stdtr

    return float(stdtr(spread.weight, z / math.sqrt(spread.factor * (1 + cost))))


def steady_rate(hits: Floats, totals: Floats) -> float:
    """The rate of several periods together, without the most unusual eighth of them when there are at least five."""
    rate = _safe(float(hits.sum()), float(totals.sum()))
    if len(hits) < 5 or not 0 < rate < 1:
        return rate
    middle = median(hits / totals)
    unusual = np.abs(past_share_z(hits, totals, middle if 0 < middle < 1 else rate))
    kept = np.argsort(unusual, kind="stable")[: len(hits) - math.ceil(len(hits) / 8)]
    return _safe(float(hits[kept].sum()), float(totals[kept].sum()))


def _safe(hits: float, total: float) -> float:
    """The share, kept off 0 and 1, at which nothing but that one outcome would be possible."""
    return (hits + 0.5) / (total + 1) if hits in (0, total) else hits / total


@dataclass(frozen=True)
class Fit:
    """Counts of days as seasons along a trend: each season's level, from how many days about which, and the fitted counts."""

    season: int
    slope: float
    levels: dict[float, float]
    centers: dict[float, tuple[int, float]]
    within: float
    fitted: Floats

    def at(self, day: float) -> Forecast:
        """What is expected on a day; ValueError when no earlier day is of its season."""
        value = day % self.season
        if value not in self.levels:
            raise ValueError(f"day {day:g}: no earlier day is of its season; give more of the past")
        number, center = self.centers[value]
        cost = MEDIAN_COST / number + ((day - center) ** 2 / self.within if self.within else 0.0)
        expected = math.exp(self.levels[value] + self.slope * day) - 0.5
        return Forecast(max(expected, 0.0), cost, self.fitted, len(self.levels) + 1)


def fit_counts(days: Floats, counts: Floats, *, season: int) -> Fit:
    """Counts of earlier days as their season's median along a robust trend.

    `days` are running numbers; days of equal `day % season` are compared with each other (7: weekdays; 1: no season). The trend
    is Theil and Sen's median slope of logarithms, within seasons.
    """
    logs, seasons = np.log(counts + 0.5), np.mod(days, season)
    members = {value: np.flatnonzero(seasons == value) for value in dict.fromkeys(seasons.tolist())}
    slopes = [_slopes(days[where], logs[where]) for where in members.values()]
    slope = median(np.concatenate(slopes)) if any(map(len, slopes)) else 0.0
    level, fitted, within = logs - slope * days, np.zeros(len(days)), 0.0
    levels: dict[float, float] = {}
    centers: dict[float, tuple[int, float]] = {}
    for value, where in members.items():
        levels[value] = fitted[where] = median(level[where])
        centers[value] = len(where), float(days[where].sum()) / len(where)
        within += float(((days[where] - centers[value][1]) ** 2).sum())
    return Fit(season, slope, levels, centers, within, np.maximum(np.exp(fitted + slope * days) - 0.5, 0.0))


def median(values: Floats) -> float:
    """The median; numpy's own takes ten times as long for a few values."""
    ordered, middle = np.sort(values), len(values) // 2
    return float(ordered[middle] if len(values) % 2 else (ordered[middle - 1] + ordered[middle]) / 2)


def _slopes(days: Floats, logs: Floats) -> Floats:
    """The slopes of all pairs."""
    apart = days[:, None] - days[None, :]
    later = apart > 0
    return (logs[:, None] - logs[None, :])[later] / apart[later]


def spread_of(values: Floats) -> tuple[float, float, float]:
    """Median, robust standard deviation and degrees of freedom of values that carry no sampling error of their own."""
    middle, freedom = median(values), max(len(values) - 1, 1)
    return middle, math.sqrt(squares(values - middle) / freedom), float(freedom)
