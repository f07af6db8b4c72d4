"""A check of the machinery on a metric's own data: arms drawn at random among the units, again and again, must look alike.

Nothing is read from an experiment here: whoever is in which arm was never treated.
"""

from dataclasses import dataclass

import numpy as np

from plg_orchestration.experiments.estimates import Codes, Flags, Floats, Kind, difference


@dataclass(frozen=True)
class SelfCheck:
    """How often an A/A comparison was significant: the share of rounds with its 99 % interval; passed when alpha lies in it."""

    rounds: int
    false_alarms: float
    low: float
    high: float
    passed: bool


def self_check(
    outcome: Floats, *, kind: Kind, clusters: Codes | None = None, assigned_by: Codes | None = None,
    covariate: Floats | None = None, alpha: float = 0.05, rounds: int = 500, seed: int = 0,
) -> SelfCheck:  # fmt: skip
    """A/A comparisons of resampled units: in every round the units, or whole clusters, are split in two halves at random.

    `clusters` (codes from 0) are those of the analysis; arms are drawn by `assigned_by`, the clusters by default: giving it alone
    shows what an analysis that forgets the accounts would do. ValueError when there are fewer than 4 to draw from.
    """
    from scipy.stats import binomtest

    drawn = assigned_by if assigned_by is not None else clusters
    count = len(outcome) if drawn is None else int(drawn.max()) + 1
    if count < 4:
        raise ValueError(f"outcome: {count} units or clusters to split in two; four are needed")
    generator = np.random.default_rng(seed)
    alarms = 0
    for _ in range(rounds):
        halves: Flags = generator.permutation(count) < count // 2
        treated = halves if drawn is None else halves[drawn]
        p_value = difference(outcome, treated, kind=kind, covariate=covariate, clusters=clusters).p_value
        alarms += int(p_value < alpha)
    share = alarms / rounds
    low, high = map(float, binomtest(alarms, rounds).proportion_ci(0.99, method="wilson"))
    return SelfCheck(rounds, share, low, high, low <= alpha <= high)
