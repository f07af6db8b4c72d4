"""Intervals of live figures whose rows come in accounts: shares, a ratio of two shares, and an area under a curve.

Numbers in, numbers out. Which figure is good enough is policy.
"""

import math
from dataclasses import dataclass

CONFIDENCE = 0.95
POWER = 0.80


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % limits; None where the data give none."""

    value: float | None
    low: float | None
    high: float | None


NOTHING = Interval(None, None, None)


def clustered_variance(hits: float, rows: float, *, hits_squared: float, rows_squared: float, products: float) -> float:
    """The variance of the share `hits / rows` over draws of accounts, by linearization.

    The sums are over accounts: of the squared hits, of the squared rows and of hits times rows.
    """
    share = hits / rows
    return max(hits_squared - 2 * share * products + share * share * rows_squared, 0.0) / rows**2


def independent_rows(rows: float, rows_squared: float) -> float:
    """How many independent rows the rows of accounts are worth when an account's rows agree (Kish); `rows_squared` as above.

    >>> independent_rows(6, 1 + 1 + 16)
    2.0
    """
    return rows * rows / rows_squared if rows_squared > 0 else 0.0


def share(value: float | None, variance: float, *, accounts: int, independent: float) -> Interval:
    """Wilson's interval of a share on as many independent rows as give its variance over accounts.

    There are at most `independent` of them (see `independent_rows`): a variance that a few accounts happen to show, or that a
    share of 0 or 1 hides, makes no interval narrower. The quantile is Student's for the number of accounts.
    """
    if value is None or not math.isfinite(value) or accounts < 1 or independent <= 0:
        return NOTHING
    spread = value * (1 - value)
    n = max(min(spread / variance if variance > 0 and spread > 0 else independent, independent), 1.0)
    z2 = _quantile(accounts) ** 2
    center = (value + z2 / (2 * n)) / (1 + z2 / n)
    half = math.sqrt(z2 * (spread / n + z2 / (4 * n * n))) / (1 + z2 / n)
    return Interval(value, max(center - half, 0.0), min(center + half, 1.0))


def curve(value: float | None, variance: float, *, accounts: int) -> Interval:
    """The interval of an area under a curve on the scale of log-odds, which keeps its limits between 0 and 1."""
    if value is None or not math.isfinite(value) or accounts < 2:
        return NOTHING
    if not 0 < value < 1 or variance <= 0:
        return Interval(value, None, None)
    odds = math.log(value / (1 - value))
    reach = _quantile(accounts) * math.sqrt(variance) / (value * (1 - value))
    return Interval(value, 1 / (1 + math.exp(reach - odds)), 1 / (1 + math.exp(-reach - odds)))


def ratio(hits: int, rows: int, other_hits: int, other_rows: int) -> Interval:
    """The ratio of two independent shares with Gart's interval: normal on the logarithm, half a hit added to each side."""
    if rows < 1 or other_rows < 1:
        return NOTHING
    value = (hits / rows) / (other_hits / other_rows) if other_hits else None
    center = math.log(((hits + 0.5) / (rows + 0.5)) / ((other_hits + 0.5) / (other_rows + 0.5)))
    variance = 1 / (hits + 0.5) - 1 / (rows + 0.5) + 1 / (other_hits + 0.5) - 1 / (other_rows + 0.5)
    reach = 1.959964 * math.sqrt(max(variance, 0.0))
    return Interval(value, math.exp(center - reach), math.exp(center + reach))


def detectable_ratio(base: float, rows: int, other_rows: int) -> float | None:
    """The smallest ratio over 1 that two samples of these sizes show with a power of 80 % when the other's share is `base`.

    None when no ratio would do (a share cannot exceed 1).
    """
    if not 0 < base < 1 or rows < 1 or other_rows < 1:
        return None
    low, high = base, 1.0
    if not _shown(base, high, rows, other_rows):
        return None
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if _shown(base, middle, rows, other_rows) else (middle, high)
    return high / base


def _shown(base: float, other: float, rows: int, other_rows: int) -> bool:
    error = math.sqrt(other * (1 - other) / rows + base * (1 - base) / other_rows)
    return other - base >= (1.959964 + 0.841621) * error


def _quantile(accounts: int) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(max(accounts - 1, 1), 0.5 + CONFIDENCE / 2))
