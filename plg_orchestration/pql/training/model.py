"""The trained scorer: its inputs, calibrated probabilities, and exact contributions of every input.

A model is a pipeline of scikit-learn and a calibration of its output. Contributions come from the weights of a linear model and
from Shapley values of trees. Fitting is in `fitting.py`; storage and promotion are decided elsewhere.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from plg_orchestration.pql.features.registry import FEATURES, Feature
from plg_orchestration.pql.training.metrics import Floats
from plg_orchestration.pql.training.tree_shap import shap_values, trees_of

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline

INPUTS: tuple[Feature, ...] = tuple(f for f in FEATURES if f.use == "scoring")
"""What a trained model may see: neither attributes kept for the audit nor signals that are the outcome."""
NUMBERS: tuple[str, ...] = tuple(f.name for f in INPUTS if f.type != "VARCHAR")
WORDS: tuple[str, ...] = tuple(f.name for f in INPUTS if f.type == "VARCHAR")
UNKNOWN = "unknown"
SUREST = 1e-4
"""A forest's probability counts as no closer to 0 and 1 than this before it becomes log-odds."""
NEAR, STEP = 1e-6, 1e-3


def _nothing() -> Floats:
    return np.empty(0)


@dataclass(frozen=True)
class Model:
    """A fitted `pipeline` and the calibration of its output: Platt's line, bent at `knots` by `bends` where data are plenty.

    The output of linear models and boosting are log-odds; a forest's probability is turned into log-odds first.
    """

    pipeline: "Pipeline"
    calibration: "LogisticRegression"
    knots: Floats = field(default_factory=_nothing)
    bends: Floats = field(default_factory=_nothing)

    @property
    def linear(self) -> bool:
        """Whether the log-odds are a weighted sum of the prepared inputs."""
        return hasattr(self._estimator, "coef_")

    @property
    def _estimator(self) -> Any:
        return self.pipeline.steps[-1][1]

    def log_odds(self, inputs: pd.DataFrame) -> Floats:
        """Calibrated log-odds of rows made by `model_inputs`."""
        return self.calibrate(raw_output(self.pipeline, inputs))

    def probability(self, inputs: pd.DataFrame) -> Floats:
        """Calibrated probability of the target, between 0 and 1."""
        return 1.0 / (1.0 + np.exp(-self.log_odds(inputs)))

    def contributions(self, inputs: pd.DataFrame) -> pd.DataFrame:
        """What each feature adds to the calibrated log-odds, and `baseline` (the average user): the row's sum is `log_odds`.

        One column per feature in the order of `NUMBERS` and `WORDS`; the indicators of a category are added up. In a linear
        model a number contributes against its training mean, a category against the reference that lies in the baseline.
        Shapley values of trees add up to the trees' own output; calibration stretches them alike, so that signs and order of a
        row's contributions stay and their sum becomes the calibrated log-odds.
        """
        parts, baseline = self._parts(inputs)
        moved = parts.sum(axis=1)
        start = self._of_output(np.array([baseline]))[0]
        near = self._of_output(np.array([baseline - STEP, baseline + STEP]))
        stretch = np.full(len(parts), (near[1] - near[0]) / (2 * STEP))
        far = np.abs(moved) > NEAR
        stretch[far] = (self._of_output(baseline + moved[far]) - start) / moved[far]
        owners = [name.split("__", 1)[0] for name in self.encoded_names]
        stretched = pd.DataFrame(parts * stretch[:, None], index=inputs.index, columns=owners)
        grouped = stretched.T.groupby(level=0, sort=False).sum().T
        return grouped.reindex(columns=[*NUMBERS, *WORDS]).assign(baseline=start)

    def _parts(self, inputs: pd.DataFrame) -> tuple[Floats, float]:
        """What each prepared input adds to the estimator's own output, and the constant beside it."""
        prepared = np.asarray(self.pipeline.steps[0][1].transform(inputs), dtype=np.float64)
        if self.linear:
            return prepared * self._estimator.coef_[0], float(self._estimator.intercept_[0])
        trees, constant = trees_of(self._estimator)
        if is_forest(self._estimator):
            prepared = prepared.astype(np.float32).astype(np.float64)
        parts, baseline = shap_values(trees, prepared)
        return parts, baseline + constant

    def _of_output(self, output: Floats) -> Floats:
        return self.calibrate(as_log_odds(output) if is_forest(self._estimator) else output)

    def calibrate(self, raw: Floats) -> Floats:
        """Calibrated log-odds of uncalibrated ones."""
        slope, shift = float(np.ravel(self.calibration.coef_)[0]), float(np.ravel(self.calibration.intercept_)[0])
        return raw * slope + shift + (np.interp(raw, self.knots, self.bends) if len(self.knots) else 0.0)

    @property
    def encoded_names(self) -> list[str]:
        """The names of the prepared inputs: a number's own name, `feature__value` for an indicator."""
        return encoded_names(self.pipeline)

    def importance(self, inputs: pd.DataFrame) -> pd.DataFrame:
        """Columns input, importance, direction, strongest first: how far each input moves the log-odds of these rows.

        `importance` is the mean distance of its contributions from their mean, in log-odds; `direction` is `raises` or `lowers`
        by the correlation of a number with its contribution, '' for words and for inputs that do not matter.
        """
        parts = self.contributions(inputs).drop(columns="baseline")
        centered = parts - parts.mean()
        made = pd.DataFrame({"input": list(parts.columns), "importance": centered.abs().mean().to_numpy(dtype=np.float64)})
        signs = [float((centered[n] * (inputs[n] - inputs[n].mean())).sum()) if n in NUMBERS else 0.0 for n in parts.columns]
        made["direction"] = np.where(np.array(signs) > 0, "raises", np.where(np.array(signs) < 0, "lowers", ""))
        return made.sort_values("importance", ascending=False, kind="stable", ignore_index=True)


