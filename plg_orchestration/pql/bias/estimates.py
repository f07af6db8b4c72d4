"""Contrasts of each group against the rest: differences and ratios with intervals from a bootstrap of the counts.

Accounts are drawn, not rows: what belongs to one account is alike. Percentiles of such a bootstrap are too narrow when a side
has few accounts, so that each is stretched about the estimate by Student's t with the effective number of accounts (Hesterberg,
The American Statistician 69, 2015, the expanded percentile interval); and where a side has so few events that a draw hardly
varies, its spread is at least that of a rate with one event and one non-event added (Agresti and Caffo, 2000). Judging is done
in `judgments.py`. Arrays are (draws + 1, groups): the first row is the data as they are.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from plg_orchestration.pql.bias.counts import Counts
from plg_orchestration.pql.training.metrics import Floats, account_draws

POWER = 0.80
FEW_EVENTS = 10
"""Independent events, or non-events, of a side under which the spread of draws alone is not trusted."""


@dataclass(frozen=True)
class Metric:
    """A group metric as a ratio of two counts; with `less`, that of two others is taken away."""

    name: str
    numerator: str
    denominator: str
    less: tuple[str, str] | None = None


METRICS: tuple[Metric, ...] = (
    Metric("selection_rate", "selected", "n"),
    Metric("true_positive_rate", "tp", "positives"),
    Metric("false_positive_rate", "fp", "negatives"),
    Metric("precision", "tp", "decided"),
    Metric("base_rate", "positives", "known"),
    Metric("mean_score", "score", "n"),
    Metric("calibration_gap", "probability", "forecast", ("occurred", "forecast")),
)
"""Mean probability minus base rate is the calibration gap; it exists only where scores are probabilities."""


@dataclass(frozen=True)
class Estimates:
    """One metric's contrasts, an entry per group; NaN where undefined. `*_low` and `*_high` are limits of intervals.

    `spread_*` is the standard error toward the limit (the one below and the one above the estimate), `freedom` the degrees of
    freedom. `accounts` have rows in the denominator on the poorer side. `events` is the fewest independent events or non-events
    expected under parity on a side. `detectable` and `detectable_ratio` are the smallest gaps from parity that would be found
    with 80 % power.
    """

    group: Floats
    rest: Floats
    difference: Floats
    low: Floats
    high: Floats
    spread_below: Floats
    spread_above: Floats
    ratio: Floats
    log_ratio: Floats
    ratio_low: Floats
    ratio_high: Floats
    log_below: Floats
    log_above: Floats
    freedom: Floats
    accounts: Floats
    events: Floats
    events_rest: Floats
    detectable: Floats
    detectable_ratio: Floats


@lru_cache(maxsize=4)
def draws_of(buckets: int, rounds: int, seed: int) -> Floats:
    """The weights of the buckets in every draw, the same for every scorer and attribute of a night."""
    return account_draws(buckets, rounds=rounds, seed=seed)


def estimates(counts: Counts, metric: Metric, draws: Floats, confidence: float) -> Estimates:
    """The contrasts of every group on one metric."""
    own_cells, of_cells = counts.cells[metric.numerator], counts.cells[metric.denominator]
    if metric.less is not None:
        own_cells = own_cells - counts.cells[metric.less[0]]
    return contrasted(own_cells, of_cells, None, None, draws, confidence)


def contrasted(
    own: Floats, of: Floats, rest: Floats | None, rest_of: Floats | None, draws: Floats, confidence: float
) -> Estimates:
    """Contrasts from cells (buckets, groups): numerators and denominators of groups and, by default, of everybody else."""
    rest = own.sum(axis=1, keepdims=True) - own if rest is None else rest
    rest_of = of.sum(axis=1, keepdims=True) - of if rest_of is None else rest_of
    with np.errstate(invalid="ignore", divide="ignore"):
        sums = _Sums(draws @ own, draws @ of, draws @ rest, draws @ rest_of, _effective(of), _effective(rest_of))
        return _estimates(sums, np.minimum((of > 0).sum(axis=0), (rest_of > 0).sum(axis=0)).astype(float), confidence)


@dataclass(frozen=True)
class _Sums:
    own: Floats
    of: Floats
    rest: Floats
    rest_of: Floats
    effective: Floats
    effective_rest: Floats


def _estimates(sums: _Sums, accounts: Floats, confidence: float) -> Estimates:
    from scipy.stats import t as student

    group, rest = sums.own / sums.of, sums.rest / sums.rest_of
    effect = _design_effect(sums)
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    share = _pooled(sums)[0]
    events = [np.minimum(share, 1 - share) * of[0] / effect for of in (sums.of, sums.rest_of)]
    smooth = [_half_added(sums.own, sums.of), _half_added(sums.rest, sums.rest_of)]
    made: list[Floats] = []
    freedom = np.array([])
    for sides, logs in (((group, rest), False), ((np.log(smooth[0]), np.log(smooth[1])), True)):
        least = [_least_variance(a[0] / effect, b[0] / effect, logs) for a, b in ((sums.own, sums.of), (sums.rest, sums.rest_of))]
        variance = [
            _inflated(_variance(side), size)
            for side, size in zip(sides, (sums.effective, sums.effective_rest), strict=True)
        ]
        floored = [np.fmax(v, floor) for v, floor in zip(variance, least, strict=True)]
        if not logs:
            freedom = _freedom(floored, (sums.effective, sums.effective_rest))
        value = sides[0] - sides[1]
        raw = _variance(sides[0]) + _variance(sides[1])
        stretch = np.sqrt(np.where(raw > 0, (variance[0] + variance[1]) / raw, 1.0))
        bound = np.where((floored[0] > variance[0]) | (floored[1] > variance[1]), np.sqrt(floored[0] + floored[1]), 0.0)
        quantiles = _quantiles(value[1:], tails)
        normal = float(student.ppf(tails[1], 1e9))
        below, above = (np.fmax(stretch * gap / normal, bound) for gap in (value[0] - quantiles[0], quantiles[1] - value[0]))
        made += [value[0], np.maximum(below, 0.0), np.maximum(above, 0.0)]
    difference, below, above, log_ratio, log_below, log_above = made
    reach = student.ppf(tails[1], freedom)
    found = reach + student.ppf(POWER, freedom)
    return Estimates(
        group[0], rest[0], difference, difference - reach * below, difference + reach * above, below, above,
        group[0] / rest[0], log_ratio, np.exp(log_ratio - reach * log_below), np.exp(log_ratio + reach * log_above),
        log_below, log_above, freedom, accounts, events[0], events[1], found * (below + above) / 2,
        np.exp(-found * (log_below + log_above) / 2),
    )  # fmt: skip


def _variance(values: Floats) -> Floats:
    """Variance over the draws in which the figure exists; NaN where it exists in none."""
    drawn = values[1:]
    known = np.isfinite(drawn)
    count = known.sum(axis=0)
    mean = np.where(known, drawn, 0.0).sum(axis=0) / count
    return (np.where(known, drawn - mean, 0.0) ** 2).sum(axis=0) / count


def _quantiles(values: Floats, tails: list[float]) -> Floats:
    """Quantiles over the draws in which the figure exists; NaN where it exists in none."""
    if np.isfinite(values).all():
        return np.quantile(values, tails, axis=0)
    made = np.full((2, values.shape[1]), np.nan)
    for place in range(values.shape[1]):
        known = values[:, place][np.isfinite(values[:, place])]
        if len(known):
            made[:, place] = np.quantile(known, tails)
    return made


def _effective(of: Floats) -> Floats:
    """The effective number of accounts in the denominator: as many equal ones would carry as much (Kish)."""
    return of.sum(axis=0) ** 2 / (of**2).sum(axis=0)


def _inflated(variance: Floats, effective: Floats) -> Floats:
    """The variance as of a sample: a bootstrap draws from the data as if they were all there is."""
    return variance * np.where(effective > 1, effective / np.maximum(effective - 1, 1e-9), 2.0)


def _freedom(variances: list[Floats], effective: tuple[Floats, Floats]) -> Floats:
    """Welch and Satterthwaite's degrees of freedom of the two sides together, at least 1."""
    total = variances[0] + variances[1]
    weighted = sum(v**2 / np.maximum(size - 1, 1.0) for v, size in zip(variances, effective, strict=True))
    return np.where(weighted > 0, np.maximum(total**2 / weighted, 1.0), 1e6)


def _least_variance(events: Floats, of: Floats, logs: bool) -> Floats:
    """Agresti and Caffo's variance of a rate (or its logarithm) where events or non-events are few, 0 elsewhere."""
    rate = (events + 1) / (of + 2)
    variance = np.where(logs, (1 - rate) / rate, rate * (1 - rate)) / (of + 2)
    few = np.minimum(events, of - events) < FEW_EVENTS
    return np.where(few & (events >= 0) & (of >= events), variance, 0.0)


def _half_added(own: Floats, of: Floats) -> Floats:
    return np.where(own >= 0, own + 0.5, np.nan) / (of + 1.0)


def _pooled(sums: _Sums) -> Floats:
    return (sums.own + sums.rest) / (sums.of + sums.rest_of)


def _design_effect(sums: _Sums) -> Floats:
    """How many rows count for one independent row (1 or more): variance over draws of accounts by that of single rows."""
    share = _pooled(sums)
    binomial = share[0] * (1 - share[0]) / (sums.of[0] + sums.rest_of[0])
    variance = _variance(share)
    return np.where(binomial > 0, np.maximum(variance / binomial, 1.0), 1.0)
