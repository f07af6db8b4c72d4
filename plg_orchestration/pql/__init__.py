"""Product-qualified leads: features as known on a day, four scorers in one contest, the gate, routes and decisions.

Scoring frames (`rule_score`, `weighted_score`, and `score_frame` with any scorer) and auditing decisions (`audit_bias`) need no
warehouse. What MLflow shows of all this is in `plg_orchestration.tracking`.
"""

from plg_orchestration.pql.bias.contrasts import audit_bias
from plg_orchestration.pql.promotion.gates import decide
from plg_orchestration.pql.scorers.library import rule_score, weighted_score
from plg_orchestration.pql.scorers.scorer import HybridScorer, ModelScorer, RuleScorer, Scorer, WeightedScorer, score_frame

__all__ = [
    "HybridScorer", "ModelScorer", "RuleScorer", "Scorer", "WeightedScorer", "audit_bias", "decide", "rule_score", "score_frame",
    "weighted_score",
]  # fmt: skip
