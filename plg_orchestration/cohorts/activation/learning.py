"""Weights of the activation score learned from who was retained, beside the declared ones.

A call on plain tables: rows of users in, one row an input out. Where the rows come from is in `queries.py`.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from plg_orchestration.cohorts.activation.policy import INPUTS
from plg_orchestration.cohorts.frames import Frame, arrow

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Labels = NDArray[np.bool_]

FOLDS = 5


def activation_weights(
    users: Frame, *, declared: Mapping[str, float], minimum: int = 300, minimum_class: int = 50, draws: int = 2000, seed: int = 7
) -> pd.DataFrame:
    """Weights of the inputs by logistic regression of retention, non-negative and adding up to 1.

    `users` has cluster (an account: its users are not independent), retained (boolean), and progress, workflow and collaboration
    (0-100; missing everywhere when the workspace cannot show the input). The weights are the regression's coefficients, negative
    ones taken as 0, over their sum. The 95 % intervals are those of `draws` draws from the coefficients' normal distribution,
    whose covariance allows for accounts (sandwich estimate), each draw treated like the estimate.

    Gives input, declared, learned, ci_low, ci_high, coefficient (log-odds per 10 points), n, retained (how many of n were), auc
    (out of sample, accounts kept together) and reason (why nothing could be learned; the figures are then missing). ValueError
    names the argument that is wrong.
    """
    rows = arrow("users", users, ("cluster", "retained", *INPUTS)).to_pandas()
    if set(declared) != set(INPUTS):
        raise ValueError(f"declared: must name exactly {', '.join(INPUTS)}; it names {', '.join(sorted(declared)) or 'nothing'}")
    if draws < 100:
        raise ValueError(f"draws: {draws} draws give no interval; take 100 or more")
    labels = rows["retained"].to_numpy(dtype=np.bool_)
    values = rows.loc[:, list(INPUTS)].astype("float64")
    moving = [name for name in INPUTS if values[name].notna().all() and values[name].nunique() > 1]
    made = pd.DataFrame({"input": list(INPUTS), "declared": [float(declared[name]) for name in INPUTS]})
    for name in ("learned", "ci_low", "ci_high", "coefficient", "auc"):
        made[name] = np.nan
    made = made.assign(n=len(rows), retained=int(labels.sum()), reason=_obstacle(labels, moving, minimum, minimum_class))
    if made["reason"].notna().any():
        return made[COLUMNS]
    inputs = values.loc[:, moving].to_numpy() / 10.0
    clusters = pd.factorize(rows["cluster"], sort=True)[0]
    coefficients, covariance = _regression(inputs, labels, clusters)
    weights, low, high = _normalized(coefficients, covariance, draws, seed)
    if weights is None:
        return made.assign(reason="no input goes with retention: every coefficient is 0 or negative")[COLUMNS]
    made = made.set_index("input")
    made.loc[moving, "learned"], made.loc[moving, "ci_low"], made.loc[moving, "ci_high"] = weights, low, high
    made.loc[moving, "coefficient"] = coefficients
    still = [name for name in INPUTS if name not in moving]
    made.loc[still, "reason"] = "the input does not vary or cannot be shown; the others share the whole weight"
    made["auc"] = _auc(inputs, labels, clusters, seed)
    return made.reset_index()[COLUMNS]


COLUMNS = ["input", "declared", "learned", "ci_low", "ci_high", "coefficient", "n", "retained", "auc", "reason"]


def _obstacle(labels: "Labels", moving: list[str], minimum: int, minimum_class: int) -> str | None:
    """Why weights cannot be learned, or None."""
    n, retained = len(labels), int(labels.sum())
    if n < minimum:
        return f"{n} users whose retention is known; {minimum} are needed"
    if min(retained, n - retained) < minimum_class:
        return f"{retained} of {n} users were retained; {minimum_class} of each outcome are needed"
    return None if moving else "no input varies between users"


def _regression(inputs: "Floats", labels: "Labels", clusters: "NDArray[Any]") -> tuple["Floats", "Floats"]:
    """Coefficients of the inputs, and their covariance by the sandwich over clusters with the usual correction for few."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1e6, solver="newton-cholesky", max_iter=100).fit(inputs, labels)
    design = np.column_stack([np.ones(len(labels)), inputs])
    chance = model.predict_proba(inputs)[:, 1]
    bread = np.linalg.pinv(design.T @ (design * (chance * (1 - chance))[:, None]))
    count = int(clusters.max()) + 1
    scores = np.zeros((count, design.shape[1]))
    np.add.at(scores, clusters, design * (labels - chance)[:, None])
    covariance = bread @ (scores.T @ scores) @ bread * (count / max(count - 1, 1))
    return np.ravel(model.coef_).astype(np.float64), covariance[1:, 1:]


def _normalized(
    coefficients: "Floats", covariance: "Floats", draws: int, seed: int
) -> tuple["Floats | None", "Floats", "Floats"]:
    """The coefficients as weights, and the ends of their 95 % intervals; None when no coefficient is positive."""
    positive = np.clip(coefficients, 0.0, None)
    nothing = np.zeros_like(positive)
    if positive.sum() <= 0:
        return None, nothing, nothing
    drawn = np.random.default_rng(seed).multivariate_normal(coefficients, covariance, size=draws, method="eigh")
    drawn = np.clip(drawn, 0.0, None)
    drawn = drawn[drawn.sum(axis=1) > 0]
    shares = drawn / drawn.sum(axis=1, keepdims=True)
    low, high = np.quantile(shares, [0.025, 0.975], axis=0)
    return positive / positive.sum(), low, high


def _auc(inputs: "Floats", labels: "Labels", clusters: "NDArray[Any]", seed: int) -> float:
    """The area under the ROC curve of users whose account the regression had not seen; missing where a fold has no contrast."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import PredefinedSplit, cross_val_predict

    count = int(clusters.max()) + 1
    folds = (np.random.default_rng(seed).permutation(count) % FOLDS)[clusters]
    outside = [labels[folds != fold] for fold in range(FOLDS)]
    if count < FOLDS or any(known.all() or not known.any() for known in outside):
        return float("nan")
    model = LogisticRegression(C=1e6, solver="newton-cholesky", max_iter=100)
    unseen = cross_val_predict(model, inputs, labels, cv=PredefinedSplit(folds), method="decision_function")
    return float(roc_auc_score(labels, unseen))