def encoded_names(pipeline: "Pipeline") -> list[str]:
    """The names of a fitted pipeline's prepared inputs: a number's own name, `feature__value` for an indicator."""
    encoder = pipeline.steps[0][1].named_transformers_["words"]
    words = encoder.get_feature_names_out(list(WORDS))
    pairs = [(w, name.removeprefix(f"{w}_")) for name in words for w in WORDS if name.startswith(f"{w}_")]
    return [*NUMBERS, *(f"{word}__{value}" for word, value in pairs)]


def raw_output(pipeline: "Pipeline", inputs: pd.DataFrame) -> Floats:
    """The log-odds of a fitted pipeline before calibration."""
    if is_forest(pipeline.steps[-1][1]):
        return as_log_odds(np.asarray(pipeline.predict_proba(inputs)[:, 1], dtype=np.float64))
    return np.asarray(pipeline.decision_function(inputs), dtype=np.float64)


def is_forest(estimator: Any) -> bool:
    """Whether the estimator's own output is a probability."""
    return not hasattr(estimator, "decision_function")


def as_log_odds(probability: Floats) -> Floats:
    """ln(p / (1 - p)), with p kept away from 0 and 1 by `SUREST`."""
    clipped = np.clip(probability, SUREST, 1 - SUREST)
    return np.log(clipped / (1 - clipped))


def model_inputs(features: pd.DataFrame) -> pd.DataFrame:
    """The inputs of a model from rows of `pql.features`: counts as ln(1 + x), flags as 0 and 1, unknown values as declared.

    A missing value, NaN or an infinite one is unknown. A word that training did not know becomes a rare one (`algorithms.RARE`).
    """
    made: dict[str, Any] = {}
    for declared in INPUTS:
        values = features[declared.name]
        if declared.type == "VARCHAR":
            made[declared.name] = values.fillna(UNKNOWN).astype(str).astype(object)
            continue
        numbers = values.astype("float64").to_numpy(dtype=np.float64, na_value=np.nan)
        numbers = np.where(np.isfinite(numbers), numbers, declared.missing)
        made[declared.name] = np.log1p(np.clip(numbers, 0.0, None)) if declared.type == "BIGINT" else numbers
    return pd.DataFrame(made, index=features.index)
