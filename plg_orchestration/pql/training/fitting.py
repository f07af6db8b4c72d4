"""Fitting one algorithm with its settings: rows weighted by account, calibrated on rows that their fold had not seen.

Which algorithm is fitted is decided in `selection.py`.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from plg_orchestration.pql.training.algorithms import new_pipeline
from plg_orchestration.pql.training.metrics import Codes, Flags, Floats
from plg_orchestration.pql.training.model import Model, raw_output
from plg_orchestration.pql.training.policy import AlgorithmName, Settings, Training

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

BLOCKS = 20
"""Isotonic calibration averages at most so many blocks of equal count first, so that a block is more than an account."""


def account_weights(payer: pd.Series, as_of: pd.Series) -> Floats:
    """Weights with mean 1 by which each account counts once on each date, however many users it has.

    The account converts, not the user: without weights, training fits the few accounts with many users.
    """
    size = pd.DataFrame({"payer": payer, "as_of": as_of}).groupby(["as_of", "payer"])["payer"].transform("size")
    weights = 1.0 / size.to_numpy(dtype=np.float64)
    return weights / weights.mean()


def fit(
    inputs: pd.DataFrame, label: Flags, cluster: Codes, weights: Floats, *, algorithm: AlgorithmName, settings: Settings,
    training: Training,
) -> tuple[Model, Floats]:  # fmt: skip
    """A model fitted on all rows, calibrated on log-odds of rows that its fold had not seen; and those rows' probabilities.

    See `cross_fitted`.
    """

    def fit_rows(rows: Codes) -> "Pipeline":
        return fitted(inputs.iloc[rows], label[rows], weights[rows], algorithm, settings, training)

    return cross_fitted(fit_rows, inputs, label, cluster, training=training)


def cross_fitted(
    fit_rows: "Callable[[Codes], Pipeline]", inputs: pd.DataFrame, label: Flags, cluster: Codes, *, training: Training
) -> tuple[Model, Floats]:
    """What `fit_rows` makes of all rows, calibrated on rows that its fold had not seen; and those rows' probabilities.

    `fit_rows` gets the numbers of the rows to fit on. Folds keep accounts together (`cluster`) and are stratified by label, the
    same ones for everybody. The returned probabilities are out of fold, so a threshold may be chosen on them. Calibration is
    isotonic with `isotonic_positives` converting accounts, else sigmoid.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    folds = StratifiedGroupKFold(training.folds, shuffle=True, random_state=training.seed)
    unseen = np.empty(len(label))
    for fitted_rows, left_out in folds.split(inputs, label, cluster):
        unseen[left_out] = raw_output(fit_rows(fitted_rows), inputs.iloc[left_out])
    whole = fit_rows(np.arange(len(label)))
    model = calibrated(whole, unseen, label, isotonic=len(np.unique(cluster[label])) >= training.isotonic_positives)
    return model, 1.0 / (1.0 + np.exp(-model.calibrate(unseen)))


def fitted(
    inputs: pd.DataFrame, label: Flags, weights: Floats, algorithm: AlgorithmName, settings: Settings, training: Training
) -> "Pipeline":
    """The algorithm's pipeline fitted on the rows."""
    made = new_pipeline(algorithm, settings, seed=training.seed).fit(inputs, label, estimator__sample_weight=weights)
    if algorithm == "histogram_gradient_boosting":
        made.steps[-1][1]._feature_subsample_rng = None  # only fitting draws, and a random generator is no part of a model file
    return made


def calibrated(pipeline: "Pipeline", unseen: Floats, label: Flags, *, isotonic: bool) -> Model:
    """The fitted pipeline with Platt's line through `unseen` outputs and labels, bent to the isotonic blocks if asked.

    The bent line passes through the mean output and the smoothed share of positives of each isotonic step, runs straight between
    them and parallel to Platt's line outside, so that it never falls and never makes two scores equal.
    """
    from sklearn.isotonic import IsotonicRegression
    from sklearn.linear_model import LogisticRegression

    platt = LogisticRegression(C=1e6).fit(unseen.reshape(-1, 1), label)
    slope, shift = float(np.ravel(platt.coef_)[0]), float(np.ravel(platt.intercept_)[0])
    if not isotonic or slope <= 0:
        return Model(pipeline, platt)
    order = np.argsort(unseen, kind="stable")
    block = np.arange(len(order)) * BLOCKS // len(order)
    count = np.bincount(block).astype(np.float64)
    place = np.bincount(block, weights=unseen[order]) / count
    share = (np.bincount(block, weights=label[order].astype(np.float64)) + label.mean()) / (count + 1.0)
    rising = IsotonicRegression().fit_transform(place, share, sample_weight=count)
    heights, step = np.unique(rising, return_inverse=True)
    knots = np.bincount(step, weights=place * count) / np.bincount(step, weights=count)
    return Model(pipeline, platt, knots, np.log(heights / (1.0 - heights)) - (slope * knots + shift))
