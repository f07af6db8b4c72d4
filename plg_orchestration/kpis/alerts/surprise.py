"""How surprising one value of a series is: against a limit, against the period before, or against its own past.

The measure decides the model: shares are binomial, counts Poisson, both with the over-dispersion of their past; of ratios,
medians and money the past's own spread is all that is known, or the interval of the value. The arithmetic is in `statistics.py`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from plg_orchestration.kpis.alerts.figures import Figure
from plg_orchestration.kpis.alerts.series import Point, Series
from plg_orchestration.kpis.alerts.statistics import (
    MEDIAN_COST,
    PRIOR_DISPERSION,
    PRIOR_WEIGHT,
    Dispersion,
    Fit,
    Floats,
    chance,
    count_z,
    dispersion,
    fit_counts,
    past_count_z,
    past_share_z,
    share_z,
    spread_of,
    steady_rate,
    two_shares_z,
)
from plg_orchestration.kpis.model import Period

FEWEST = 5
"""Earlier values without which nothing is unusual."""
FEWEST_DAYS, FEWEST_WEEKDAYS = 21, 3
"""Of days: earlier days, and among them days of the same weekday."""
FEWEST_SPREAD = 6
"""Earlier values without which their spread says nothing about a value that has no sampling error of its own."""
Z95 = 1.959963984540054
BY_ACCOUNT = Dispersion(PRIOR_DISPERSION, PRIOR_WEIGHT)
"""By how much an interval is too narrow that takes users for independent; of ratios and medians no more is known."""


@dataclass(frozen=True)
class Surprise:
    """The chance of a value so far out when nothing is amiss (None: it cannot be told, and why), and what was expected."""

    chance: float | None
    low: float | None = None
    high: float | None = None
    reason: str | None = None


def scatter(figure: Figure, period: Period, past: Sequence[Point]) -> tuple[Floats, int]:
    """The z-scores of past points about what they lead to expect, and the number of fitted parameters; none without a model."""
    return _scatter(figure, period, tuple(past))


@lru_cache(maxsize=64)
def _scatter(figure: Figure, period: Period, past: tuple[Point, ...]) -> tuple[Floats, int]:
    if figure.measure == "proportion" and past:
        hits, totals = _counts(past)
        return past_share_z(hits, totals, steady_rate(hits, totals)), 1
    if figure.measure == "count" and len(past) > 1:
        fit = _fit(period, past)
        return past_count_z(_values(past), fit.fitted), len(fit.levels) + 1
    return np.zeros(0), 0


def against_limit(
    series: Series, point: Point, past: Sequence[Point], limit: float, *, upper: bool, prior: Dispersion
) -> Surprise:
    """The chance of the point's value if the truth lay at the limit; `upper`: it is above."""
    figure = series.figure
    if figure.measure in ("proportion", "count"):
        spread = _spread(figure, series.period, past, prior)
        if figure.measure == "count":
            return Surprise(chance(count_z(_value(point), limit, upper=upper), spread))
        rate = min(max(limit / figure.scale, 1e-9), 1 - 1e-9)
        return Surprise(chance(share_z(*_count(point), rate, upper=upper), spread))
    error = _error(point, toward=limit)
    if error is not None:
        return Surprise(chance(-_distance(point, limit) / error, BY_ACCOUNT))
    return _of_past(point, past, limit)


def against_previous(
    series: Series, point: Point, previous: Point, past: Sequence[Point], *, upper: bool, prior: Dispersion
) -> Surprise:
    """The chance of a change so large when nothing has changed since the period before."""
    figure = series.figure
    if figure.measure == "proportion":
        spread = _spread(figure, series.period, past, prior)
        z = two_shares_z(*_count(point), *_count(previous), upper=upper)
        hits, total = _count(previous)
        rate, cost = (hits + 0.5) / (total + 1), _count(point)[1] / total
        return Surprise(chance(z, spread), *_share_band(figure, rate, _count(point)[1], spread, cost))
    if figure.measure == "count":
        spread = _spread(figure, series.period, past, prior)
        now, before = _value(point), _value(previous)
        return Surprise(chance(share_z(now, now + before, 0.5, upper=upper), spread), *_count_band(before, spread, 1.0))
    errors = [error for one, other in ((point, previous), (previous, point)) if (error := _error(one, toward=_value(other)))]
    if len(errors) == 2:
        return Surprise(chance(-_distance(point, _value(previous)) / math.hypot(*errors), BY_ACCOUNT))
    values = [_value(one) for one in (*past, point)]
    if len(past) < FEWEST_SPREAD or min(values) <= 0:
        return Surprise(None, reason=_too_few(past, FEWEST_SPREAD))
    _, deviation, freedom = spread_of(np.diff(np.log(values[:-1])))
    if deviation == 0:
        return Surprise(None, reason="its earlier values do not differ, so that nothing says what is usual")
    return Surprise(chance(-abs(math.log(values[-1] / values[-2])) / deviation, Dispersion(1.0, freedom)))


