"""Contrasts of each group against the rest: differences and ratios with intervals from a bootstrap of the counts.

Accounts are drawn, not rows: what belongs to one account is alike. Percentiles of such a bootstrap are too narrow when a side
has few accounts, so that each is stretched about the estimate by Student's t with the effective number of accounts (Hesterberg,
The American Statistician 69, 2015, the expanded percentile interval); and where a side has so few events that a draw hardly
varies, its spread is at least that of a rate with one event and one non-event added (Agresti and Caffo, 2000). Judging is done
in `judgments.py`. Arrays are (draws + 1, groups): the first row is the data as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

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
    freedom. `events` and `events_rest` are the independent events, or non-events where these are fewer, that are expected under
    parity in the group and in the rest. `detectable` and `detectable_ratio` are the smallest gaps from parity that would be found
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
    events: Floats
    events_rest: Floats
    detectable: Floats
    detectable_ratio: Floats


@lru_cache(maxsize=4)
def draws_of(buckets: int, rounds: int, seed: int) -> Floats:
    """The weights of the buckets in every draw, the same for every scorer and attribute of a night."""
    return account_draws(buckets, rounds=rounds, seed=seed)


@dataclass(frozen=True)
class Wanted:
    """A metric of an attribute that is to be estimated for the groups at `places`."""

    counts: Counts
    metric: Metric
    places: tuple[int, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The counts that it needs."""
        return (self.metric.numerator, self.metric.denominator, *(self.metric.less or ())[:1])


class Drawn:
    """The counts of everything that is wanted, in every draw: one matrix product for all of it."""

    def __init__(self, wanted: Sequence[Wanted], draws: Floats) -> None:
        cells: dict[tuple[str, ...] | tuple[str, str, tuple[int, ...]], Floats] = {}
        for one in wanted:
            for name in one.names:
                cells.setdefault((one.counts.attribute, name, one.places), one.counts.cells[name][:, list(one.places)])
                cells.setdefault((name,), one.counts.cells[name].sum(axis=1, keepdims=True))
        ends = np.cumsum([values.shape[1] for values in cells.values()])
        product = draws @ np.concatenate(list(cells.values()), axis=1) if cells else np.empty((len(draws), 0))
        self._sums = dict(zip(cells, np.split(product, ends[:-1], axis=1), strict=True)) if cells else {}

    def sums(self, one: Wanted, name: str, less: str = "") -> tuple[Floats, Floats]:
        """The count (draws + 1, places), less another where one is named, and the same of everybody else."""
        own = self._sums[one.counts.attribute, name, one.places]
        rest = self._sums[(name,)] - own
        if not less:
            return own, rest
        taken = self.sums(one, less)
        return own - taken[0], rest - taken[1]


def estimates(drawn: Drawn, one: Wanted, confidence: float) -> Estimates:
    """The contrasts of the wanted groups on their metric, in their order."""
    metric, cells = one.metric, one.counts.cells[one.metric.denominator]
    of = cells[:, list(one.places)]
    numerators = drawn.sums(one, metric.numerator, metric.less[0] if metric.less else "")
    return contrasted(
        numerators, drawn.sums(one, metric.denominator), (of, cells.sum(axis=1, keepdims=True) - of), confidence
    )  # fmt: skip


def contrasted(
    numerators: tuple[Floats, Floats], denominators: tuple[Floats, Floats], cells: tuple[Floats, Floats], confidence: float
) -> Estimates:
    """Contrasts of groups and rests from their sums in every draw; `cells` are the denominators per bucket."""
    with np.errstate(invalid="ignore", divide="ignore"):
        sums = _Sums(numerators[0], denominators[0], numerators[1], denominators[1], *map(_effective, cells))
        return _estimates(sums, confidence)


@dataclass(frozen=True)
class _Sums:
    own: Floats
    of: Floats
    rest: Floats
    rest_of: Floats
    effective: Floats
    effective_rest: Floats


