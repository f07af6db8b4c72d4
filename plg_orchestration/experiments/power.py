"""How many units an experiment needs: rates and means, unequal arms, units that come in clusters.

Whether a plan has enough of them is judged in `plan.py` and, for registered experiments, in `policy.py`.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

Kind = Literal["rate", "mean"]
MdeKind = Literal["absolute", "relative"]
Formula = Literal["unpooled", "pooled", "arcsine", "normal", "t"]
FORMULAS: Mapping[Formula, tuple[Kind, str]] = {
    "unpooled": ("rate", "two rates, normal approximation, unpooled variances"),
    "pooled": ("rate", "two rates, normal approximation, pooled variance under the null hypothesis"),
    "arcsine": ("rate", "two rates, arcsine transformation (Cohen's h)"),
    "normal": ("mean", "two means, normal approximation"),
    "t": ("mean", "two means, Student's t"),
}
"""What each formula is for, and its name in a sentence."""


@dataclass(frozen=True)
class SampleSize:
    """What is needed: whole units by arm, and what that rests on.

    `exact` is the control arm's size before it was rounded up and before the design effect; `effect` the absolute difference to
    be found; `clusters_*` how many clusters of mean size hold the units, None where units are their own.
    """

    control: int
    treatment: int
    exact: float
    effect: float
    formula: str
    alpha: float
    power: float
    design_effect: float = 1.0
    clusters_control: int | None = None
    clusters_treatment: int | None = None

    @property
    def total(self) -> int:
        """Units in both arms together."""
        return self.control + self.treatment


def required_sample_size(
    *,
    baseline: float,
    mde: float,
    mde_kind: MdeKind = "absolute",
    kind: Kind = "rate",
    standard_deviation: float | None = None,
    alpha: float = 0.05,
    power: float = 0.80,
    ratio: float = 1.0,
    formula: Formula | None = None,
    quantiles: tuple[float, float] | None = None,
    cluster_size: float = 1.0,
    cluster_variation: float = 0.0,
    intraclass_correlation: float = 0.0,
) -> SampleSize:
    """Units that find a difference of `mde` from `baseline` with the given power, by a two-sided test at `alpha`.

    `baseline` is the control's rate (0 to 1) or mean; `mde` the smallest difference worth finding, signed, in the metric's own
    unit or as a share of the baseline. `ratio` is units in the treatment arm per unit of control. `formula` is one of
    `FORMULAS`: unpooled for rates and normal for means by default (neither loads statsmodels); pooled, arcsine and t are
    those of statsmodels. `quantiles` replaces the normal quantiles of alpha / 2 and power, so that a published figure made
    with 1.96 and 0.84 can be retraced (unpooled and normal only).

    Units in clusters (users of accounts that are assigned as a whole) are multiplied by the design effect
    1 + ((1 + variation²) size - 1) icc, with the mean and the coefficient of variation of cluster sizes (Eldridge, Ashby and
    Kerry 2006). ValueError names the argument that cannot be used.

    >>> required_sample_size(baseline=0.03, mde=0.20, mde_kind="relative").control
    13911
    """
    chosen: Formula = formula or ("unpooled" if kind == "rate" else "normal")
    effect = mde * baseline if mde_kind == "relative" else mde
    _check_effect(baseline, mde, effect, kind, standard_deviation)
    _check_design(alpha, power, ratio, cluster_size, cluster_variation, intraclass_correlation)
    if chosen not in FORMULAS or FORMULAS[chosen][0] != kind:
        fitting = ", ".join(name for name, (use, _) in FORMULAS.items() if use == kind)
        raise ValueError(f"formula: {chosen!r} is not for a {kind}; give one of {fitting}")
    if quantiles is not None and chosen not in ("unpooled", "normal"):
        raise ValueError(f"quantiles: the formula {chosen!r} takes none; leave them out, or take unpooled or normal")
    exact = _units(chosen, baseline, effect, standard_deviation, alpha, power, ratio, quantiles)
    design = 1.0 + ((1.0 + cluster_variation**2) * cluster_size - 1.0) * intraclass_correlation
    control, treatment = _up(exact * design), _up(exact * design * ratio)
    clustered = cluster_size > 1.0
    return SampleSize(
        control, treatment, exact, effect, FORMULAS[chosen][1], alpha, power, design,
        _up(exact * design / cluster_size) if clustered else None,
        _up(exact * design * ratio / cluster_size) if clustered else None,
    )  # fmt: skip


def detectable_effect(
    *,
    units: float,
    baseline: float,
    kind: Kind = "rate",
    standard_deviation: float | None = None,
    sign: Literal[1, -1] = 1,
    alpha: float = 0.05,
    power: float = 0.80,
    ratio: float = 1.0,
) -> float | None:
    """The smallest absolute difference upward (or downward, `sign` -1) that `units` in the control arm find; None if none is.

    Normal approximation with unpooled variances; a design effect is accounted for by dividing `units` by it.

    >>> round(detectable_effect(units=13911, baseline=0.03), 5)
    0.006
    """
    room = (1.0 - baseline if sign > 0 else baseline) if kind == "rate" else math.inf
    if kind == "mean":
        _check_effect(baseline, 1.0, 1.0, kind, standard_deviation)
        return sign * _reach(alpha, power) * float(standard_deviation or 0.0) * math.sqrt((1 + 1 / ratio) / units)
    low, high = 0.0, room * (1 - 1e-9)
    if _units("unpooled", baseline, sign * high, None, alpha, power, ratio, None) > units:
        return None
    for _ in range(80):
        middle = (low + high) / 2
        enough = middle > 0 and _units("unpooled", baseline, sign * middle, None, alpha, power, ratio, None) <= units
        low, high = (low, middle) if enough else (middle, high)
    return sign * high


def _units(
    formula: Formula, baseline: float, effect: float, deviation: float | None, alpha: float, power: float, ratio: float,
    quantiles: tuple[float, float] | None,
) -> float:  # fmt: skip
    """Units in the control arm, not rounded."""
    treated = baseline + effect
    reach = sum(quantiles) if quantiles else _reach(alpha, power)
    if formula == "unpooled":
        return reach**2 * (baseline * (1 - baseline) + treated * (1 - treated) / ratio) / effect**2
    if formula == "normal":
        return reach**2 * float(deviation or 0.0) ** 2 * (1 + 1 / ratio) / effect**2
    if formula == "pooled":
        from statsmodels.stats.proportion import samplesize_proportions_2indep_onetail

        return float(samplesize_proportions_2indep_onetail(-effect, treated, power, ratio=ratio, alpha=alpha))  # pyright: ignore[reportArgumentType]
    from statsmodels.stats.power import NormalIndPower, TTestIndPower

    if formula == "t":
        size = abs(effect) / float(deviation or 0.0)
        return float(TTestIndPower().solve_power(size, alpha=alpha, power=power, ratio=ratio))
    size = abs(2 * math.asin(math.sqrt(treated)) - 2 * math.asin(math.sqrt(baseline)))
    return float(NormalIndPower().solve_power(size, alpha=alpha, power=power, ratio=ratio))


def _reach(alpha: float, power: float) -> float:
    """How many standard errors of the difference the effect must be."""
    return NormalDist().inv_cdf(1 - alpha / 2) + NormalDist().inv_cdf(power)


def _up(units: float) -> int:
    """Rounded up, but not for the noise of floating point."""
    return math.ceil(units - 1e-9 * max(units, 1.0))


def _check_effect(baseline: float, mde: float, effect: float, kind: Kind, deviation: float | None) -> None:
    if not all(math.isfinite(value) for value in (baseline, mde, effect)) or effect == 0:
        raise ValueError(f"mde: {mde:g} of a baseline of {baseline:g} is no difference; give the smallest one worth finding")
    if kind == "mean":
        if deviation is None or not (math.isfinite(deviation) and deviation > 0):
            raise ValueError(f"standard_deviation: {deviation} is not a positive number; a mean needs the spread of its units")
        return
    if not 0 < baseline < 1:
        raise ValueError(f"baseline: {baseline:g} is not a rate between 0 and 1; write 3 % as 0.03")
    if not 0 < baseline + effect < 1:
        raise ValueError(f"mde: the treatment's rate would be {baseline + effect:g}; a rate lies between 0 and 1")


def _check_design(alpha: float, power: float, ratio: float, size: float, variation: float, icc: float) -> None:
    for name, value in (("alpha", alpha), ("power", power)):
        if not 0 < value < 1:
            raise ValueError(f"{name}: {value:g} does not lie between 0 and 1")
    if power <= alpha:
        raise ValueError(f"power: {power:g} is not above alpha ({alpha:g}); such a test would find nothing")
    if not (math.isfinite(ratio) and ratio > 0):
        raise ValueError(f"ratio: {ratio:g} is not a positive number of treated units per unit of control")
    if not (math.isfinite(size) and size >= 1):
        raise ValueError(f"cluster_size: {size:g} is under 1; give the mean number of units in a cluster")
    if not (math.isfinite(variation) and variation >= 0):
        raise ValueError(f"cluster_variation: {variation:g} is negative; give the coefficient of variation of cluster sizes")
    if not 0 <= icc <= 1:
        raise ValueError(f"intraclass_correlation: {icc:g} does not lie between 0 and 1")
    if icc > 0 and size == 1 and variation == 0:
        raise ValueError("intraclass_correlation: it says nothing without cluster_size; give the mean size of a cluster")
