"""The one interface of all scorers, and the four that implement it: rules, weighted, model and hybrid.

A scorer turns rows of `pql.features` into scores, leads and reasons. The contest judges scorers on unseen rows through this
interface; the nightly tables use the same SQL and the same functions on everybody.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from plg_orchestration.config.fingerprint import sha256
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.scorers.library import rule_score, weighted_score
from plg_orchestration.pql.scorers.reasons import model_reasons
from plg_orchestration.pql.training.metrics import Flags, Floats
from plg_orchestration.pql.training.model import Model, model_inputs
from plg_orchestration.pql.training.versions import formula_version

HYBRID_THRESHOLD = 50.0
"""The hybrid's gate on its own scale: who passes scores 50 or more."""


@dataclass(frozen=True)
class Scores:
    """What a scorer makes of rows, in their order: `score` on its own scale, a probability if it has one, and who is a lead."""

    score: Floats
    probability: Floats | None
    is_pql: Flags


class Scorer(Protocol):
    """A way to score users. `features` are rows of `pql.features` (one user and as-of date each), whatever day they are of."""

    @property
    def name(self) -> str:
        """rules, weighted, model or hybrid: what stands in the column `scorer`."""
        ...

    @property
    def version(self) -> str:
        """The version label: it changes when anything changes that the scores depend on."""
        ...

    def score(self, features: pd.DataFrame) -> Scores:
        """The scores of the rows, in their order."""
        ...

    def reasons(self, features: pd.DataFrame) -> pd.DataFrame:
        """Columns reasons and against, in words for a seller, in the order of the rows; costly for models: hand in leads only."""
        ...


@dataclass(frozen=True)
class RuleScorer:
    """Points by the policy's criteria; a lead from `rules.threshold` points."""

    policy: PqlPolicy
    name: str = "rules"

    @property
    def version(self) -> str:
        """`rules-` and a hash of the points, their modifiers and the fit."""
        return formula_version("rules", self.policy)

    def score(self, features: pd.DataFrame) -> Scores:
        """Points, and whether they reach the threshold."""
        return _of_table(rule_score(features, self.policy), "points")

    def reasons(self, features: pd.DataFrame) -> pd.DataFrame:
        """The criteria that counted, and those missing with the most points."""
        return _words(rule_score(features, self.policy), features)


@dataclass(frozen=True)
class WeightedScorer:
    """The weighted formula; a lead above `weighted.threshold`."""

    policy: PqlPolicy
    name: str = "weighted"

    @property
    def version(self) -> str:
        """`weighted-` and a hash of the formula, its modifiers and the fit."""
        return formula_version("weighted", self.policy)

    def score(self, features: pd.DataFrame) -> Scores:
        """The weighted sum, and whether it is above the threshold."""
        return _of_table(weighted_score(features, self.policy), "score")

    def reasons(self, features: pd.DataFrame) -> pd.DataFrame:
        """The components that stand out, and those that are low."""
        return _words(weighted_score(features, self.policy), features)


@dataclass(frozen=True)
class ModelScorer:
    """A trained model; a lead from `threshold`, which is a probability. Its score is the probability times 100."""

    version: str
    model: Model
    threshold: float
    name: str = "model"

    def score(self, features: pd.DataFrame) -> Scores:
        """Calibrated probabilities of the target."""
        probability = self.model.probability(model_inputs(features))
        return Scores(np.round(probability * 100, 9), probability, probability >= self.threshold)

    def reasons(self, features: pd.DataFrame) -> pd.DataFrame:
        """What raises and what lowers the probability against the average user."""
        return model_reasons(self.model, features)


@dataclass(frozen=True)
class HybridScorer:
    """Rules as the gate and the explanation, a model as the order."""

    policy: PqlPolicy
    model: ModelScorer
    name: str = "hybrid"

    @property
    def version(self) -> str:
        """`hybrid-` and a hash of the mix, the points and the model's version."""
        return hybrid_version(self.policy, self.model.version)

    def score(self, features: pd.DataFrame) -> Scores:
        """0 to 100 as `hybrid_score` says; a lead is who passes the gate."""
        points = rule_score(features, self.policy)["points"].to_numpy(dtype=np.float64)
        score = hybrid_score(points, self.model.model.probability(model_inputs(features)), self.policy)
        return Scores(score, None, score >= HYBRID_THRESHOLD)

    def reasons(self, features: pd.DataFrame) -> pd.DataFrame:
        """Those of the points."""
        return _words(rule_score(features, self.policy), features)


def hybrid_score(points: Floats, probability: Floats, policy: PqlPolicy) -> Floats:
    """50 to 100 for who has the gate's points, 0 to below 50 for everybody else, on each side in one order.

    The order is `model_share` × probability + (1 − model_share) × points / all points. With a `model_share` of 1 it is the
    model's, with 0 the points'.
    """
    hybrid, rules = policy.hybrid, policy.rules
    gate = rules.threshold if hybrid.gate_points is None else hybrid.gate_points
    of_all = np.clip(points / max(rules.most_points, 1), 0.0, 1.0)
    order = hybrid.model_share * probability + (1.0 - hybrid.model_share) * of_all
    below = np.minimum(HYBRID_THRESHOLD * order, np.nextafter(HYBRID_THRESHOLD, 0.0))
    return np.where(points >= gate, HYBRID_THRESHOLD * (1.0 + order), below)


def hybrid_version(policy: PqlPolicy, model_version: str) -> str:
    """The version of the hybrid of the policy's points and the model of that version."""
    return f"hybrid-{sha256([policy.hybrid, formula_version('rules', policy), model_version])[:8]}"


def contestants(policy: PqlPolicy, model: ModelScorer) -> tuple[Scorer, ...]:
    """The scorers of a contest: the challenging model first, the hybrid of it, and the two formulas."""
    return (model, HybridScorer(policy, model), RuleScorer(policy), WeightedScorer(policy))


def score_frame(features: pd.DataFrame, scorer: Scorer) -> pd.DataFrame:
    """Scores of a frame by any scorer, without a warehouse: one row per row of `features`, in the same order and index.

    `features` holds the columns of `pql.features` that the scorer needs. Returns scorer, version, score, is_pql, and for leads
    reasons and against (empty for everybody else).
    """
    scored = scorer.score(features)
    words = pd.DataFrame("", index=features.index, columns=["reasons", "against"], dtype=object)
    if scored.is_pql.any():
        words[scored.is_pql] = scorer.reasons(features[scored.is_pql])
    made = {"scorer": scorer.name, "version": scorer.version, "score": scored.score, "is_pql": scored.is_pql}
    return pd.DataFrame(made, index=features.index).join(words)


def _of_table(scored: pd.DataFrame, column: str) -> Scores:
    return Scores(scored[column].to_numpy(dtype=np.float64), None, scored["is_pql"].to_numpy(dtype=bool))


def _words(scored: pd.DataFrame, features: pd.DataFrame) -> pd.DataFrame:
    return scored[["reasons", "against"]].set_index(features.index)