def _estimates(sums: _Sums, confidence: float) -> Estimates:
    group, rest = sums.own / sums.of, sums.rest / sums.rest_of
    pooled = (sums.own + sums.rest) / (sums.of + sums.rest_of)
    effect = _design_effect(pooled, sums.of[0] + sums.rest_of[0])
    shares = np.minimum(pooled[0], 1 - pooled[0])
    smooth = np.log(_half_added(sums.own, sums.of)), np.log(_half_added(sums.rest, sums.rest_of))
    plain = _spread((group, rest), sums, effect, confidence)
    logs = _spread(smooth, sums, effect, confidence, logs=True)
    reach, power = _student(plain.freedom, (1 + confidence) / 2), _student(plain.freedom, POWER)
    return Estimates(
        group[0], rest[0], plain.value, plain.value - reach * plain.below, plain.value + reach * plain.above, plain.below,
        plain.above, group[0] / rest[0], logs.value, np.exp(logs.value - reach * logs.below),
        np.exp(logs.value + reach * logs.above), logs.below, logs.above, plain.freedom,
        shares * sums.of[0] / effect, shares * sums.rest_of[0] / effect, (reach + power) * (plain.below + plain.above) / 2,
        np.exp(-(reach + power) * (logs.below + logs.above) / 2),
    )  # fmt: skip


@dataclass(frozen=True)
class _Spread:
    """A contrast's value, its standard error below and above, and the degrees of freedom."""

    value: Floats
    below: Floats
    above: Floats
    freedom: Floats


def _spread(sides: tuple[Floats, Floats], sums: _Sums, effect: Floats, confidence: float, *, logs: bool = False) -> _Spread:
    """How far the contrast of two sides scatters: percentiles of the draws, stretched, and never less than few events allow."""
    raw = [_variance(side) for side in sides]
    sizes = (sums.effective, sums.effective_rest)
    variance = [_inflated(one, size) for one, size in zip(raw, sizes, strict=True)]
    least = [
        _least_variance(own[0] / effect, of[0] / effect, logs=logs)
        for own, of in ((sums.own, sums.of), (sums.rest, sums.rest_of))
    ]
    floored = [np.fmax(one, floor) for one, floor in zip(variance, least, strict=True)]
    bound = np.where((floored[0] > variance[0]) | (floored[1] > variance[1]), np.sqrt(floored[0] + floored[1]), 0.0)
    stretch = np.sqrt(np.where(raw[0] + raw[1] > 0, (variance[0] + variance[1]) / (raw[0] + raw[1]), 1.0))
    value = sides[0] - sides[1]
    low, high = _quantiles(value[1:], [(1 - confidence) / 2, (1 + confidence) / 2])
    normal = NormalDist().inv_cdf((1 + confidence) / 2)
    below, above = (np.maximum(np.fmax(stretch * gap / normal, bound), 0.0) for gap in (value[0] - low, high - value[0]))
    return _Spread(value[0], below, above, _freedom(floored, sizes))


def _student(freedom: Floats, level: float) -> Floats:
    from scipy.special import stdtrit

    return stdtrit(freedom, level)


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
        return np.quantile(values, tails, axis=0, overwrite_input=True)
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


def _least_variance(events: Floats, of: Floats, *, logs: bool) -> Floats:
    """Agresti and Caffo's variance of a rate (or its logarithm) where events or non-events are few, 0 elsewhere."""
    rate = (events + 1) / (of + 2)
    variance = np.where(logs, (1 - rate) / rate, rate * (1 - rate)) / (of + 2)
    few = np.minimum(events, of - events) < FEW_EVENTS
    return np.where(few & (events >= 0) & (of >= events), variance, 0.0)


def _half_added(own: Floats, of: Floats) -> Floats:
    return np.where(own >= 0, own + 0.5, np.nan) / (of + 1.0)


def _design_effect(share: Floats, of: Floats) -> Floats:
    """How many rows count for one independent row (1 or more): variance over draws of accounts by that of single rows."""
    binomial = share[0] * (1 - share[0]) / of
    return np.where(binomial > 0, np.maximum(_variance(share) / binomial, 1.0), 1.0)
