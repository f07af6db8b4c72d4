"""The algorithms that compete: one pipeline each, with the same preparation, so that only the last step differs.

Unfitted pipelines come out; choosing and fitting are in `selection.py` and `fitting.py`.
"""

from typing import TYPE_CHECKING, Any

from plg_orchestration.pql.training.model import NUMBERS, WORDS
from plg_orchestration.pql.training.policy import AlgorithmName, Settings

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

RARE = 30
"""A category with fewer training rows is treated like a new one."""
DEEPEST = 6
"""Trees ask at most so many questions in a row: enough for interactions, and few enough to explain a score exactly and fast."""
BINS = 63


def new_pipeline(algorithm: AlgorithmName, settings: Settings, *, seed: int) -> "Pipeline":
    """An unfitted pipeline: standardized numbers and indicators of categories, then the algorithm with its settings."""
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    encoder = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=RARE, sparse_output=False)
    prepare = ColumnTransformer([("numbers", StandardScaler(), list(NUMBERS)), ("words", encoder, list(WORDS))])
    return Pipeline([("prepare", prepare), ("estimator", _estimator(algorithm, settings, seed))])


def _estimator(algorithm: AlgorithmName, settings: Settings, seed: int) -> Any:
    if algorithm == "logistic_regression":
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(C=settings["regularization"], solver="newton-cholesky", max_iter=200)
    from sklearn import ensemble

    kinds: Any = ensemble
    if algorithm == "random_forest":
        return kinds.RandomForestClassifier(
            int(settings["trees"]), max_depth=int(settings["depth"]), min_samples_leaf=int(settings["leaf_rows"]),
            max_features=settings["inputs"], random_state=seed, n_jobs=1,
        )  # fmt: skip
    return kinds.HistGradientBoostingClassifier(
        learning_rate=settings["learning_rate"], max_iter=int(settings["rounds"]), max_leaf_nodes=int(settings["leaves"]),
        max_depth=DEEPEST, min_samples_leaf=int(settings["leaf_rows"]), max_bins=BINS, early_stopping=False, random_state=seed,
    )  # fmt: skip
