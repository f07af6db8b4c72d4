"""Inputs without effect: taken out of a fitted pipeline exactly, and proven to have none.

A silenced pipeline has the shape of any other, so it is stored, loaded and explained like any other.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from plg_orchestration.pql.training.model import UNKNOWN, WORDS, Model, encoded_names

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline


def silenced(pipeline: "Pipeline", names: Sequence[str]) -> "Pipeline":
    """The pipeline with coefficients of exactly 0 for these inputs, which were the same for everybody in its training.

    Trees never split on such an input; a linear model's intercept takes it over up to rounding, which is removed here.
    """
    estimator = pipeline.steps[-1][1]
    if names and hasattr(estimator, "coef_"):
        owners = np.array([name.split("__", 1)[0] for name in encoded_names(pipeline)])
        estimator.coef_ = np.where(np.isin(owners, list(names)), 0.0, estimator.coef_)
    return pipeline


def effects_of(model: Model, inputs: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """Those of the named inputs on which the model's log-odds of these rows depend: other values give other log-odds."""
    before = model.log_odds(inputs)
    found: list[str] = []
    for name in names:
        others = [UNKNOWN, *sorted(set(inputs[name]))] if name in WORDS else [0.0, 1.0, float(inputs[name].max())]
        if any(not np.array_equal(before, model.log_odds(inputs.assign(**{name: value}))) for value in others):
            found.append(name)
    return found