def against_past(series: Series, point: Point, past: Sequence[Point], *, upper: bool | None, prior: Dispersion) -> Surprise:
    """The chance of the point's value when it is as its past was; `upper` asks for one direction, None for both.

    Days are compared with the same weekday.
    """
    figure, period = series.figure, series.period
    if reason := lacking(period, point, past):
        return Surprise(None, reason=reason)
    if figure.measure == "count":
        made = _fit(period, tuple(past)).at(float(point.start.toordinal()))
        spread = dispersion(past_count_z(_values(past), made.fitted), parameters=made.parameters, prior=prior)
        scores = {up: count_z(_value(point), made.expected, upper=up) for up in _directions(upper)}
        return Surprise(_either(scores, spread, made.cost), *_count_band(made.expected, spread, made.cost))
    like = past if period != "day" else [one for one in past if one.start.weekday() == point.start.weekday()]
    if figure.measure == "proportion":
        hits, totals = _counts(like)
        rate, (now, total) = steady_rate(hits, totals), _count(point)
        spread, cost = _spread(figure, period, like, prior), total / float(totals.sum())
        scores = {up: share_z(now, total, rate, upper=up) for up in _directions(upper)}
        return Surprise(_either(scores, spread, cost), *_share_band(figure, rate, total, spread, cost))
    return _unlike_past(point, like, upper)


def lacking(period: Period, point: Point, past: Sequence[Point]) -> str | None:
    """Why the past is too short to say what is usual, or None."""
    if period != "day":
        return None if len(past) >= FEWEST else _too_few(past, FEWEST)
    like = sum(one.start.weekday() == point.start.weekday() for one in past)
    if len(past) >= FEWEST_DAYS and like >= FEWEST_WEEKDAYS:
        return None
    return f"{len(past)} earlier days, {like} of them {point.start:%A}s; {FEWEST_DAYS} and {FEWEST_WEEKDAYS} are needed"


def _spread(figure: Figure, period: Period, past: Sequence[Point], prior: Dispersion) -> Dispersion:
    scores, parameters = scatter(figure, period, past)
    return dispersion(scores, parameters=parameters, prior=prior)


@lru_cache(maxsize=64)
def _fit(period: Period, past: tuple[Point, ...]) -> Fit:
    """The fit of a past, which its scatter and its expectation share."""
    days = np.array([one.start.toordinal() for one in past], dtype=np.float64)
    return fit_counts(days, _values(past), season=7 if period == "day" else 1)


def _either(scores: dict[bool, float], spread: Dispersion, cost: float) -> float:
    return min(1.0, len(scores) * min(chance(score, spread, cost=cost) for score in scores.values()))


def _directions(upper: bool | None) -> tuple[bool, ...]:
    return (False, True) if upper is None else (upper,)


def _share_band(figure: Figure, rate: float, total: float, spread: Dispersion, cost: float) -> tuple[float, float]:
    half = Z95 * math.sqrt(rate * (1 - rate) * spread.factor * (1 + cost) / total)
    return figure.scale * max(0.0, rate - half), figure.scale * min(1.0, rate + half)


def _count_band(expected: float, spread: Dispersion, cost: float) -> tuple[float, float]:
    half = Z95 * math.sqrt(expected * spread.factor * (1 + cost))
    return max(0.0, expected - half), expected + half


def _unlike_past(point: Point, past: Sequence[Point], upper: bool | None) -> Surprise:
    values, now = _values(past), _value(point)
    logged = now > 0 and float(values.min()) > 0
    middle, deviation, freedom = spread_of(np.log(values) if logged else values)
    if deviation == 0:
        return Surprise(None, reason="its earlier values do not differ, so that nothing says what is usual")
    wide = deviation * math.sqrt(1 + MEDIAN_COST / len(values))
    z = ((math.log(now) if logged else now) - middle) / wide
    scores = {up: -z if up else z for up in _directions(upper)}
    band = middle - Z95 * wide, middle + Z95 * wide
    found = min(1.0, len(scores) * min(chance(score, Dispersion(1.0, freedom)) for score in scores.values()))
    low, high = (math.exp(end) if logged else end for end in band)
    return Surprise(found, low, high)


def _of_past(point: Point, past: Sequence[Point], limit: float) -> Surprise:
    """The distance from a limit in spreads of the past: of a value without an interval nothing else is known."""
    if len(past) < FEWEST_SPREAD:
        return Surprise(None, reason=f"it has no interval, and {_too_few(past, FEWEST_SPREAD)}")
    _, deviation, freedom = spread_of(_values(past))
    if deviation == 0:
        return Surprise(None, reason="it has no interval, and its earlier values do not differ")
    return Surprise(chance(-abs(_value(point) - limit) / deviation, Dispersion(1.0, freedom)))


def _error(point: Point, *, toward: float) -> float | None:
    """The standard error that the 95 % interval's end on that side implies, on the scale of `_distance`; None without one."""
    end = point.ci_low if toward < _value(point) else point.ci_high
    if end is None:
        return None
    if _logged(point, toward):
        return abs(math.log(_value(point) / end)) / Z95 or None
    return abs(_value(point) - end) / Z95 or None


def _distance(point: Point, other: float) -> float:
    """How far the value is from another: of logarithms where the interval is above zero, as that of times is, else plainly."""
    return abs(math.log(_value(point) / other)) if _logged(point, other) else abs(_value(point) - other)


def _logged(point: Point, other: float) -> bool:
    return point.ci_low is not None and point.ci_low > 0 and other > 0


def _too_few(past: Sequence[Point], needed: int) -> str:
    return f"{len(past)} earlier values are known; {needed} are needed"


def _value(point: Point) -> float:
    assert point.value is not None
    return point.value


def _values(points: Sequence[Point]) -> Floats:
    return np.array([_value(one) for one in points], dtype=np.float64)


def _count(point: Point) -> tuple[float, float]:
    assert point.numerator is not None and point.denominator is not None
    return point.numerator, point.denominator


def _counts(points: Sequence[Point]) -> tuple[Floats, Floats]:
    pairs = np.array([_count(one) for one in points], dtype=np.float64)
    return pairs[:, 0], pairs[:, 1]
