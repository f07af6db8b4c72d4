"""Corrections for judging many contrasts at once: Holm keeps the chance of any false alarm, Benjamini-Hochberg their share.

Arrays of p-values in and out; which contrasts belong to which family is decided in `judgments.py`.
"""

import numpy as np

from plg_orchestration.pql.training.metrics import Floats


def holm(p_values: Floats) -> Floats:
    """Adjusted p-values by Holm (1979): calling those up to alpha false keeps the chance of any false alarm at alpha.

    >>> holm(np.array([0.01, 0.04, 0.03])).round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    count = len(p_values)
    order = np.argsort(p_values, kind="stable")
    stepped = np.maximum.accumulate(p_values[order] * np.arange(count, 0, -1)) if count else p_values
    return _back(np.minimum(stepped, 1.0), order)


def benjamini_hochberg(p_values: Floats) -> Floats:
    """Adjusted p-values by Benjamini and Hochberg (1995): of those below q, on average at most the share q are false alarms.

    >>> benjamini_hochberg(np.array([0.01, 0.04, 0.03])).round(3).tolist()
    [0.03, 0.04, 0.04]
    """
    count = len(p_values)
    order = np.argsort(p_values, kind="stable")
    stepped = p_values[order] * count / np.arange(1, count + 1)
    return _back(np.minimum(np.minimum.accumulate(stepped[::-1])[::-1], 1.0), order)


def _back(values: Floats, order: np.ndarray) -> Floats:
    made = np.empty_like(values)
    made[order] = values
    return made
