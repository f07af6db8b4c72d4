"""A check of the machinery on a metric's own data: arms drawn at random among the units, again and again, must look alike.

Nothing is read from an experiment here: whoever is in which arm was never treated.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import cast

import numpy as np
import numpy.typing as npt

from plg_orchestration.experiments.estimates import Codes, Floats, Kind, difference

AT_ONCE = 4_000_000
"""So many draws are worked on at a time."""


@dataclass(frozen=True)
class SelfCheck:
    """How often an A/A comparison was significant: the share of rounds with its interval; passed when alpha lies in it."""

    rounds: int
    false_alarms: float
    low: float
    high: float
    passed: bool


def self_check(
    outcome: Floats, *, kind: Kind, clusters: Codes | None = None, assigned_by: Codes | None = None,
    covariate: Floats | None = None, alpha: float = 0.05, rounds: int = 500, seed: int = 0, confidence: float = 0.99,
) -> SelfCheck:  # fmt: skip
    """A/A comparisons of resampled units: in every round each unit, or whole cluster, falls into one of two arms by a coin.

    `clusters` (codes from 0) are those of the analysis; arms are drawn by `assigned_by`, the clusters by default: giving it alone
    shows what an analysis that forgets the accounts would do. `confidence` is that of the interval around the share of rounds.
    ValueError when there are fewer than 4 to draw from.
    """
    drawn = assigned_by if assigned_by is not None else clusters
    count = len(outcome) if drawn is None else int(drawn.max()) + 1
    if count < 4:
        raise ValueError(f"outcome: {count} units or clusters to split in two; four are needed")
    if covariate is None and (assigned_by is None or assigned_by is clusters):
        p_values = resplit(outcome, kind=kind, clusters=clusters, rounds=rounds, seed=seed)
    else:
        arms = _coins(np.random.default_rng(seed), rounds, count)
        treated = arms if drawn is None else arms[:, drawn]
        p_values = np.array([
            difference(outcome, one, kind=kind, covariate=covariate, clusters=clusters).p_value for one in treated
        ])  # fmt: skip
    alarms = int((p_values < alpha).sum())
    low, high = _wilson(alarms / rounds, rounds, NormalDist().inv_cdf((1 + confidence) / 2))
    return SelfCheck(rounds, alarms / rounds, low, high, low <= alpha <= high)


def resplit(outcome: Floats, *, kind: Kind, clusters: Codes | None, rounds: int, seed: int) -> Floats:
    """The p-value of each round, as `difference` would give it, all rounds at once; NaN where nothing varies.

    Sums over the units (or clusters) of an arm are one matrix product each, so that thousands of rounds take moments.
    """
    from scipy.special import stdtr

    sizes = np.ones(len(outcome)) if clusters is None else np.bincount(clusters).astype(np.float64)
    sums = outcome if clusters is None else np.bincount(clusters, weights=outcome)
    parts = np.column_stack([sizes > 0, sizes, sums, sums**2, sums * sizes, sizes**2]).astype(np.float64)
    generator = np.random.default_rng(seed)
    step = max(1, AT_ONCE // len(parts))
    blocks = [_coins(generator, min(step, rounds - done), len(parts)) for done in range(0, rounds, step)]
    treated = np.concatenate([block.astype(np.float64) @ parts for block in blocks])
    means, variances = zip(*(_arm(side, kind, whole=clusters is not None) for side in (treated, parts.sum(axis=0) - treated)),
                           strict=True)  # fmt: skip
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.abs(means[0] - means[1]) / np.sqrt(variances[0] + variances[1])
        if clusters is None:
            from scipy.special import erfc

            return cast("Floats", erfc(z / math.sqrt(2)))
        return cast("Floats", 2 * stdtr(float(parts[:, 0].sum()) - 2, -z))


def _wilson(share: float, n: int, reach: float) -> tuple[float, float]:
    """Wilson's interval of a share of n."""
    middle, narrowed = (share + reach**2 / (2 * n)), 1 + reach**2 / n
    half = reach * math.sqrt(share * (1 - share) / n + reach**2 / (4 * n**2))
    return (middle - half) / narrowed, (middle + half) / narrowed


def _arm(sums: Floats, kind: Kind, *, whole: bool) -> tuple[Floats, Floats]:
    """The mean of an arm and the variance of the mean, from its sums (the columns of `resplit`)."""
    held, n, total, squares, products, sized = sums.T
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = total / n
        spread = np.maximum(squares - 2 * mean * products + mean**2 * sized, 0.0)
        if whole:
            return mean, spread / n**2 * held / (held - 1)
        return mean, spread / (n if kind == "rate" else n - 1) / n


def _coins(generator: np.random.Generator, rounds: int, count: int) -> npt.NDArray[np.bool_]:
    """A fair coin for each round and unit."""
    packed = np.frombuffer(generator.bytes(rounds * -(-count // 8)), dtype=np.uint8).reshape(rounds, -1)
    return np.unpackbits(packed, axis=1, count=count).astype(np.bool_)
