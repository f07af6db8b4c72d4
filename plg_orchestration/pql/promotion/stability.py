"""How far two samples of scores lie apart: the population stability index over bins of equal count.

Numbers in, a number out; which index is too large is policy.
"""

import numpy as np

from plg_orchestration.pql.training.metrics import Floats

BINS = 10


def population_stability_index(reference: Floats, current: Floats, *, bins: int = BINS) -> float:
    """Sum over bins of (p - q) ln(p / q), where p and q are the shares of `reference` and `current` in a bin.

    Bins have equal counts of `reference`; equal scores share one, so there may be fewer. Half a row is added to each bin, so that
    an empty one gives a large number and no infinity. Under 0.1 is commonly read as stable, over 0.2 as shifted. NaN when a
    sample is empty or holds something that is no number.
    """
    if not len(reference) or not len(current) or not (np.isfinite(reference).all() and np.isfinite(current).all()):
        return float("nan")
    edges = np.unique(np.quantile(reference, np.linspace(0, 1, bins + 1)[1:-1]))
    shares = [_shares(np.searchsorted(edges, sample, side="right"), len(edges) + 1) for sample in (reference, current)]
    return float(np.sum((shares[0] - shares[1]) * np.log(shares[0] / shares[1])))


def _shares(place: np.ndarray, bins: int) -> Floats:
    counts = np.bincount(place, minlength=bins) + 0.5
    return counts / counts.sum()
