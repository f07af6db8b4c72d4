"""The trained scorer: its inputs, fitting with account-grouped calibration, probabilities and exact contributions.

A model is linear in its inputs up to the log-odds, so that every probability can be taken apart. What becomes of a fitted model
(storage, promotion) is decided elsewhere.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from plg_orchestration.pql.features.registry import FEATURES, Feature
from plg_orchestration.pql.training.metrics import Codes, Flags, Floats
from plg_orchestration.pql.training.policy import Training

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline

INPUTS: tuple[Feature, ...] = tuple(f for f in FEATURES if f.use == "scoring")
"""What a trained model may see: neither attributes kept for the audit nor signals that are the outcome."""
NUMBERS: tuple[str, ...] = tuple(f.name for f in INPUTS if f.type != "VARCHAR")
WORDS: tuple[str, ...] = tuple(f.name for f in INPUTS if f.type == "VARCHAR")
UNKNOWN = "unknown"
RARE = 30
"""A category with fewer training rows is treated like a new one."""


@dataclass(frozen=True)
class Model:
    """A logistic regression on prepared inputs (`pipeline`) and the Platt scaling of its log-odds (`calibration`)."""

    pipeline: "Pipeline"
    calibration: "LogisticRegression"

    def log_odds(self, inputs: pd.DataFrame) -> Floats:
        """Calibrated log-odds of rows made by `model_inputs`."""
        raw = np.asarray(self.pipeline.decision_function(inputs), dtype=np.float64)
        slope, shift = self._scaling()
        return raw * slope + shift

    def _scaling(self) -> tuple[float, float]:
        return float(np.ravel(self.calibration.coef_)[0]), float(np.ravel(self.calibration.intercept_)[0])

    def probability(self, inputs: pd.DataFrame) -> Floats:
        """Calibrated probability of the target, between 0 and 1."""
        return 1.0 / (1.0 + np.exp(-self.log_odds(inputs)))

    def contributions(self, inputs: pd.DataFrame) -> pd.DataFrame:
        """What each feature adds to the calibrated log-odds, and `baseline` (the average user): the row's sum is `log_odds`.

        One column per feature in the order of `NUMBERS` and `WORDS`; the indicators of a category are added up. A number
        contributes against its training mean, a category against the reference that lies in the baseline.
        """
        prepare, regression = self.pipeline.named_steps["prepare"], self.pipeline.named_steps["regression"]
        scale, shift = self._scaling()
        parts = np.asarray(prepare.transform(inputs), dtype=np.float64) * regression.coef_[0] * scale
        owners = [name.split("__", 1)[0] for name in self.encoded_names]
        grouped = pd.DataFrame(parts, index=inputs.index, columns=owners).T.groupby(level=0, sort=False).sum().T
        baseline = float(regression.intercept_[0]) * scale + shift
        return grouped.reindex(columns=[*NUMBERS, *WORDS]).assign(baseline=baseline)

    @property
    def encoded_names(self) -> list[str]:
        """The names of the regression's inputs: a number's own name, `feature__value` for an indicator."""
        encoder = self.pipeline.named_steps["prepare"].named_transformers_["words"]
        words = encoder.get_feature_names_out(list(WORDS))
        pairs = [(w, name.removeprefix(f"{w}_")) for name in words for w in WORDS if name.startswith(f"{w}_")]
        return [*NUMBERS, *(f"{word}__{value}" for word, value in pairs)]

    def coefficients(self) -> pd.DataFrame:
        """Columns input, coefficient: the weight of each standardized input in the calibrated log-odds, strongest first."""
        scale, _ = self._scaling()
        weights = np.asarray(self.pipeline.named_steps["regression"].coef_[0]) * scale
        made = pd.DataFrame({"input": self.encoded_names, "coefficient": weights})
        return made.sort_values("coefficient", key=np.abs, ascending=False, kind="stable", ignore_index=True)


def model_inputs(features: pd.DataFrame) -> pd.DataFrame:
    """The inputs of a model from rows of `pql.features`: counts as ln(1 + x), flags as 0 and 1, unknown values as declared."""
    made: dict[str, Any] = {}
    for declared in INPUTS:
        values = features[declared.name]
        if declared.type == "VARCHAR":
            made[declared.name] = values.fillna(UNKNOWN).astype(str).astype(object)
            continue
        numbers = values.astype("float64").fillna(declared.missing)
        made[declared.name] = np.log1p(numbers.clip(lower=0.0)) if declared.type == "BIGINT" else numbers
    return pd.DataFrame(made, index=features.index)


def new_pipeline(training: Training) -> "Pipeline":
    """An unfitted logistic regression on standardized numbers and indicators of categories."""
    from sklearn.compose import ColumnTransformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    encoder = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=RARE, sparse_output=False)
    prepare = ColumnTransformer([("numbers", StandardScaler(), list(NUMBERS)), ("words", encoder, list(WORDS))])
    regression = LogisticRegression(C=training.regularization, solver="newton-cholesky", max_iter=200)
    return Pipeline([("prepare", prepare), ("regression", regression)])


def fit(inputs: pd.DataFrame, label: Flags, cluster: Codes, training: Training) -> tuple[Model, Floats]:
    """A model fitted on all rows, calibrated on log-odds of rows that its fold had not seen; and those rows' probabilities.

    Folds keep accounts together (`cluster`) and are stratified by label. The returned probabilities are out of fold, so a
    threshold may be chosen on them.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold

    folds = StratifiedGroupKFold(training.folds, shuffle=True, random_state=training.seed)
    unseen = np.empty(len(label))
    for fitted_rows, left_out in folds.split(inputs, label, cluster):
        fold = new_pipeline(training).fit(inputs.iloc[fitted_rows], label[fitted_rows])
        unseen[left_out] = fold.decision_function(inputs.iloc[left_out])
    calibration = LogisticRegression(C=1e6).fit(unseen.reshape(-1, 1), label)
    return Model(new_pipeline(training).fit(inputs, label), calibration), calibration.predict_proba(unseen.reshape(-1, 1))[:, 1]
