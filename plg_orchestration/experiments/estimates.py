"""The difference between two arms on one metric: means, variances (of units or of whole clusters), and pre-period adjustment.

Arrays in, one frozen result out; reading tables is in `samples.py`, judging in `decisions.py`.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from plg_orchestration.experiments.power import Kind

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]
FIELLER = 3.8415
"""A control mean whose square is under so many variances cannot be told from 0: a relative difference has no finite interval."""


@dataclass(frozen=True)
class Difference:
    """Treatment minus control.

    `value*` are the plain means; `difference` and `error` (its standard error) are adjusted where there is a covariate, and
    `relative` is the difference as a share of control, `relative_error` by the delta method; NaN where control may be 0.
    `freedom` is None for the normal distribution, else the degrees of freedom of Student's t. `independent` counts the units,
    or clusters, behind it. `theta` is the slope on the covariate, `correlation` that within arms, `variance_reduction` the
    share of the variance that the adjustment took away; None without a covariate.
    """

    n: int
    n_control: int
    value: float
    value_control: float
    difference: float
    error: float
    relative: float
    relative_error: float
    independent: int
    freedom: int | None = None
    theta: float | None = None
    correlation: float | None = None
    variance_reduction: float | None = None

    def interval(self, level: float) -> tuple[float, float]:
        """The interval of the difference at confidence `level`."""
        reach = self._quantile((1 + level) / 2) * self.error
        return self.difference - reach, self.difference + reach

    def relative_interval(self, level: float) -> tuple[float, float]:
        """The interval of the relative difference at confidence `level`."""
        reach = self._quantile((1 + level) / 2) * self.relative_error
        return self.relative - reach, self.relative + reach

    @property
    def p_value(self) -> float:
        """The two-sided p-value of no difference; NaN where nothing varies."""
        if not self.error > 0:
            return math.nan
        z = abs(self.difference) / self.error
        if self.freedom is None:
            return math.erfc(z / math.sqrt(2))
        from scipy.special import stdtr

        return float(2 * stdtr(self.freedom, -z))

    def _quantile(self, share: float) -> float:
        if self.freedom is None:
            return NormalDist().inv_cdf(share)
        from scipy.special import stdtrit

        return float(stdtrit(self.freedom, share))


def difference(
    outcome: Floats, treated: Flags, *, kind: Kind, covariate: Floats | None = None, clusters: Codes | None = None
) -> Difference:  # fmt: skip
    """Treatment minus control of the mean of `outcome`; both arms need two units (clusters), or ValueError.

    Without clusters and covariate it is the two-sample z: rates with p (1 - p) / n, means with the variance of n - 1. With
    clusters (codes from 0) whose units are alike the variance is that of the linearised means over whole clusters, each arm
    scaled by k / (k - 1), and Student's t takes the number of clusters less 2; a cluster may have units in both arms. With a
    covariate, which must be from before the exposure (missing values count as its mean), both means are adjusted to its
    overall mean (CUPED: Deng, Xu, Kohavi and Walker 2013), with one slope from within both arms.
    """
    raw = _means(outcome, treated, kind, clusters)
    plain = _contrast(raw)
    if covariate is None:
        made, theta, correlation, reduction = plain, None, None, None
    else:
        known = np.isfinite(covariate)
        filled = np.where(known, covariate, covariate[known].mean() if known.any() else 0.0)
        theta, correlation = _slope(outcome, filled, treated)
        adjusted = outcome - theta * (filled - filled.mean())
        made = _contrast(_means(adjusted, treated, "mean", clusters))
        reduction = 1 - made[1] ** 2 / plain[1] ** 2 if plain[1] > 0 else 0.0
    return Difference(
        raw.n, raw.n_control, raw.mean, raw.mean_control, *made, raw.independent,
        raw.independent - 2 if clusters is not None else None, theta, correlation, reduction,
    )  # fmt: skip


@dataclass(frozen=True)
class _Means:
    n: int
    n_control: int
    mean: float
    mean_control: float
    variance: float
    variance_control: float
    covariance: float
    independent: int


def _means(outcome: Floats, treated: Flags, kind: Kind, clusters: Codes | None) -> _Means:
    """Both means with their variances and covariance (0 but for clusters that stand in both arms)."""
    sizes = [int(treated.sum()), int((~treated).sum())]
    if min(sizes) < 2:
        raise ValueError(f"treated: {sizes[0]} treated and {sizes[1]} control units; each arm needs two")
    means = [float(outcome[treated].mean()), float(outcome[~treated].mean())]
    if clusters is None:
        squares = [float(np.sum((outcome[side] - mean) ** 2)) for side, mean in zip((treated, ~treated), means, strict=True)]
        of = [n if kind == "rate" else n - 1 for n in sizes]
        variances = [square / d / n for square, d, n in zip(squares, of, sizes, strict=True)]
        return _Means(sizes[0], sizes[1], means[0], means[1], variances[0], variances[1], 0.0, sum(sizes))
    count = int(clusters.max()) + 1
    sums: list[Floats] = []
    behind: list[int] = []
    for side, mean, n in zip((treated, ~treated), means, sizes, strict=True):
        own = clusters[side]
        held = int(np.count_nonzero(np.bincount(own, minlength=count)))
        if held < 2:
            raise ValueError(f"clusters: an arm has {held}; each arm needs two")
        summed = np.bincount(own, weights=(outcome[side] - mean) / n, minlength=count) * math.sqrt(held / (held - 1))
        sums.append(summed.astype(np.float64))
        behind.append(held)
    independent = int(np.count_nonzero(np.bincount(clusters, minlength=count)))
    variances = [float(np.sum(one**2)) for one in sums]
    covariance = float(np.sum(sums[0] * sums[1]))
    return _Means(sizes[0], sizes[1], means[0], means[1], variances[0], variances[1], covariance, independent)


def _contrast(means: _Means) -> tuple[float, float, float, float]:
    """The difference and its error, the relative difference and its error."""
    variance = means.variance + means.variance_control - 2 * means.covariance
    found, error = means.mean - means.mean_control, math.sqrt(max(variance, 0.0))
    base = abs(means.mean_control)
    if base**2 <= FIELLER * means.variance_control or base <= 1e-9 * abs(means.mean):
        return found, error, math.nan, math.nan
    ratio = means.mean / means.mean_control
    spread = means.variance + ratio**2 * means.variance_control - 2 * ratio * means.covariance
    return found, error, ratio - 1, math.sqrt(max(spread, 0.0)) / abs(means.mean_control)


def _slope(outcome: Floats, covariate: Floats, treated: Flags) -> tuple[float, float]:
    """The slope of outcome on covariate within arms, and their correlation; 0 where the covariate does not vary."""
    y, x = outcome.copy(), covariate.copy()
    for side in (treated, ~treated):
        y[side] -= y[side].mean()
        x[side] -= x[side].mean()
    xx, yy, xy = float(x @ x), float(y @ y), float(x @ y)
    return (xy / xx if xx > 0 else 0.0), (xy / math.sqrt(xx * yy) if xx > 0 and yy > 0 else 0.0)
